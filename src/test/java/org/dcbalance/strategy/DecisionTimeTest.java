package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** How long a decision takes; the figures are printed, the bounds leave room for a slow machine. */
class DecisionTimeTest {
  @Test
  void decidesOnASmallPoolAtOnce() {
    assertThat(typical(RandomPools.plain(3, 4, 24))).isLessThan(Duration.ofMillis(50));
  }

  @Test
  void decidesOnALargePoolWithinSeconds() {
    assertThat(typical(RandomPools.plain(3, 200, 4000))).isLessThan(Duration.ofSeconds(10));
  }

  private static Duration typical(Pool pool) {
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
    return median;
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
