/* host-load FILE: keep FILE in the form of /proc/stat, counting only the processes of this pid namespace.
 *
 * All lab hosts run on one machine, so the kernel's own /proc/stat tells each of them the load of all. This program adds up
 * what the processes of one host used, and `host-init` lays the result over that host's /proc/stat, where libvirt's node
 * statistics read it. It also gives this host's priority to each of its processes where the kernel shares the CPU between
 * sessions first (autogroups), since every guest is a session of its own. Times are in USER_HZ ticks; a process that ends between two looks loses its last fifth of a second. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 65536 };
static uint64_t user_of[LIMIT], system_of[LIMIT], born[LIMIT];
static uint64_t user_total, system_total;

static uint64_t ticks_now(long hz) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * hz + (uint64_t)t.tv_nsec * hz / 1000000000u;
}

static void raise_priority(int pid) {
  char path[64], text[8];
  snprintf(path, sizeof path, "/proc/%d/autogroup", pid);
  int fd = open(path, O_WRONLY);
  if (fd < 0) return; /* a kernel without autogroups: the process's own priority counts */
  int n = snprintf(text, sizeof text, "%d", getpriority(PRIO_PROCESS, 0));
  if (write(fd, text, n) != n) perror(path);
  close(fd);
}

static void add_process(int pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return;
  text[n] = 0;
  char *rest = strrchr(text, ')'); /* the name may hold spaces and brackets */
  unsigned long user, system;
  unsigned long long start;
  if (!rest ||
      sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %llu", &user, &system,
             &start) != 3)
    return;
  int known = born[pid] == start;
  if (!known) {
    raise_priority(pid);
    born[pid] = start;
    user_of[pid] = system_of[pid] = 0;
  }
  if (user > user_of[pid]) user_total += user - user_of[pid];
  if (system > system_of[pid]) system_total += system - system_of[pid];
  user_of[pid] = user;
  system_of[pid] = system;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: host-load FILE\n");
    return 2;
  }
  long cpus = sysconf(_SC_NPROCESSORS_ONLN), hz = sysconf(_SC_CLK_TCK);
  uint64_t begin = ticks_now(hz);
  int out = open(argv[1], O_RDWR | O_CREAT, 0644); /* the same inode for ever: it is bound over /proc/stat */
  if (out < 0) {
    perror(argv[1]);
    return 1;
  }
  for (;;) {
    DIR *proc = opendir("/proc");
    struct dirent *e;
    while (proc && (e = readdir(proc))) {
      int pid = atoi(e->d_name);
      if (pid > 0 && pid < LIMIT) add_process(pid);
    }
    if (proc) closedir(proc);

    uint64_t all = (ticks_now(hz) - begin) * cpus, busy = user_total + system_total;
    uint64_t idle = all > busy ? all - busy : 0;
    char text[4096];
    int n = snprintf(text, sizeof text, "cpu  %015lu 0 %015lu %015lu 0 0 0 0 0 0\n", (unsigned long)user_total,
                     (unsigned long)system_total, (unsigned long)idle);
    for (long c = 0; c < cpus && n < (int)sizeof text - 200; c++)
      n += snprintf(text + n, sizeof text - n, "cpu%ld %015lu 0 %015lu %015lu 0 0 0 0 0 0\n", c,
                    (unsigned long)(user_total / cpus), (unsigned long)(system_total / cpus), (unsigned long)(idle / cpus));
    n += snprintf(text + n, sizeof text - n, "ctxt 0\nbtime %010ld\n", (long)(time(0) - (long)(all / cpus / hz)));
    if (pwrite(out, text, n, 0) != n) perror("write");
    struct timespec nap = {0, 200000000};
    nanosleep(&nap, 0);
  }
}
