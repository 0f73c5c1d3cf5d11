package org.dcbalance.strategy;

import java.time.Duration;
import java.util.ArrayList;

/** Print how long a decision takes on a small and on a large pool; started by bench/decide. */
final class DecideTimes {
  private DecideTimes() {}

  public static void main(String[] args) {
    print(RandomPools.plain(3, 4, 24));
    print(RandomPools.plain(3, 200, 4000));
  }

  private static void print(Pool pool) {
    var strategy = new DcBalance();
    var times = new ArrayList<Long>();
    Decision decision = strategy.decide(pool, Limits.DEFAULTS);
    for (int i = 0; i < 7; i++) {
      long start = System.nanoTime();
      decision = strategy.decide(pool, Limits.DEFAULTS);
      times.add(System.nanoTime() - start);
    }
    times.sort(null);
    var median = Duration.ofNanos(times.get(3));
    System.out.printf(
        "decide() for %d hosts and %d VMs: %.2f ms, %s%n",
        pool.hosts().size(), pool.vms().size(), median.toNanos() / 1e6, summary(decision));
  }

  private static String summary(Decision decision) {
    return switch (decision) {
      case Decision.Balanced balanced -> "balanced at " + balanced.imbalance().value();
      case Decision.NotEnoughData _ -> "not enough data";
      case Decision.Holding _ -> "holding";
      case Decision.Proposal proposal ->
          "%d moves, imbalance %.3f to %.3f, %d VMs passed over"
              .formatted(
                  proposal.moves().size(),
                  proposal.before().value(),
                  proposal.after().value(),
                  proposal.passedOver().size());
    };
  }
}
