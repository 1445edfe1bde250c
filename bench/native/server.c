/*
 * One connection's worth of a neutral STOMP 1.0 broker, fast enough not to be what is measured.
 *
 *   server source --count N --size BYTES [--subs S] [--body ascii|utf8|binary] [--chunk BYTES] [--no-length 1]
 *     answers CONNECT, waits for S SUBSCRIBEs, then writes N MESSAGEs (and some more, for clients that lose frames)
 *   server sink [--sum 1]
 *     reads frames, counts each SEND and the bytes of its body (and adds those up), answers every receipt header
 *   server stall
 *     answers CONNECT and reads nothing after it
 *
 * Prints one line of JSON with its port; what it saw, and the CPU seconds it took, goes to stderr's last line. It ends
 * when the client has gone, when nobody came for 30 s, or after --seconds (default 900).
 *
 * The sink looks for more bytes for a moment before it sleeps: otherwise whoever writes pays for waking it, which on
 * some machines costs more than the write itself. After a RECEIPT it sleeps at once, as a broker does.
 */
#include "frames.h"

#define READ_BYTES (1 << 20)
#define AWAKE_SECONDS 50e-6
#define MAX_HEAD 4096
#define MAX_SUBS 4096

enum state { BETWEEN, HEAD, COUNTED, TO_NUL };

static int client = -1;
static int is_source, is_stall, deaf, summing;

/* What is to be written besides messages: CONNECTED and RECEIPTs. */
static char *reply;
static size_t reply_length, reply_sent, reply_size;
static int answered; /* nothing has come since the last reply */

static long sends, receipts, body_bytes;
static unsigned long body_sum;

/* What the frame in hand asks for. */
static char receipt_id[256];
static size_t receipt_length;

static struct { char id[64], destination[128]; } subs[MAX_SUBS];
static long subs_seen, subs_wanted;

static void say(const char *text, size_t length) {
  if (reply_length + length > reply_size) {
    reply_size = (reply_length + length) * 2;
    reply = need(realloc(reply, reply_size));
  }
  memcpy(reply + reply_length, text, length);
  reply_length += length;
}

/* ---- frames from the client ---- */

struct value { const char *at; size_t length; };

static struct value find_header(const char *head, size_t length, const char *name) {
  size_t name_length = strlen(name);
  const char *end = head + length;
  for (const char *line = head; line < end;) {
    const char *lf = memchr(line, '\n', end - line);
    if (!lf) lf = end;
    if ((size_t)(lf - line) > name_length && line[name_length] == ':' && memcmp(line, name, name_length) == 0) {
      const char *from = line + name_length + 1;
      while (from < lf && *from == ' ') from++;
      while (lf > from && (lf[-1] == '\r' || lf[-1] == ' ')) lf--;
      return (struct value){from, lf - from};
    }
    line = lf + 1;
  }
  return (struct value){NULL, 0};
}

static void copy_value(char *to, size_t size, struct value value, const char *otherwise) {
  if (!value.at) snprintf(to, size, "%s", otherwise);
  else snprintf(to, size, "%.*s", (int)value.length, value.at);
}

/* A whole head, from the command to the blank line. Gives the counted body's length, or -1. */
static long take_head(const char *head, size_t length) {
  struct value receipt = find_header(head, length, "receipt");
  if (length >= 4 && memcmp(head, "SEND", 4) == 0) {
    sends++;
  } else if (length >= 7 && memcmp(head, "CONNECT", 7) == 0) {
    static const char connected[] = "CONNECTED\nsession:bench\n\n\0\n";
    say(connected, sizeof connected - 1);
  } else if (length >= 9 && memcmp(head, "SUBSCRIBE", 9) == 0 && subs_seen < MAX_SUBS) {
    copy_value(subs[subs_seen].id, 64, find_header(head, length, "id"), "0");
    copy_value(subs[subs_seen].destination, 128, find_header(head, length, "destination"), "/queue/bench.messages");
    subs_seen++;
  }
  if (receipt.at) {
    receipt_length = receipt.length < sizeof receipt_id ? receipt.length : sizeof receipt_id;
    memcpy(receipt_id, receipt.at, receipt_length);
  }
  struct value counted = find_header(head, length, "content-length");
  return counted.at ? atol(counted.at) : -1;
}

static enum state state = BETWEEN;
static char held[MAX_HEAD];
static size_t held_length;
static long missing;

