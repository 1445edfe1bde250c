/* What source, sink and raw programs share: arguments, sockets, the bodies of the bench. */
#ifndef FRAMES_H
#define FRAMES_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *text_option(int argc, char **argv, const char *name, const char *otherwise) {
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  return otherwise;
}

static long number_option(int argc, char **argv, const char *name, long otherwise) {
  const char *text = text_option(argc, argv, name, NULL);
  return text ? atol(text) : otherwise;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void *need(void *memory) {
  if (!memory) fail("memory");
  return memory;
}

/*
 * The body of message `index`: eight digits, then a pattern that every driver can build by itself (bodies.mjs):
 * whole units of it, then dots.
 */
static void fill_body(char *body, long size, long index, const char *kind) {
  static const char ascii[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  static const char utf8[] = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80."; /* 2, 3, 4 and 1 bytes */
  static const char binary[] = {0, 1, 10, 10, 0, 10, 'a', 0, 0, (char)0xff, 13, 10, 58, 0, 'z', 0};
  const char *unit = ascii;
  long length = 36;
  if (strcmp(kind, "utf8") == 0) unit = utf8, length = 10;
  if (strcmp(kind, "binary") == 0) unit = binary, length = 16;
  char digits[24];
  snprintf(digits, sizeof digits, "%08ld", index);
  long whole = size > 8 ? 8 + (size - 8) / length * length : 8;
  for (long i = 0; i < size; i++) body[i] = i < 8 ? digits[i] : i < whole ? unit[(i - 8) % length] : '.';
}

#endif
