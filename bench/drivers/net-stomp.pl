# Net::Stomp. `perl net-stomp.pl JSON`; see README.md for what goes in and out.
use strict;
use warnings;
use JSON::PP;
use Net::Stomp;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID);

if ($ARGV[0] eq '--version') { print "$Net::Stomp::VERSION\n"; exit }

my $destination = '/queue/bench.messages';
my %units = (
  ascii  => 'abcdefghijklmnopqrstuvwxyz0123456789',
  utf8   => "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80.",
  binary => "\x00\x01\x0a\x0a\x00\x0aa\x00\x00\xff\x0d\x0a\x3a\x00z\x00",
);

sub make_body {
  my ($kind, $size, $index) = @_;
  my $unit  = $units{$kind};
  my $whole = substr(sprintf('%08d', $index), 0, $size);
  $whole .= $unit x int(($size - 8) / length $unit) if $size > 8;
  return $whole . '.' x ($size - length $whole);
}

sub clock { return [clock_gettime(CLOCK_MONOTONIC), clock_gettime(CLOCK_PROCESS_CPUTIME_ID)] }

sub since {
  my ($started) = @_;
  my $now = clock();
  return (seconds => $now->[0] - $started->[0], cpu => $now->[1] - $started->[1]);
}

my $job   = decode_json($ARGV[0]);
my $kind  = $job->{body} // 'ascii';
my $stomp = Net::Stomp->new({ hostname => '127.0.0.1', port => $job->{port} });
$stomp->connect({ login => 'bench', passcode => 'bench' });

sub receive {
  my ($warm, $total, $per) = ($job->{warm}, $job->{warm} + $job->{count}, $job->{perBlock} // 1);
  my ($got, $bytes, $next, $wrong, $skipped, $last, $stalled) = (0, 0, 0, 0, 0, '', 0);
  my $timeout = ($job->{stalledMs} // 5000) / 1000;
  $stomp->subscribe({ destination => $destination, ack => 'auto' });
  my $started = clock();
  while ($got < $total) {
    my $frame = $stomp->receive_frame({ timeout => $timeout });
    if (!$frame) { $stalled = 1; last }
    $last = $frame->headers->{'message-id'};
    my $body = $frame->body;
    $bytes += length $body;
    if ($job->{verify}) {
      my $index = 0 + substr($last, -8);
      $skipped += ($index - $next) % $per;
      $wrong++ if $body ne make_body($kind, $job->{size}, $index);
      $next = ($index + 1) % $per;
    }
    $started = clock() if ++$got == $warm;
  }
  return { since($started), frames => $got - $warm, bytes => $bytes, last => $last,
    stalled => $stalled ? JSON::PP::true : JSON::PP::false, wrong => $wrong, skipped => $skipped, misrouted => 0 };
}

sub confirm {
  my ($body, $count, $window) = @_;
  my ($sent, $got) = (0, 0);
  while ($got < $count) {
    while ($sent < $count && $sent - $got < $window) {
      $stomp->send({ destination => $destination, body => $body, receipt => "r$sent", bytes_message => 1 });
      $sent++;
    }
    my $frame = $stomp->receive_frame;
    die 'no receipt' if !$frame || $frame->command ne 'RECEIPT';
    $got++;
  }
}

sub publish {
  my ($body, $count) = @_;
  $stomp->send({ destination => $destination, body => $body, bytes_message => 1 }) for 2 .. $count;
  confirm($body, 1, 1);
}

my $result;
if ($job->{mode} eq 'receive') {
  $result = receive();
} else {
  my $body = make_body($kind, $job->{size}, 0);
  my $many = $job->{mode} eq 'confirm' ? sub { confirm($body, $_[0], $job->{window}) } : sub { publish($body, $_[0]) };
  $many->($job->{warm}) if $job->{warm} > 0;
  my $started = clock();
  $many->($job->{count});
  $result = { since($started), frames => $job->{count} };
}
open my $status, '<', '/proc/self/status' or die $!;
($result->{peakKiB}) = map { /VmHWM:\s+(\d+)/ ? 0 + $1 : () } <$status>;
$result->{$_} += 0 for grep { exists $result->{$_} } qw(seconds cpu frames);
print encode_json($result), "\n";
