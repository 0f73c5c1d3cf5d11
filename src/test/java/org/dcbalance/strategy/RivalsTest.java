package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RivalsTest {
  private static final String HOT =
      """
      host a cores=16 mem=64
      host b cores=16 mem=64
      host c cores=16 mem=64
      vm large on a cpu=8 mem=16
      vm small on a cpu=6 mem=2
      vm other on b cpu=8 mem=8
      """;

  private static List<String> moves(Strategy strategy, String text) {
    return strategy.decide(PoolText.pool(text), Limits.DEFAULTS)
            instanceof Decision.Proposal proposal
        ? proposal.moves().stream().map(m -> m.vm().name() + " to " + m.target()).toList()
        : List.of();
  }

  @Test
  void dlb_moves_the_largest_vm_of_the_hottest_host_to_the_least_loaded_one() {
    assertThat(moves(new DynamicLoadBalancing(), HOT)).containsExactly("large to 3");
  }

  @Test
  void osvd_moves_what_relieves_most_for_the_memory_that_it_copies() {
    assertThat(moves(new Osvd(), HOT)).containsExactly("small to 3");
  }

  @Test
  void dlb_acts_at_once_and_osvd_waits_until_a_peak_has_lasted() {
    var pool = PoolText.pool(HOT);
    var first = new Pool("test", pool.at(), pool.hosts(), pool.vms(), 0, List.of());
    assertThat(new DynamicLoadBalancing().decide(first, Limits.DEFAULTS))
        .isInstanceOf(Decision.Proposal.class);
    assertThat(new Osvd().decide(first, Limits.DEFAULTS)).isInstanceOf(Decision.Holding.class);
  }

  @Test
  void neither_acts_below_its_threshold_however_uneven_the_hosts() {
    var uneven = HOT.replace("cpu=8 mem=16", "cpu=6 mem=16");
    assertThat(moves(new DynamicLoadBalancing(), uneven)).isEmpty();
    assertThat(moves(new Osvd(), uneven)).isEmpty();
  }

  @Test
  void both_keep_the_hard_rules_on_any_pool() {
    for (var strategy : List.of(new DynamicLoadBalancing(), new Osvd())) {
      int moves = 0;
      for (long seed = 0; seed < 1000; seed++) {
        var pool = RandomPools.small(seed);
        var decision = strategy.decide(pool, Limits.DEFAULTS);
        assertThat(strategy.decide(shuffled(pool, seed), Limits.DEFAULTS)).isEqualTo(decision);
        if (!(decision instanceof Decision.Proposal proposal)) {
          continue;
        }
        var moved = new HashSet<>();
        for (var move : proposal.moves()) {
          var where = "%s, seed %d, %s".formatted(strategy.name(), seed, move.vm().name());
          assertThat(moved.add(move.vm().id())).as(where).isTrue();
          assertThat(move.vm().ties()).as(where).isEmpty();
          assertThat(move.vm().movingTo()).as(where).isNull();
          assertThat(move.vm().refused()).as(where).doesNotContainKey(move.target());
          assertThat(move.vm().restsUntil() == null || !move.vm().restsUntil().isAfter(pool.at()))
              .as(where)
              .isTrue();
          assertThat(move.effects().getLast().cpuAfter()).as(where).isLessThanOrEqualTo(0.85);
          assertThat(move.effects().getLast().memoryAfter()).as(where).isLessThanOrEqualTo(0.9);
          for (var host : pool.hosts()) {
            boolean source = host.id().equals(move.source());
            boolean target = host.id().equals(move.target());
            assertThat((source || target) && host.closed() != null).as(where).isFalse();
          }
          moves++;
        }
      }
      assertThat(moves).as(strategy.name()).isGreaterThan(300);
    }
  }

  private static Pool shuffled(Pool pool, long seed) {
    var hosts = new ArrayList<>(pool.hosts());
    var vms = new ArrayList<>(pool.vms());
    Collections.shuffle(hosts, new Random(seed));
    Collections.shuffle(vms, new Random(seed + 1));
    return new Pool(pool.name(), pool.at(), hosts, vms, pool.roundsOutOfBounds(), pool.history());
  }
}
