# frozen_string_literal: true

# Loaded with `ruby -r` before Stompserver 0.9.9, which was written for Ruby 1.8. Nothing installed is changed.
# Two repairs are needed on Ruby 3:
#
# 1. The program hands its settings to the connection class from a block at top level, through class variables.
#    Ruby 3 forbids that, so the daemon dies at the first connection. Here they are set on the class directly.
# 2. Hash#select gives a Hash now where it gave an Array of pairs. QueueManager#send_a_backlog indexes the result
#    by number, which breaks every subscription with ack:client.

require 'eventmachine'

# Dropped in Ruby 3.2.
unless File.respond_to?(:exists?)
  class << File
    alias exists? exist?
  end
end

module StompserverOnRuby3
  # The settings which the block in /usr/bin/stompserver would assign, read from its local variable.
  SETTINGS = %i[auth_required queue_manager topic_manager stompauth].freeze

  module StartServer
    def start_server(host, port = nil, handler = nil, *rest, &block)
      return super unless handler.is_a?(Class) && handler.name == 'StompServer::Protocols::Stomp'

      daemon = block.binding.local_variable_get(:stomp)
      SETTINGS.each { |name| handler.class_variable_set("@@#{name}", daemon.public_send(name)) }
      StompServer::QueueManager.prepend(Backlog)
      super(host, port, handler, *rest, &nil)
    end
  end

  module Backlog
    def send_a_backlog(connection)
      waiting = @queues.flat_map do |destination, users|
        user = users.find { |candidate| candidate.connection.equal?(connection) }
        user && @qstore.message_for?(destination) ? [[destination, user]] : []
      end
      destination, user = waiting.sample
      send_to_user(@qstore.dequeue(destination), user) if user
    end
  end
end

EventMachine.singleton_class.prepend(StompserverOnRuby3::StartServer)
