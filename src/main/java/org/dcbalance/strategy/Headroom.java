package org.dcbalance.strategy;

import java.util.List;

/**
 * Tell how much of a large new VM the pool could take, all of it on one host, in work that does not
 * grow with the pool for each move that is considered.
 */
final class Headroom {
  /** A pool that could take none of it is as far out of bounds as one host at twice its load. */
  static final double WEIGHT = 1;

  /** A move changes two hosts, so the best of three is known after it without a look at all. */
  private static final int KEPT = 3;

  private final Limits.Room wanted;

  /** What may still be given, by host: memory in bytes, and cores. */
  private final double[] memory;

  private final double[] cores;
  private final int[] best = new int[KEPT];

  Headroom(Limits.Room wanted, double[] memory, double[] cores) {
    this.wanted = wanted;
    this.memory = memory.clone();
    this.cores = cores.clone();
    findBest();
  }

  /** Take what is left of each host up to the thresholds, once what is on its way has left. */
  static Headroom of(List<HostLoad> hosts, List<VmLoad> vms, int[] at, Limits limits) {
    int n = limits.room().large() ? hosts.size() : 0;
    var memory = new double[n];
    var cores = new double[n];
    for (int h = 0; h < n; h++) {
      var host = hosts.get(h);
      memory[h] = host.memory().bytes() * limits.memoryThreshold() - host.own().memory().bytes();
      cores[h] = host.cores() * limits.cpuThreshold() - host.own().cpuCores();
    }
    for (int vm = 0; n > 0 && vm < at.length; vm++) {
      if (at[vm] >= 0) {
        memory[at[vm]] -= vms.get(vm).allocated().bytes();
        cores[at[vm]] -= vms.get(vm).mean().cpuCores();
      }
    }
    return new Headroom(limits.room(), memory, cores);
  }

  Headroom(Headroom other) {
    this(other.wanted, other.memory, other.cores);
  }

  boolean asked() {
    return wanted.large();
  }

  /** Give the share of the wanted VM that does not fit anywhere, 0 to 1. */
  double missing() {
    return asked() ? 1 - fit(best[0]) : 0;
  }

  /** Tell by how much a move raises {@link #missing()}. */
  double change(VmLoad vm, int source, int target) {
    if (!asked()) {
      return 0;
    }
    double most =
        Math.max(
            fit(memory[source] + vm.allocated().bytes(), cores[source] + vm.mean().cpuCores()),
            fit(memory[target] - vm.allocated().bytes(), cores[target] - vm.mean().cpuCores()));
    for (int host : best) {
      if (host != source && host != target && host >= 0) {
        most = Math.max(most, fit(host));
        break;
      }
    }
    return 1 - most - missing();
  }

  /** Follow a move. */
  void move(VmLoad vm, int source, int target) {
    memory[source] += vm.allocated().bytes();
    cores[source] += vm.mean().cpuCores();
    memory[target] -= vm.allocated().bytes();
    cores[target] -= vm.mean().cpuCores();
    findBest();
  }

  private void findBest() {
    for (int place = 0; place < KEPT; place++) {
      best[place] = -1;
      for (int host = 0; asked() && host < memory.length; host++) {
        boolean taken = false;
        for (int earlier = 0; earlier < place; earlier++) {
          taken |= best[earlier] == host;
        }
        if (!taken && (best[place] < 0 || fit(host) > fit(best[place]))) {
          best[place] = host;
        }
      }
    }
  }

  private double fit(int host) {
    return host < 0 ? 0 : fit(memory[host], cores[host]);
  }

  private double fit(double freeMemory, double freeCores) {
    double byMemory =
        wanted.memory().bytes() == 0 ? 1 : freeMemory / (double) wanted.memory().bytes();
    double byCores = wanted.cores() == 0 ? 1 : freeCores / wanted.cores();
    return Math.clamp(Math.min(byMemory, byCores), 0, 1);
  }
}
