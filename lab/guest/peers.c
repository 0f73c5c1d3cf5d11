/* The guests' correspondent: it can tell whether a set of guests was brought back to one consistent point.
 *
 *   peers SELF OTHER...    numbers of guests; guest N has the address 10.77.0.(10+N)
 *
 * Every 5 ms it sends a numbered datagram to each other guest and a number down a TCP connection to the next one. It counts what it
 * got, and what should never be: a datagram with a number that it had already ("backwards": its sender went on from before it was
 * sent), a number out of turn on a connection ("torn"), and connections that ended ("broken"). Told by SIGUSR1 it
 * writes all of that, as it is then, to /run/peers; /cgi-bin/peers asks for it. */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 16, PORT = 7000, EVERY_MS = 5 };

struct message {
  uint32_t from;
  uint32_t pad;
  uint64_t number;
};

static int self, count, numbers[MOST];
static uint64_t sent[MOST], got[MOST], last[MOST], backwards[MOST], lost[MOST];
static uint64_t down, up, torn, broken;
static double stall;
static volatile sig_atomic_t asked;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static struct sockaddr_in at(int number) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  char text[32];
  snprintf(text, sizeof text, "10.77.0.%d", 10 + number);
  inet_pton(AF_INET, text, &a.sin_addr);
  return a;
}

static int bound(int type) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  int one = 1, s = socket(AF_INET, type | SOCK_NONBLOCK, 0);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(s, (struct sockaddr *)&any, sizeof any)) perror("peers: bind"), exit(1);
  return s;
}

static void receive(int udp) {
  struct message m;
  while (recv(udp, &m, sizeof m, 0) == sizeof m)
    for (int i = 0; i < count; i++)
      if (numbers[i] == (int)m.from) {
        got[i]++;
        if (m.number <= last[i] && last[i]) backwards[i]++;
        else if (last[i] && m.number > last[i] + 1) lost[i] += m.number - last[i] - 1;
        last[i] = m.number;
      }
}

/* Take what came up the connection from the guest before. */
static int take(int from, uint64_t *expected) {
  static unsigned char half[8];
  static size_t have;
  if (*expected == 0) have = 0;
  for (;;) {
    ssize_t n = recv(from, half + have, sizeof half - have, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return from;
    if (n <= 0) {
      close(from);
      broken++;
      return -1;
    }
    have += n;
    if (have < sizeof half) continue;
    have = 0;
    uint64_t number;
    memcpy(&number, half, sizeof number);
    if (*expected && number != *expected) torn++;
    *expected = number + 1;
    up++;
  }
}

static void ask(int signal) {
  (void)signal;
  asked = 1;
}

static void report(void) {
  FILE *out = fopen("/run/peers.new", "w");
  if (!out) return;
  for (int i = 0; i < count; i++)
    fprintf(out, "peer %d sent %lu got %lu last %lu backwards %lu lost %lu\n", numbers[i], sent[i], got[i], last[i], backwards[i],
            lost[i]);
  fprintf(out, "stream down %lu up %lu torn %lu broken %lu stall %.3f\n", down, up, torn, broken, stall);
  fclose(out);
  rename("/run/peers.new", "/run/peers");
}

int main(int argc, char **argv) {
  if (argc < 3 || argc > MOST + 2) return fprintf(stderr, "usage: peers SELF OTHER...\n"), 2;
  self = atoi(argv[1]);
  count = argc - 2;
  int next = 0, least = 0;
  for (int i = 0; i < count; i++) {
    numbers[i] = atoi(argv[i + 2]);
    if (numbers[i] > self && (!next || numbers[i] < next)) next = numbers[i];
    if (!least || numbers[i] < least) least = numbers[i];
  }
  if (!next) next = least; /* the last one talks to the first one */
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR1, ask);
  int udp = bound(SOCK_DGRAM), listener = bound(SOCK_STREAM), from = -1, to = -1, connected = 0;
  listen(listener, 4);
  uint64_t expected = 0, upto = 0;
  double due = now(), progressed = now();
  for (;;) {
    struct pollfd wait[] = {{udp, POLLIN, 0}, {listener, POLLIN, 0}, {from, POLLIN, 0}};
    poll(wait, 3, EVERY_MS);
    receive(udp);
    if (from < 0 && (from = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) expected = 0, progressed = now();
    if (from >= 0) {
      from = take(from, &expected);
      if (up != upto) {
        if (now() - progressed > stall && upto) stall = now() - progressed;
        upto = up;
        progressed = now();
      }
    }
    if (to < 0) {
      struct sockaddr_in a = at(next);
      int one = 1;
      to = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      connect(to, (struct sockaddr *)&a, sizeof a);
      connected = 0;
    }
    if (now() < due) continue;
    due += EVERY_MS / 1000.0;
    if (now() - due > 1) due = now();
    for (int i = 0; i < count; i++) {
      struct sockaddr_in a = at(numbers[i]);
      struct message m = {self, 0, sent[i] + 1};
      if (sendto(udp, &m, sizeof m, 0, (struct sockaddr *)&a, sizeof a) == sizeof m) sent[i]++;
    }
    uint64_t number = down + 1;
    ssize_t n = send(to, &number, sizeof number, 0);
    if (n == sizeof number) down++, connected = 1;
    else if (n >= 0 || (errno != EAGAIN && errno != EINTR && errno != EINPROGRESS && errno != EALREADY && errno != ENOTCONN)) {
      if (connected) broken++;
      close(to);
      to = -1;
    }
    if (asked) asked = 0, report();
  }
}
