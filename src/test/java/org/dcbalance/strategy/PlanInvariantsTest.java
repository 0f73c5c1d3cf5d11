package org.dcbalance.strategy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
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
  private static final Limits MANY = LIMITS.withMaxMoves(100);
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
  void everyPlanKeepsHardRulesAndMendsWhatItCan() {
    var found = new HashMap<String, Integer>();
    for (long seed = 0; seed < POOLS; seed++) {
      var pool = RandomPools.ruled(seed);
      var verifier = new PlanVerifier(pool, MANY);
      int broken = verifier.broken(true);
      var decision = strategy.decide(pool, MANY);
      var moved = new HashSet<VmId>();
      try {
        if (decision instanceof Decision.Proposal proposal) {
          verifier.verify(proposal);
          proposal.moves().forEach(move -> moved.add(move.vm().id()));
          proposal.moves().forEach(move -> found.merge(kind(move.reason()), 1, Integer::sum));
          proposal.passedOver().forEach(p -> found.merge(kind(p.reason()), 1, Integer::sum));
        }
        assertThat(verifier.forgotten(moved)).isNull();
      } catch (AssertionError e) {
        throw new AssertionError("pool of seed " + seed, e);
      }
      found.merge("broken", broken, Integer::sum);
      found.merge("left", verifier.broken(true), Integer::sum);
      if (strategy.decide(pool, LIMITS) instanceof Decision.Proposal few) {
        new PlanVerifier(pool, LIMITS).verify(few);
      }
    }
    assertThat(found.get("left")).isLessThan(found.get("broken") * 3 / 4);
    assertThat(found).containsKeys("TOGETHER", "APART", "ON", "OFF", "GoesAlong", "KeptByRule");
  }

  private static String kind(Reason reason) {
    return reason instanceof Reason.Mends mends
        ? mends.kind().name()
        : reason.getClass().getSimpleName();
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
      var pool = seed % 2 == 0 ? RandomPools.small(seed) : RandomPools.ruled(seed);
      if (strategy.decide(pool, LIMITS) instanceof Decision.Proposal proposal) {
        proposals++;
        // the moves are under way, and the load is the same
        var started = new HashMap<VmId, HostId>();
        proposal.moves().forEach(move -> started.put(move.vm().id(), move.target()));
        var again =
            pool.with(
                pool.hosts(),
                pool.vms().stream()
                    .map(
                        vm ->
                            started.containsKey(vm.id())
                                ? vm.movingTo(requireNonNull(started.get(vm.id())))
                                : vm)
                    .toList());
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
      var pool = seed % 2 == 0 ? RandomPools.small(seed) : RandomPools.ruled(seed);
      var hosts = new ArrayList<>(pool.hosts());
      var vms = new ArrayList<>(pool.vms());
      Collections.shuffle(hosts, new Random(seed));
      Collections.shuffle(vms, new Random(seed + 1));
      assertThat(strategy.decide(pool.with(hosts, vms), LIMITS))
          .isEqualTo(strategy.decide(pool, LIMITS));
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
