package org.dcbalance.strategy;

import java.util.SplittableRandom;

/** Make up problems from a seed: uneven hosts of two sizes, stuck VMs, tags, and hosts to empty. */
final class RandomProblems {
  static final int TERMS = 5;

  private RandomProblems() {}

  static BalancingProblem small(long seed) {
    var random = new SplittableRandom(seed);
    int hosts = 1 + random.nextInt(9);
    int vms = random.nextInt(hosts * 9 + 1);
    boolean emptied = random.nextInt(3) == 0;
    var home = new int[vms];
    var movable = new boolean[vms];
    var memory = new double[vms];
    for (int v = 0; v < vms; v++) {
      double skew = random.nextDouble();
      home[v] = emptied && random.nextInt(6) == 0 ? -1 : (int) (hosts * skew * skew);
      movable[v] = random.nextInt(8) != 0;
      memory[v] = 512 << random.nextInt(5);
    }
    var builder = new BalancingProblem.Builder(hosts, home).movable(movable).memory(memory);
    builder.leaving(random.nextBoolean() ? 20 : 100).constant(random.nextInt(2));
    var capacity = new double[hosts];
    for (int h = 0; h < hosts; h++) {
      capacity[h] = random.nextBoolean() ? 16 : 32;
    }
    for (int t = 0; t < TERMS; t++) {
      var amount = new double[vms];
      var base = new double[hosts];
      for (int v = 0; v < vms; v++) {
        amount[v] = random.nextInt(4) == 0 ? 0 : 4 * random.nextDouble();
      }
      for (int h = 0; h < hosts; h++) {
        base[h] = random.nextDouble() / 10;
      }
      boolean bounded = t < 2;
      builder.term(
          new BalancingProblem.Term(
              "term " + t,
              0.25 * (1 + random.nextInt(4)),
              base,
              capacity,
              amount,
              bounded ? 0.85 : Double.POSITIVE_INFINITY,
              bounded ? 4 : 0));
    }
    builder.ceiling(ceiling(random, hosts, home, memory, false));
    builder.ceiling(ceiling(random, hosts, home, memory, true));
    var tags = new int[vms][0];
    for (int v = 0; v < vms; v++) {
      if (random.nextInt(6) == 0) {
        tags[v] = new int[] {random.nextInt(3)};
      }
      if (random.nextInt(5) == 0) {
        builder.refuse(v, random.nextInt(hosts));
      }
    }
    return builder.apart(tags, 2).build();
  }

  /** Hosts have between nothing and a lot to spare. */
  private static BalancingProblem.Ceiling ceiling(
      SplittableRandom random, int hosts, int[] home, double[] need, boolean rising) {
    var rise = new double[need.length];
    var limit = new double[hosts];
    for (int v = 0; v < need.length; v++) {
      rise[v] = rising ? need[v] * random.nextDouble() : 0;
      if (home[v] >= 0) {
        limit[home[v]] += need[v] + rise[v];
      }
    }
    for (int h = 0; h < hosts; h++) {
      limit[h] += random.nextInt(40_000);
    }
    return new BalancingProblem.Ceiling(new double[hosts], limit, need, rise, rising);
  }
}
