<?php
// PHP's stomp extension. `php php-stomp.php JSON`; see README.md for what goes in and out.
require __DIR__ . '/common.php';

if (!extension_loaded('stomp')) { fwrite(STDERR, "PHP has no stomp extension\n"); exit(1); }
if ($argv[1] === '--version') { echo phpversion('stomp'), "\n"; exit; }
$job = json_decode($argv[1], true);
const DESTINATION = '/queue/bench.messages';

function cpu_seconds(): float {
  $u = getrusage();
  return $u['ru_utime.tv_sec'] + $u['ru_stime.tv_sec'] + ($u['ru_utime.tv_usec'] + $u['ru_stime.tv_usec']) / 1e6;
}

$stomp = new Stomp("tcp://127.0.0.1:{$job['port']}", 'bench', 'bench');
$result = [];

if ($job['mode'] === 'receive') {
  $stomp->setReadTimeout(intdiv($job['stalledMs'] ?? 5000, 1000), 0);
  $warm = $job['warm'];
  $total = $warm + $job['count'];
  $verify = !empty($job['verify']) ? new Checker($job) : null;
  $stomp->subscribe(DESTINATION, ['ack' => 'auto']);
  $bytes = 0;
  $last = '';
  $stalled = false;
  $emptyReads = 0;
  $started = hrtime(true);
  $cpu = cpu_seconds();
  for ($got = 0; $got < $total;) {
    $frame = $stomp->readFrame();
    if ($frame === false) {
      // It also says so where a chunk ends between NUL and LF: only twice in a row means that nothing came.
      $frame = $stomp->readFrame();
      if ($frame === false) { $stalled = true; break; }
      $emptyReads++;
    }
    $last = $frame->headers['message-id'];
    $body = $frame->body;
    $bytes += strlen($body);
    if ($verify) $verify->check($last, $body);
    if (++$got === $warm) { $started = hrtime(true); $cpu = cpu_seconds(); }
  }
  $result = ['seconds' => (hrtime(true) - $started) / 1e9, 'cpu' => cpu_seconds() - $cpu, 'frames' => $got - $warm,
    'bytes' => $bytes, 'last' => $last, 'stalled' => $stalled, 'emptyReads' => $emptyReads] + ($verify ? $verify->result() : []);
} else {
  $body = make_body($job['body'] ?? 'ascii', $job['size'], 0);
  // send() with a receipt header waits for the RECEIPT: one at a time is all it can.
  $many = function (int $count) use ($stomp, $body, $job): void {
    if ($job['mode'] === 'confirm') {
      for ($i = 0; $i < $count; $i++)
        if (!$stomp->send(DESTINATION, $body, ['receipt' => "r$i"])) throw new Exception('no receipt');
      return;
    }
    for ($i = 1; $i < $count; $i++) $stomp->send(DESTINATION, $body);
    if (!$stomp->send(DESTINATION, $body, ['receipt' => 'last'])) throw new Exception('no receipt');
  };
  if ($job['warm'] > 0) $many($job['warm']);
  $started = hrtime(true);
  $cpu = cpu_seconds();
  $many($job['count']);
  $result = ['seconds' => (hrtime(true) - $started) / 1e9, 'cpu' => cpu_seconds() - $cpu, 'frames' => $job['count']];
}

$result['peakKiB'] = getrusage()['ru_maxrss'];
echo json_encode($result), "\n";
