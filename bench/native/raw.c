/*
 * The limits in C: what the kernel gives when nobody looks at the bytes.
 *
 *   raw read  --port P --size BYTES --warm N --count N    a blocking read loop with a 64 KiB buffer
 *   raw write --port P --size BYTES --warm N --count N    blocking writes of whole prebuilt frames, about 1 MiB each
 *
 * Prints one line of JSON, as every driver does.
 */
#include "frames.h"

static int fd;

static void write_all(const char *from, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, from, length);
    if (written < 0) fail("write");
    from += written, length -= written;
  }
}

/* Reads until a frame's NUL LF: CONNECTED or a RECEIPT, alone on the line. */
static void read_answer(void) {
  char last = 1, byte;
  while (read(fd, &byte, 1) == 1) {
    if (last == 0 && byte == '\n') return;
    last = byte;
  }
  fail("answer");
}

static void report(long count, double seconds, double cpu) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"frames\":%ld,\"seconds\":%.9f,\"cpu\":%.6f,\"peakKiB\":%ld}\n", count, seconds, cpu, usage.ru_maxrss);
}

static void read_messages(long warm, long count, long size) {
  static char buffer[65536];
  static const char subscribe[] = "SUBSCRIBE\nid:0\ndestination:/queue/bench.messages\nack:auto\n\n";
  write_all(subscribe, sizeof subscribe);
  long got = 0, frame = 0, warm_bytes = 0, all_bytes = 1;
  double started = 0, cpu = 0;
  while (got < all_bytes) {
    ssize_t length = read(fd, buffer, sizeof buffer);
    if (length <= 0) fail("read");
    got += length;
    if (!frame) {
      char *blank = memmem(buffer, length, "\n\n", 2);
      if (!blank) fail("the first frame's head");
      frame = blank + 2 - buffer + size + 2;
      warm_bytes = frame * warm, all_bytes = frame * (warm + count);
    }
    if (!started && got >= warm_bytes) started = now_seconds(), cpu = cpu_seconds();
  }
  report(count, now_seconds() - started, cpu_seconds() - cpu);
}

static void write_frames(const char *block, size_t block_length, long in_block, size_t frame, long count) {
  static const char last[] = "SEND\ndestination:/queue/bench.messages\nreceipt:last\n\n";
  for (long left = count - 1; left > 0; left -= in_block)
    write_all(block, left >= in_block ? block_length : left * frame);
  write_all(last, sizeof last);
  read_answer();
}

static void write_messages(long warm, long count, long size) {
  char head[128];
  int head_length = sprintf(head, "SEND\ndestination:/queue/bench.messages\ncontent-length:%ld\n\n", size);
  size_t frame = head_length + size + 1;
  long in_block = (1 << 20) / frame > 0 ? (1 << 20) / frame : 1;
  char *block = need(malloc(in_block * frame));
  for (long i = 0; i < in_block; i++) {
    char *at = block + i * frame;
    memcpy(at, head, head_length);
    fill_body(at + head_length, size, 0, "ascii");
    at[frame - 1] = 0;
  }
  write_frames(block, in_block * frame, in_block, frame, warm);
  double started = now_seconds(), cpu = cpu_seconds();
  write_frames(block, in_block * frame, in_block, frame, count);
  report(count, now_seconds() - started, cpu_seconds() - cpu);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  long warm = number_option(argc, argv, "--warm", 100), count = number_option(argc, argv, "--count", 1000);
  long size = number_option(argc, argv, "--size", 256);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons(number_option(argc, argv, "--port", 0));
  fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (void *)&address, sizeof address)) fail("connect");
  static const char hello[] = "CONNECT\n\n";
  write_all(hello, sizeof hello);
  read_answer();
  if (strcmp(argv[1], "read") == 0) read_messages(warm, count, size);
  else write_messages(warm, count, size);
  return 0;
}
