package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import org.dcbalance.strategy.Candidates.Look;
import org.junit.jupiter.api.Test;

class ProspectsTest {
  @Test
  void no_vm_is_left_out_that_a_closer_look_would_have_moved() {
    int moves = 0;
    int spared = 0;
    for (long seed = 0; seed < 1000; seed++) {
      var pool = seed % 2 == 0 ? RandomPools.small(seed) : RandomPools.ruled(seed);
      var limits = Limits.DEFAULTS;
      var open =
          pool.hosts().stream()
              .filter(host -> host.closed() == null)
              .sorted(Comparator.comparing(HostLoad::id))
              .toList();
      if (open.isEmpty()) {
        continue;
      }
      var placement = new Placement(open, pool.vms(), pool.rules(), limits);
      var prospects = new Prospects(pool, limits);
      var candidates = new Candidates(pool, limits);
      double score = placement.imbalance().value();
      for (var vm : pool.vms()) {
        double needed = candidates.needed(vm, placement, score);
        switch (candidates.look(vm, placement, score)) {
          case Look.Move move -> {
            double gain = score - placement.scoreAfter(vm, move.source(), move.target());
            assertThat(prospects.most(vm)).as("seed %d", seed).isGreaterThanOrEqualTo(gain);
            assertThat(prospects.most(vm)).isGreaterThanOrEqualTo(move.worth());
            moves++;
          }
          case Look.Stay stay -> {
            boolean dear = stay.reason() instanceof Reason.TooCostly;
            assertThat(dear && prospects.most(vm) < needed).as("seed %d", seed).isFalse();
            spared += prospects.most(vm) < needed ? 1 : 0;
          }
        }
      }
    }
    assertThat(moves).isGreaterThan(1000);
    assertThat(spared).isGreaterThan(moves);
  }
}
