<?php
// PHP's stomp extension on the errand of docs/conformance.md. `php php-stomp.php PORT SECOND_PORT CASE`
$queues = getenv('STOMPWIRE_QUEUES') ?: '/queue/';
define('OUT', "{$queues}out");
[, $port, $second, $id] = $argv;
$stomp = new Stomp("tcp://127.0.0.1:$port", 'me', 'secret');
$stomp->setReadTimeout(10, 0);
$stomp->subscribe("{$queues}in", ['ack' => 'client']);
$emptyReads = 0;
while ($emptyReads < 2) {
  $frame = $stomp->readFrame();
  if ($frame === false) {
    $emptyReads++;
    continue;
  }
  $emptyReads = 0;
  if ($frame->command !== 'MESSAGE') continue;
  $stomp->ack($frame);
  switch ($frame->body) {
    case 'receipts':
      // send() with a receipt waits for it: one at a time is all it can.
      $stomp->send(OUT, 'unsupported');
      break;
    case 'utf8':
      $stomp->send(OUT, "h\u{e9}llo\u{20ac}");
      break;
    case 'nul':
      $stomp->send(OUT, "a\0b");
      break;
    case 'inject':
      $sent = false;
      try {
        $sent = $stomp->send(OUT, 'sent', ['k' => "a\nevil:1"]);
      } catch (Throwable) {
      }
      if (!$sent) $stomp->send(OUT, 'refused');
      break;
    case 'bye':
      unset($stomp);
      break 2;
    default:
      if (preg_match('/^(?:text|bytes) (.+)$/D', $frame->body, $named)) {
        $stomp->send(OUT, file_get_contents($named[1]));
        break;
      }
      $headers = [];
      foreach ($frame->headers as $name => $value) $headers[] = [bin2hex((string) $name), bin2hex((string) $value)];
      $stomp->send(OUT, json_encode(['body' => bin2hex((string) $frame->body), 'headers' => $headers]));
  }
}
