# Net::Stomp on the errand of docs/conformance.md. `perl net-stomp.pl PORT SECOND_PORT CASE`
use strict;
use warnings;
use JSON::PP;
use Net::Stomp;

my $queues = $ENV{STOMPWIRE_QUEUES} // '/queue/';
my $out = "${queues}out";
my ($port, $second, $id) = @ARGV;
my $failover = $id =~ /^failover\./;
my @hosts = ({ hostname => '127.0.0.1', port => $port });
push @hosts, { hostname => '127.0.0.1', port => $second } if $failover;
my $stomp = Net::Stomp->new({ hosts => \@hosts, reconnect_attempts => 4, initial_reconnect_attempts => 4 });
my $subscribe = sub {
  my $answer = $stomp->connect({ login => 'me', passcode => 'secret' });
  exit 1 if !$answer || $answer->command ne 'CONNECTED';
  $stomp->subscribe({ destination => "${queues}in", ack => 'client' });
};
$subscribe->();

sub content { my ($path) = @_; open my $file, '<:raw', $path or die $!; local $/; return <$file> // '' }
sub to_hex { my ($text) = @_; return unpack 'H*', $text // '' }

my %waiting;
while (1) {
  my $frame = $stomp->receive_frame({ timeout => 10 }) or last;
  if ($frame->command eq 'RECEIPT') {
    my $count = delete $waiting{ $frame->headers->{'receipt-id'} };
    $stomp->send({ destination => $out, body => "confirmed $count" }) if $count;
    next;
  }
  next if $frame->command ne 'MESSAGE';
  $stomp->ack({ frame => $frame });
  my $body = $frame->body;
  if ($body eq 'receipts') {
    for my $count (1 .. 3) {
      $waiting{"r$count"} = $count;
      $stomp->send({ destination => $out, body => "message $count", receipt => "r$count" });
    }
  }
  elsif ($body eq 'utf8') { $stomp->send({ destination => $out, body => "h\xc3\xa9llo\xe2\x82\xac", bytes_message => 1 }) }
  elsif ($body eq 'nul') { $stomp->send({ destination => $out, body => "a\0b", bytes_message => 1 }) }
  elsif ($body eq 'inject') {
    eval { $stomp->send({ destination => $out, body => 'sent', k => "a\nevil:1" }); 1 }
      or $stomp->send({ destination => $out, body => 'refused' });
  }
  elsif ($body =~ /^text (.+)$/) { $stomp->send({ destination => $out, body => content($1) }) }
  elsif ($body =~ /^bytes (.+)$/) { $stomp->send({ destination => $out, body => content($1), bytes_message => 1 }) }
  elsif ($body eq 'bye') { $stomp->disconnect; last }
  else {
    my $headers = $frame->headers;
    my @pairs = map { [to_hex($_), to_hex($headers->{$_})] } sort keys %$headers;
    $stomp->send({ destination => $out, body => encode_json({ body => to_hex($body), headers => \@pairs }) });
  }
}