/* The blank line ends a head; LF LF or LF CR LF. Gives the position behind it, or NULL. */
static const char *head_end(const char *from, const char *end) {
  for (const char *lf = from; (lf = memchr(lf, '\n', end - lf)); lf++) {
    if (lf + 1 < end && lf[1] == '\n') return lf + 2;
    if (lf + 2 < end && lf[1] == '\r' && lf[2] == '\n') return lf + 3;
  }
  return NULL;
}

/* The NUL has come: only now is there something to confirm. */
static void end_frame(void) {
  state = BETWEEN;
  if (receipt_length == 0) return;
  receipts++;
  say("RECEIPT\nreceipt-id:", 19);
  say(receipt_id, receipt_length);
  say("\n\n\0\n", 4);
  receipt_length = 0;
}

static void start_body(long counted) {
  state = counted >= 0 ? COUNTED : TO_NUL;
  missing = counted;
}

static void take_body(const char *at, const char *end) {
  body_bytes += end - at;
  if (summing)
    for (; at < end; at++) body_sum += (unsigned char)*at;
}

static void take(const char *at, const char *end) {
  while (at < end) {
    if (state == BETWEEN) {
      if (*at == '\n' || *at == '\r') { at++; continue; }
      state = HEAD;
      held_length = 0;
    }
    if (state == HEAD) {
      if (held_length == 0) {
        const char *body = head_end(at, end);
        if (body) { start_body(take_head(at, body - at)); at = body; continue; }
      }
      size_t before = held_length, part = end - at;
      if (part > MAX_HEAD - held_length) part = MAX_HEAD - held_length;
      memcpy(held + held_length, at, part);
      held_length += part;
      const char *body = head_end(held, held + held_length);
      if (body) { at += (body - held) - before; start_body(take_head(held, body - held)); continue; }
      if (held_length == MAX_HEAD) { fprintf(stderr, "a head of more than %d bytes\n", MAX_HEAD); exit(1); }
      return;
    }
    if (state == COUNTED) {
      long part = end - at < missing ? end - at : missing;
      take_body(at, at + part);
      at += part, missing -= part;
      if (missing > 0 || at == end) return;
      if (*at != 0) { fprintf(stderr, "no NUL after a counted body\n"); exit(1); }
      at++;
      end_frame();
    } else {
      const char *nul = memchr(at, 0, end - at);
      take_body(at, nul ? nul : end);
      if (!nul) return;
      at = nul + 1;
      end_frame();
    }
  }
}

/* ---- messages to the client ---- */

static char *block;
static size_t *ends; /* where each frame of the block ends */
static long frames_in_block;
static size_t block_length, block_at;
static long total, blocks_done;

static long block_frames(long size, long wanted_subs) {
  long frames = (1 << 20) / (size + 200);
  if (frames < 4) frames = 4;
  return (frames + wanted_subs - 1) / wanted_subs * wanted_subs;
}

static void build_block(long size, const char *kind, int no_length) {
  block = need(malloc(frames_in_block * (size + 512)));
  ends = need(malloc(frames_in_block * sizeof *ends));
  unsigned random = 12345;
  long *order = need(malloc(subs_wanted * sizeof *order));
  for (long k = 0; k < frames_in_block; k++) {
    long turn = k % subs_wanted;
    if (turn == 0) { /* each turn every subscription once, in a new order */
      for (long i = 0; i < subs_wanted; i++) order[i] = i;
      for (long i = subs_wanted - 1; i > 0; i--) {
        random = random * 1664525u + 1013904223u;
        long j = (random >> 8) % (i + 1), swap = order[i];
        order[i] = order[j], order[j] = swap;
      }
    }
    char counted[40] = "";
    if (!no_length) snprintf(counted, sizeof counted, "content-length:%ld\n", size);
    char *at = block + block_length;
    at += sprintf(at,
      "MESSAGE\n%sexpires:0\ndestination:%s\nsubscription:%s\npriority:4\n"
      "message-id:ID:broker.example-41793-1700000000000-2:1:-1:1:%08ld\ntimestamp:1700000000000\n\n",
      counted, subs[order[turn]].destination, subs[order[turn]].id, k);
    fill_body(at, size, k, kind);
    at[size] = 0;
    at[size + 1] = '\n';
    block_length = at + size + 2 - block;
    ends[k] = block_length;
  }
  free(order);
}

