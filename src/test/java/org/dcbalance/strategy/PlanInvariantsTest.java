package org.dcbalance.strategy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;

/** Rules that hold for every pool, tried on a thousand made-up ones. */
class PlanInvariantsTest {
  private static final int POOLS = 1000;
  private static final Limits LIMITS = Limits.DEFAULTS;
  private final DcBalance strategy = new DcBalance();

  @Test
  void everyPlanKeepsTheRules() {
    var kinds = new HashMap<String, Integer>();
    for (long seed = 0; seed < POOLS; seed++) {
      var pool = RandomPools.small(seed);
      var decision = strategy.decide(pool, LIMITS);
      kinds.merge(decision.getClass().getSimpleName(), 1, Integer::sum);
      if (decision instanceof Decision.Proposal proposal) {
        try {
          new PlanVerifier(pool, LIMITS).verify(proposal);
        } catch (AssertionError e) {
          throw new AssertionError("pool of seed " + seed, e);
        }
      }
    }
    // the pools have to be worth the trouble
    assertThat(kinds.get("Proposal")).isGreaterThan(POOLS / 4);
    assertThat(kinds.get("Balanced")).isGreaterThan(POOLS / 20);
  }

  @Test
  void everyVmOfAnOverloadedHostIsProposedOrExplained() {
    Map<Class<?>, Integer> reasons = new HashMap<>();
    for (long seed = 0; seed < POOLS; seed++) {
      var pool = RandomPools.small(seed);
      if (strategy.decide(pool, LIMITS) instanceof Decision.Proposal proposal) {
        proposal
            .passedOver()
            .forEach(passed -> reasons.merge(passed.reason().getClass(), 1, Integer::sum));
        for (var move : proposal.moves()) {
          for (var vm : pool.vms()) {
            if (vm.host().equals(move.source())) {
              boolean proposed =
                  proposal.moves().stream().anyMatch(m -> m.vm().id().equals(vm.id()));
              boolean explained =
                  proposal.passedOver().stream().anyMatch(p -> p.vm().equals(vm.id()));
              assertThat(proposed ^ explained).as("%s, seed %d", vm.name(), seed).isTrue();
            }
          }
        }
      }
    }
    assertThat(reasons.keySet())
        .contains(
            Reason.Tied.class,
            Reason.Resting.class,
            Reason.AlreadyMoving.class,
            Reason.NoTarget.class,
            Reason.WouldOverload.class,
            Reason.GainTooSmall.class,
            Reason.OverCap.class,
            Reason.NotNeeded.class,
            Reason.Afterwards.class);
  }

  @Test
  void noPlanCopiesMoreThanItMay() {
    var capped = LIMITS.withMaxTransfer(Memory.ofGiB(3));
    int told = 0;
    for (long seed = 0; seed < POOLS; seed++) {
      var pool = RandomPools.small(seed);
      if (strategy.decide(pool, capped) instanceof Decision.Proposal proposal) {
        new PlanVerifier(pool, capped).verify(proposal);
        told +=
            (int)
                proposal.passedOver().stream()
                    .filter(p -> ReasonText.of(p.reason()).contains("may copy only"))
                    .count();
      }
    }
    assertThat(told).isPositive();
  }

  @Test
  void aSecondRunRightAfterTheFirstProposesNothing() {
    int proposals = 0;
    for (long seed = 0; seed < POOLS; seed++) {
      var pool = RandomPools.small(seed);
      if (strategy.decide(pool, LIMITS) instanceof Decision.Proposal proposal) {
        proposals++;
        // the moves are under way, and the load is the same
        var started = new HashMap<VmId, HostId>();
        proposal.moves().forEach(move -> started.put(move.vm().id(), move.target()));
        var again =
            new Pool(
                pool.name(),
                pool.at(),
                pool.hosts(),
                pool.vms().stream()
                    .map(
                        vm ->
                            started.containsKey(vm.id())
                                ? vm.movingTo(requireNonNull(started.get(vm.id())))
                                : vm)
                    .toList(),
                5,
                pool.history());
        if (strategy.decide(again, LIMITS) instanceof Decision.Proposal more) {
          throw new AssertionError("seed " + seed + " proposes " + more.moves().size() + " more");
        }
      }
    }
    assertThat(proposals).isGreaterThan(POOLS / 4);
  }

  @Test
  void theOrderOfHostsAndVmsChangesNothing() {
    for (long seed = 0; seed < 200; seed++) {
      var pool = RandomPools.small(seed);
      var hosts = new ArrayList<>(pool.hosts());
      var vms = new ArrayList<>(pool.vms());
      Collections.shuffle(hosts, new Random(seed));
      Collections.shuffle(vms, new Random(seed + 1));
      var shuffled = new Pool(pool.name(), pool.at(), hosts, vms, 5, pool.history());
      assertThat(strategy.decide(shuffled, LIMITS)).isEqualTo(strategy.decide(pool, LIMITS));
    }
  }

  @Test
  void carryingPlansOutComesToAnEnd() {
    var rounds = new EnumMap<ProposedMove.Priority, Integer>(ProposedMove.Priority.class);
    for (long seed = 0; seed < 200; seed++) {
      var pool = RandomPools.plain(seed, 6, 60);
      double last = Double.POSITIVE_INFINITY;
      int round = 0;
      while (strategy.decide(pool, LIMITS) instanceof Decision.Proposal proposal) {
        assertThat(proposal.before().value()).isLessThan(last + 1e-9);
        assertThat(proposal.after().value()).isLessThan(proposal.before().value());
        last = proposal.after().value();
        proposal.moves().forEach(move -> rounds.merge(move.priority(), 1, Integer::sum));
        pool = PoolText.after(pool, proposal.moves());
        assertThat(++round).as("rounds, seed %d", seed).isLessThan(20);
      }
    }
    assertThat(rounds).containsKeys(ProposedMove.Priority.HIGH, ProposedMove.Priority.LOW);
  }
}
