/* load: what a lab guest does when it is told to work. One process per kind; it runs until it is killed.
 *   load dirty MIB RATE [word|page [ON OFF]]  write RATE pages a second, round and round over MIB MiB.
 *                                    word: eight bytes of each page; page: all of it, incompressible.
 *                                    RATE 0: fill once and sleep; -1: as fast as the CPU goes
 *   load hold MIB                    fill MIB MiB once and keep them
 *   load burn PERCENT                do as much work as uses PERCENT of one undisturbed CPU
 * SIGUSR1 has dirty and hold compare all of their memory with what they wrote, in place, and say in /run/dirty.verified or
 * /run/hold.verified how many pages are as written; nothing is compared, or kept for it, before. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 512 }; /* 64-bit words in a page of 4 KiB */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void nap(double seconds) {
  if (seconds <= 0) return;
  struct timespec t = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
  nanosleep(&t, 0);
}

static uint64_t noise = 88172645463325252u; /* the word that was filled in last */

static void fill(uint64_t *page) { /* xorshift64: quick, and no compressor gains on it */
  for (int i = 0; i < WORDS; i++) {
    noise ^= noise << 13;
    noise ^= noise >> 7;
    noise ^= noise << 17;
    page[i] = noise;
  }
}

static uint64_t before(uint64_t x) { /* the word that was filled in before this one: the three steps undone */
  x ^= x << 17, x ^= x << 34;
  x ^= x >> 7, x ^= x >> 14, x ^= x >> 28, x ^= x >> 56;
  x ^= x << 13, x ^= x << 26, x ^= x << 52;
  return x;
}

/* The noise ends before page `at`. Where a writer has put words of its laps over it, this is where its lap has come to. */
static void compare(const char *kind, const uint64_t *area, long pages, long at, uint64_t lap) {
  uint64_t x = noise;
  long wrong = 0;
  for (long n = 1; n <= pages; n++) {
    long number = lap ? pages - n : (at - n + pages) % pages;
    uint64_t last = lap ? lap - (number >= at) : 0;
    int same = 1;
    for (int i = WORDS - 1; i >= 0; i--, x = before(x)) {
      uint64_t word = last < (uint64_t)i ? 0 : last - (last - i) % WORDS; /* of the last lap that came by this one */
      same &= area[number * WORDS + i] == (word ? word : x);
    }
    wrong += !same;
  }
  char text[80];
  snprintf(text, sizeof text, "/run/%s.verified", kind);
  int file = open(text, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  int length = snprintf(text, sizeof text, "%ld pages as written, %ld not\n", pages - wrong, wrong);
  if (file < 0 || write(file, text, length) != length) perror("load: verified");
  close(file);
}

static volatile sig_atomic_t asked;

static void ask(int signal) {
  (void)signal;
  asked = 1;
}

static uint64_t *filled(long mib) {
  uint64_t *area = mmap(0, (size_t)mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mib <= 0 || area == MAP_FAILED) {
    perror("load: memory");
    exit(1);
  }
  for (long i = 0; i < mib * 256; i++) fill(area + i * WORDS);
  return area;
}

static void keep(const char *kind, const uint64_t *area, long pages) {
  sigset_t none, asking;
  sigemptyset(&none);
  sigemptyset(&asking);
  sigaddset(&asking, SIGUSR1);
  sigprocmask(SIG_BLOCK, &asking, 0); /* or one that comes just before the sleep is slept through */
  for (;;) {
    while (!asked) sigsuspend(&none);
    asked = 0;
    compare(kind, area, pages, 0, 0);
  }
}

/* With on and off it writes for so many seconds, then rests for so many, from the beginning on. */
static void dirty(long mib, long rate, int whole, double on, double off) {
  uint64_t *area = filled(mib), lap = 1;
  long pages = mib * 256, at = 0;
  if (rate == 0) keep("dirty", area, pages);
  double begin = now(), done = 0, first = begin;
  /* what was written so far, for whoever asks how much of it a migration cost */
  int file = open("/run/dirty.pages", O_RDWR | O_CREAT | O_TRUNC, 0644);
  long written = 0;
  for (;;) {
    if (asked) {
      asked = 0;
      compare("dirty", area, pages, at, whole ? 0 : lap);
    }
    if (file >= 0) {
      char text[24];
      int length = snprintf(text, sizeof text, "%ld\n", written);
      if (pwrite(file, text, length, 0) != length) close(file), file = -1;
    }
    if (on > 0 && off > 0) {
      double into = now() - first;
      into -= (long)(into / (on + off)) * (on + off);
      if (into >= on) {
        nap(on + off - into < 0.1 ? on + off - into : 0.1);
        begin = now();
        done = 0;
        continue;
      }
    }
    long batch = 1024;
    if (rate > 0) {
      batch = (long)((now() - begin) * rate - done);
      if (batch > rate) { /* more than a second behind (paused, starved): start afresh rather than catch up */
        begin = now();
        done = 0;
        batch = rate / 100 + 1;
      }
      if (batch <= 0) {
        nap(0.005);
        continue;
      }
    }
    done += batch;
    written += batch;
    while (batch-- > 0) {
      if (whole) fill(area + at * WORDS);
      else area[at * WORDS + lap % WORDS] = lap;
      if (++at == pages) at = 0, lap++;
    }
  }
}

static void work(void) {
  static volatile uint64_t sink;
  for (int i = 0; i < 5000; i++) sink += i;
}

static int by_size(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return (difference > 0) - (difference < 0);
}

/* A fixed amount of work per period, not a fixed time: where the machine is short of CPU, the guest keeps asking for what it was
 * told to use, as a server with requests does, rather than losing what it did not get. */
static void burn(double percent) {
  /* Seconds for one piece of work when nothing disturbs it: a low quarter of many looks, since most of them may be disturbed, and
   * the clock of a starved guest jumps now and then, so that the lowest can be nothing at all. */
  enum { LOOKS = 41, PIECES = 25 };
  double looks[LOOKS];
  for (int i = 0; i < LOOKS; i++) {
    double begin = now();
    for (int j = 0; j < PIECES; j++) work();
    looks[i] = (now() - begin) / PIECES;
  }
  qsort(looks, LOOKS, sizeof *looks, by_size);
  double cost = looks[LOOKS / 4] > 1e-7 ? looks[LOOKS / 4] : 1e-7;
  const double period = 0.02;
  double due = now(), owed = 0;
  for (;;) {
    due += period;
    for (owed += period * percent / 100 / cost; owed >= 1; owed--) work();
    if (now() - due > 1) due = now(); /* a second behind: do not catch up for ever */
    nap(due - now());
  }
}

int main(int argc, char **argv) {
  signal(SIGUSR1, ask);
  if (argc >= 4 && !strcmp(argv[1], "dirty"))
    dirty(atol(argv[2]), atol(argv[3]), argc > 4 && !strcmp(argv[4], "page"), argc > 6 ? atof(argv[5]) : 0,
          argc > 6 ? atof(argv[6]) : 0);
  if (argc == 3 && !strcmp(argv[1], "hold")) {
    uint64_t *area = filled(atol(argv[2]));
    keep("hold", area, atol(argv[2]) * 256);
  }
  if (argc == 3 && !strcmp(argv[1], "burn")) burn(atof(argv[2]));
  fprintf(stderr, "usage: load dirty MIB RATE [word|page [ON OFF]] | hold MIB | burn PERCENT\n");
  return 2;
}
