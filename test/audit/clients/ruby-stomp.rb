# ruby-stomp on the errand of docs/conformance.md. `ruby ruby-stomp.rb PORT SECOND_PORT CASE`
require 'json'
require 'stomp'

QUEUES = ENV.fetch('STOMPWIRE_QUEUES', '/queue/')
OUT = "#{QUEUES}out".freeze
port, second, name = ARGV
hosts = [{ login: 'me', passcode: 'secret', host: '127.0.0.1', port: port.to_i }]
failover = name.start_with?('failover.')
hosts << { login: 'me', passcode: 'secret', host: '127.0.0.1', port: second.to_i } if failover
hosts_options = { hosts: hosts, reliable: failover, randomize: false, initial_reconnect_delay: 0.05 }
connection = Stomp::Connection.new(failover ? hosts_options : { hosts: hosts, reliable: false })
connection.subscribe("#{QUEUES}in", ack: 'client')

def hex(text)
  text.to_s.b.unpack1('H*')
end

confirmed = {}
loop do
  message = connection.receive
  break if message.nil?

  if message.command == 'RECEIPT'
    count = confirmed.delete(message.headers['receipt-id'])
    connection.publish(OUT, "confirmed #{count}") if count
    next
  end
  next unless message.command == 'MESSAGE'

  id = message.headers['message-id']
  connection.ack(id) if id
  case message.body
  when 'receipts'
    (1..3).each do |count|
      confirmed["r#{count}"] = count
      connection.publish(OUT, "message #{count}", receipt: "r#{count}")
    end
  when 'utf8' then connection.publish(OUT, 'héllo€')
  when 'nul' then connection.publish(OUT, "a\0b")
  when 'inject'
    begin
      connection.publish(OUT, 'sent', k: "a\nevil:1")
    rescue StandardError
      connection.publish(OUT, 'refused')
    end
  when /\Atext (.+)\z/ then connection.publish(OUT, File.read(Regexp.last_match(1), encoding: 'UTF-8'))
  when /\Abytes (.+)\z/ then connection.publish(OUT, File.binread(Regexp.last_match(1)))
  when 'bye'
    connection.disconnect
    break
  else
    headers = message.headers.flat_map { |name, value| Array(value).map { |one| [hex(name), hex(one)] } }
    connection.publish(OUT, { body: hex(message.body), headers: headers }.to_json)
  end
end
