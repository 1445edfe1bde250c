# frozen_string_literal: true

# Publishes numbered messages through the Ruby stomp gem and reads them again, over one failover client, and writes what
# happened as lines to standard output:
#
#   C t n   message n was confirmed (by its receipt; without receipts: publish returned)
#   S t n   message n was delivered
#   L t     the gem dials, that is, it has seen a loss
#   U t     the gem is connected
#   X t e   publish raised e (the message is published again)
#   E       the end
#
# usage: ruby ruby_driver.rb JSON, an object with hosts, destination, headers, messages, window, receipts

require 'json'
require 'stomp'

WISH = JSON.parse(ARGV.fetch(0))
$stdout.sync = false
OUT = Thread::Queue.new
# Each line takes the time of the event, not that of the writing.
WRITER = Thread.new do
  while (line = OUT.pop)
    $stdout.write(line)
    $stdout.flush if OUT.empty?
  end
  $stdout.flush
end

def note(what, detail = nil)
  at = (Process.clock_gettime(Process::CLOCK_REALTIME) * 1000).round(2)
  OUT << (detail ? "#{what} #{at} #{detail}\n" : "#{what} #{at}\n")
end

class Notes < Stomp::NullLogger
  def on_miscerr(_parms, _text); end

  def on_connecting(_parms)
    note('L')
  end

  def on_connected(_parms)
    note('U')
  end
end

hosts = WISH['hosts'].map do |host|
  { login: host['login'], passcode: host['passcode'], host: '127.0.0.1', port: host['port'], ssl: false }
end
client = Stomp::Client.new({ hosts: hosts, reliable: true, logger: Notes.new, max_reconnect_attempts: 0 })
headers = WISH['headers'].transform_keys(&:to_sym)
lock = Mutex.new
answered = ConditionVariable.new
under = 0

client.subscribe(WISH['destination'], headers.merge(ack: 'client', 'prefetch-count': '256', 'activemq.prefetchSize': '256')) do |message|
  note('S', message.body.to_i)
  begin
    client.acknowledge(message)
  rescue StandardError
    nil
  end
end

# The harness ends standard input when it has seen enough. Nothing may be acknowledged then that is not noted.
Thread.new do
  $stdin.read
  client.instance_variable_get(:@listener_thread)&.kill&.join(1)
  OUT << nil
  WRITER.join
  exit!(0)
end

padding = 'x' * 200
stalls = 0
publishing = headers.merge(persistent: 'true')
WISH['messages'].times do |n|
  break if stalls > 3

  if WISH['receipts']
    lock.synchronize do
      while under >= WISH['window']
        # Receipts that were lost with a connection never come.
        next if answered.wait(lock, 5) && under < WISH['window']
        next if under < WISH['window']

        stalls += 1
        under = 0
      end
      under += 1
    end
  end
  begin
    if WISH['receipts']
      client.publish(WISH['destination'], "#{n} #{padding}", publishing.dup) do
        note('C', n)
        lock.synchronize do
          under -= 1 if under.positive?
          answered.signal
        end
      end
    else
      client.publish(WISH['destination'], "#{n} #{padding}", publishing.dup)
      note('C', n)
    end
  rescue StandardError => e
    note('X', e.class.name)
    sleep 0.01
    retry
  end
end

note('E')
sleep
