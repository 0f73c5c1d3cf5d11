/* The guests' bookkeeper: it can tell whether memory, a file system and connections were brought back to one instant.
 *
 *   journal FILE          append a record to a file that stays open, every 20 ms, and count in memory; serve TCP port 7
 *   journal --check FILE  read all records back, and tell how many there are and what is wrong
 *
 * A record is a line with its number and a checksum over it and all records before. What counts in memory goes to /run/journal (not
 * on the disk) with each record. Port 7 answers each byte of a connection with how many came on it so far: who still gets the next
 * number has a connection that lives. */
#define _GNU_SOURCE /* accept4 */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 7, EVERY_MS = 20, MOST = 8, LENGTH = 28 };

static const uint64_t SEED = 0xcbf29ce484222325;

/* FNV-1a over the number, from the sum of the records before. */
static uint64_t sum(uint64_t before, uint64_t number) {
  for (int i = 0; i < 8; i++) before = (before ^ (number >> (8 * i) & 255)) * 0x100000001b3;
  return before;
}

static void record(char *line, uint64_t number, uint64_t checked) {
  snprintf(line, LENGTH + 1, "%010llu %016llx\n", (unsigned long long)number, (unsigned long long)checked);
}

static int check(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) {
    perror(path);
    return 1;
  }
  char line[LENGTH + 2], expected[LENGTH + 2];
  uint64_t count = 0, checked = SEED;
  size_t got;
  while ((got = fread(line, 1, LENGTH, file)) == LENGTH) {
    checked = sum(checked, count);
    record(expected, count, checked);
    if (memcmp(line, expected, LENGTH)) {
      printf("records %llu wrong\n", (unsigned long long)count);
      return 1;
    }
    count++;
  }
  printf("records %llu %s\n", (unsigned long long)count, got ? "torn" : "good");
  return got != 0;
}

static int listening(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr *)&any, sizeof any) || listen(listener, MOST)) {
    perror("port");
    exit(1);
  }
  return listener;
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "--check")) return check(argv[2]);
  if (argc != 2) return 2;
  int file = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  if (file < 0) {
    perror(argv[1]);
    return 1;
  }
  int connections[MOST], count = 0, listener = listening();
  unsigned heard[MOST];
  uint64_t number = 0, checked = SEED;
  for (;;) {
    char line[LENGTH + 2];
    checked = sum(checked, number);
    record(line, number, checked);
    if (write(file, line, LENGTH) != LENGTH) {
      perror("write");
      return 1;
    }
    number++;
    if (number % 10 == 0) fdatasync(file);
    FILE *told = fopen("/run/journal.new", "w");
    fprintf(told, "%llu\n", (unsigned long long)number);
    fclose(told);
    rename("/run/journal.new", "/run/journal");

    int next = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (next >= 0 && count < MOST) {
      heard[count] = 0;
      connections[count++] = next;
    }
    for (int i = 0; i < count; i++) {
      char byte;
      while (recv(connections[i], &byte, 1, 0) == 1) {
        char answer[16];
        int length = snprintf(answer, sizeof answer, "%u\n", ++heard[i]);
        send(connections[i], answer, (size_t)length, MSG_NOSIGNAL);
      }
    }
    poll(NULL, 0, EVERY_MS);
  }
}