/* How far this pass over the block goes: the last one may end early. */
static size_t pass_end(void) {
  long left = total - blocks_done * frames_in_block;
  if (left <= 0) return 0;
  return left >= frames_in_block ? block_length : ends[left - 1];
}

/* ---- the loop ---- */

static int listen_and_accept(long idle_seconds) {
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (void *)&address, length) || listen(listener, 1)) fail("listen");
  getsockname(listener, (void *)&address, &length);
  printf("{\"port\":%d,\"perBlock\":%ld}\n", ntohs(address.sin_port), frames_in_block);
  fflush(stdout);
  struct pollfd waiting = {listener, POLLIN, 0};
  if (poll(&waiting, 1, idle_seconds * 1000) != 1) exit(0);
  int fd = accept(listener, NULL, NULL);
  if (fd < 0) fail("accept");
  close(listener);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

/* Counts what was written; 0 when the client has gone. */
static int advance(ssize_t written, size_t *done) {
  if (written > 0) *done += written;
  return written >= 0 || errno == EAGAIN || errno == EINTR;
}

/* Reads what is there or comes in a moment. Gives what was read, 0 for nothing, or -1 for the end. */
static ssize_t read_some(void) {
  static char input[READ_BYTES];
  double until = 0;
  for (;;) {
    ssize_t got = read(client, input, READ_BYTES);
    if (got > 0) {
      answered = 0;
      take(input, input + got);
      return got;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return -1;
    if (answered || is_source) return 0;
    double now = now_seconds();
    if (until == 0) until = now + AWAKE_SECONDS;
    if (now >= until) return 0;
  }
}

/* 0 when the client has gone. */
static int write_replies(void) {
  if (reply_sent == reply_length) return 1;
  answered = 1;
  if (!advance(write(client, reply + reply_sent, reply_length - reply_sent), &reply_sent)) return 0;
  if (reply_sent == reply_length) reply_sent = reply_length = 0, deaf = is_stall;
  return 1;
}

/* 0 when the client has gone. */
static int write_messages(size_t most) {
  size_t end = pass_end(), length = end - block_at;
  if (most && length > most) length = most;
  if (!advance(write(client, block + block_at, length), &block_at)) return 0;
  if (block_at == end) block_at = 0, blocks_done++;
  if (most) nanosleep(&(struct timespec){0, 20000}, NULL);
  return 1;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc < 2) return 2;
  is_source = strcmp(argv[1], "source") == 0;
  is_stall = strcmp(argv[1], "stall") == 0;
  long size = number_option(argc, argv, "--size", 256), count = number_option(argc, argv, "--count", 1000);
  long piece = number_option(argc, argv, "--chunk", 0), seconds = number_option(argc, argv, "--seconds", 900);
  const char *kind = text_option(argc, argv, "--body", "ascii");
  int no_length = number_option(argc, argv, "--no-length", 0);
  summing = number_option(argc, argv, "--sum", 0);
  subs_wanted = number_option(argc, argv, "--subs", 1);
  if (subs_wanted < 1 || subs_wanted > MAX_SUBS) return 2;
  total = count + (count / 100 > 64 ? count / 100 : 64);
  frames_in_block = block_frames(size, subs_wanted);

  client = listen_and_accept(30);
  double until = now_seconds() + seconds;

  while (now_seconds() < until) {
    if (is_source && !block && subs_seen >= subs_wanted) build_block(size, kind, no_length);
    if (!is_source && !deaf) {
      ssize_t got = read_some();
      if (got < 0 || !write_replies()) break;
      if (got > 0) continue;
    }
    int replies = reply_sent < reply_length;
    /* Replies go between passes or before the first: never inside a frame. */
    int messages = block && pass_end() > 0 && (block_at > 0 || !replies);
    struct pollfd event = {client, (deaf ? 0 : POLLIN) | (replies || messages ? POLLOUT : 0), 0};
    if (poll(&event, 1, 1000) < 0 && errno != EINTR) fail("poll");
    if (event.revents & (POLLERR | POLLHUP | POLLNVAL)) break;
    if ((event.revents & POLLIN) && read_some() < 0) break;
    if (messages && (event.revents & POLLOUT)) {
      if (!write_messages(piece)) break;
    } else if (!messages && !write_replies()) break;
  }
  fprintf(stderr, "{\"sends\":%ld,\"receipts\":%ld,\"bodyBytes\":%ld,\"bodySum\":%lu,\"cpu\":%.6f}\n", sends, receipts,
          body_bytes, body_sum, cpu_seconds());
  return 0;
}
