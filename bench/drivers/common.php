<?php
const UNITS = [
  'ascii' => 'abcdefghijklmnopqrstuvwxyz0123456789',
  'utf8' => "\u{e4}\u{20ac}\u{1f600}.",
  'binary' => "\x00\x01\x0a\x0a\x00\x0aa\x00\x00\xff\x0d\x0a\x3a\x00z\x00",
];

function make_body(string $kind, int $size, int $index): string {
  $unit = UNITS[$kind];
  $whole = substr(sprintf('%08d', $index), 0, $size) . str_repeat($unit, intdiv(max(0, $size - 8), strlen($unit)));
  return str_pad($whole, $size, '.');
}

/** Compares ids, order and bodies with what the source is known to send. */
class Checker {
  private int $next = 0;
  private int $wrong = 0;
  private int $skipped = 0;

  public function __construct(private array $job) {}

  public function check(string $id, string $body): void {
    $per = $this->job['perBlock'];
    $index = (int) substr($id, -8);
    if ($index !== $this->next) {
      $this->skipped += ($index - $this->next + $per) % $per;
      $this->next = $index;
    }
    if ($body !== make_body($this->job['body'] ?? 'ascii', $this->job['size'], $index)) $this->wrong++;
    $this->next = ($this->next + 1) % $per;
  }

  public function result(): array {
    return ['wrong' => $this->wrong, 'skipped' => $this->skipped, 'misrouted' => 0];
  }
}
