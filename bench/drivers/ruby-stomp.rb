# ruby-stomp (Stomp::Connection). `ruby ruby-stomp.rb JSON`; see README.md for what goes in and out.
require 'json'
require 'stomp'

if ARGV[0] == '--version'
  puts Stomp::Version::STRING
  exit
end

DESTINATION = '/queue/bench.messages'
UNITS = {
  'ascii' => 'abcdefghijklmnopqrstuvwxyz0123456789'.b,
  'utf8' => 'ä€😀.'.b,
  'binary' => "\x00\x01\x0a\x0a\x00\x0aa\x00\x00\xff\x0d\x0a\x3a\x00z\x00".b
}.freeze

def make_body(kind, size, index)
  unit = UNITS[kind]
  whole = format('%08d', index).b[0, size] + unit * ([0, size - 8].max / unit.bytesize)
  whole.ljust(size, '.')
end

def clock
  [Process.clock_gettime(Process::CLOCK_MONOTONIC), Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)]
end

def since(started)
  now = clock
  { seconds: now[0] - started[0], cpu: now[1] - started[1] }
end

job = JSON.parse(ARGV[0])
connection = Stomp::Connection.new('bench', 'bench', '127.0.0.1', job['port'], false)

def receive(connection, job)
  warm = job['warm']
  total = warm + job['count']
  per = job['perBlock'] || 1
  got = bytes = following = wrong = skipped = 0
  last = ''
  stalled = false
  connection.subscribe(DESTINATION, ack: 'auto')
  started = clock
  progress = 0
  if job['verify']
    Thread.new do
      loop do
        before = progress
        sleep((job['stalledMs'] || 5000) / 1000.0)
        next unless before == progress
        puts({ frames: got - warm, bytes: bytes, last: last, stalled: true, wrong: wrong, skipped: skipped, misrouted: 0 }.to_json)
        $stdout.flush
        exit!(0)
      end
    end
  end
  while got < total
    message = connection.receive
    if message.nil?
      stalled = true
      break
    end
    last = message.headers['message-id']
    body = message.body
    bytes += body.bytesize
    if job['verify']
      index = last[-8..].to_i
      skipped += (index - following) % per
      wrong += 1 if body.b != make_body(job['body'] || 'ascii', job['size'], index)
      following = (index + 1) % per
    end
    got += 1
    progress = got
    started = clock if got == warm
  end
  { **since(started), frames: got - warm, bytes: bytes, last: last, stalled: stalled,
    wrong: wrong, skipped: skipped, misrouted: 0 }
end

def confirm(connection, body, count, window)
  sent = 0
  got = 0
  while got < count
    while sent < count && sent - got < window
      connection.publish(DESTINATION, body, receipt: "r#{sent}")
      sent += 1
    end
    connection.receive
    got += 1
  end
end

def publish(connection, body, count)
  (count - 1).times { connection.publish(DESTINATION, body) }
  confirm(connection, body, 1, 1)
end

if job['mode'] == 'receive'
  result = receive(connection, job)
else
  body = make_body(job['body'] || 'ascii', job['size'], 0)
  many = lambda do |count|
    job['mode'] == 'confirm' ? confirm(connection, body, count, job['window']) : publish(connection, body, count)
  end
  many.call(job['warm']) if job['warm'] > 0
  started = clock
  many.call(job['count'])
  result = { **since(started), frames: job['count'] }
end
result[:peakKiB] = File.read('/proc/self/status')[/VmHWM:\s+(\d+)/, 1].to_i
puts result.to_json
$stdout.flush
exit!(0)
