package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcbalance.strategy.PoolText.pool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.data.Offset;
import org.dcbalance.strategy.ProposedMove.Priority;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

/** What operators of other balancers complain about, as examples. */
class DcBalanceTest {
  private static final Limits LIMITS = Limits.DEFAULTS;
  private final DcBalance strategy = new DcBalance();

  private static final String HOT =
      """
      host kvm-01
      host kvm-02
      host kvm-03
      vm web-01 on kvm-01 cpu=5 mem=4
      vm web-02 on kvm-01 cpu=4 mem=4
      vm db-01  on kvm-01 cpu=6 mem=8 tied=PCI-device
      vm app-01 on kvm-02 cpu=6 mem=4
      vm app-02 on kvm-03 cpu=4 mem=4
      """;

  @Test
  void movesAVmOffTheHotHostAndSaysWhy() {
    var proposal = proposal(HOT);

    var first = proposal.moves().getFirst();
    assertThat(first.vm().name()).isEqualTo("web-01");
    assertThat(first.target()).isEqualTo(new HostId(3));
    assertThat(first.priority()).isEqualTo(Priority.HIGH);
    assertThat(ReasonText.of(first.reason()))
        .isEqualTo("kvm-01 CPU at 95 % for the window, above 85 %; web-01 causes 31 points of it.");
    assertThat(ReasonText.of(first.targetReason()))
        .isEqualTo(
            "Of 2 hosts that can take it, kvm-03 gains most for the price: CPU at 26 % and memory at 8 % before the move.");
    assertThat(first.effects().getFirst().cpuAfter()).isBetween(0.63, 0.64);
    assertThat(first.effects().getLast().cpuAfter()).isBetween(0.57, 0.58);
    assertThat(proposal.after().value()).isLessThan(proposal.before().value() / 2);
    assertThat(proposal.before().value() - proposal.after().value())
        .isCloseTo(
            proposal.moves().stream().mapToDouble(ProposedMove::gain).sum(), Offset.offset(1e-12));
  }

  @Test
  void leavesThePoolAloneOnceTheMovesAreMade() {
    var pool = pool(HOT);
    var proposal = (Decision.Proposal) strategy.decide(pool, LIMITS);
    var next = strategy.decide(PoolText.after(pool, proposal.moves()), LIMITS);
    assertThat(next)
        .isInstanceOfSatisfying(
            Decision.Balanced.class,
            balanced -> {
              assertThat(balanced.imbalance().value())
                  .isCloseTo(proposal.after().value(), Offset.offset(1e-9));
              assertThat(balanced.passedOver()).isEmpty();
            });
  }

  @Test
  void leavesAnEvenPoolAlone() {
    assertThat(
            decide(
                """
                host a
                host b
                vm one on a cpu=8 mem=8
                vm two on b cpu=7 mem=8
                """))
        .isInstanceOf(Decision.Balanced.class);
  }

  @Test
  void saysOfAnUnmovableVmThatItIsAndPlansWithTheRest() {
    var proposal = proposal(HOT);
    assertThat(reasonFor(proposal, "db-01")).isEqualTo("It cannot move. PCI-device.");
    assertThat(proposal.moves()).isNotEmpty();
  }

  @Test
  void doesNotMoveWhatRestsIsMovingOrSitsOnAClosedHost() {
    var decision =
        decide(
            """
            host a
            host b
            host c closed=in-maintenance
            vm one on a cpu=5 rests=20
            vm two on a cpu=5 to=c
            vm three on a cpu=4.8 rests=1
            vm four on c cpu=5
            """);
    assertThat(reasonFor(decision, "one"))
        .isEqualTo("It moved lately and rests until 2026-03-02 10:20 UTC.");
    assertThat(reasonFor(decision, "two")).isEqualTo("A move of it is approved or under way.");
    assertThat(decision).isInstanceOf(Decision.Balanced.class);
  }

  @Test
  void aRestThatIsOverNoLongerHolds() {
    var proposal = proposal(HOT.replace("cpu=5 mem=4", "cpu=5 mem=4 rests=0"));
    assertThat(proposal.moves().getFirst().vm().name()).isEqualTo("web-01");
  }

  @Test
  void neverTargetsAClosedHost() {
    var proposal = proposal(HOT.replace("host kvm-03", "host kvm-03 closed=not-reachable"));
    assertThat(proposal.moves()).extracting(ProposedMove::target).containsOnly(new HostId(2));
  }

  @Test
  void neverDecidesOnThinData() {
    assertThat(decide(HOT.replace("host kvm-02", "host kvm-02 coverage=0.79")))
        .isInstanceOfSatisfying(
            Decision.NotEnoughData.class,
            thin -> {
              assertThat(thin.thin()).hasSize(1);
              assertThat(thin.thin().getFirst().coverage()).isEqualTo(0.79);
            });
    assertThat(decide(HOT.replace("host kvm-03", "host kvm-03 coverage=0 closed=not-reachable")))
        .isInstanceOf(Decision.Proposal.class);
  }

  @Test
  void holdsUntilItHasLastedForTheRoundsThatTheLimitsSay() {
    var pool = pool(HOT);
    for (int earlier = 0; earlier < 4; earlier++) {
      var decision =
          strategy.decide(
              new Pool("p", pool.at(), pool.hosts(), pool.vms(), earlier, pool.history()), LIMITS);
      if (earlier < 2) {
        assertThat(decision)
            .isInstanceOfSatisfying(
                Decision.Holding.class,
                holding -> assertThat(holding.needed() - holding.rounds()).isPositive());
      } else {
        assertThat(decision).isInstanceOf(Decision.Proposal.class);
      }
    }
  }

  @Test
  void countsMovesUnderWayAtBothEnds() {
    // web-01 is on its way to kvm-03: kvm-01 needs no further relief, and kvm-03 has no room left
    var decision =
        decide(HOT.replace("vm web-01 on kvm-01 cpu=5", "vm web-01 on kvm-01 to=kvm-03 cpu=5"));
    assertThat(decision).isInstanceOf(Decision.Balanced.class);

    var reserved =
        proposal(
            """
            host a mem=64
            host b mem=16
            host c mem=64
            vm one on a cpu=8 mem=8
            vm two on a cpu=7 mem=8
            vm moving on b cpu=0.1 mem=10 to=c
            """);
    // b still holds the memory of the VM that is leaving it
    assertThat(reserved.moves()).extracting(ProposedMove::target).containsOnly(new HostId(3));
  }

  @Test
  void keepsToTheCapMovesUnderWayIncluded() {
    var text = new StringBuilder("host a\nhost b\nhost c\nhost d\n");
    for (int i = 0; i < 12; i++) {
      text.append("vm v").append(i).append(" on a cpu=1.2 mem=1\n");
    }
    assertThat(proposal(text.toString()).moves()).hasSize(4);
    var proposal = proposal(text.append("vm m on b cpu=0.1 mem=1 to=c\n").toString());
    assertThat(proposal.moves()).hasSize(3);
    assertThat(proposal.passedOver())
        .filteredOn(passed -> passed.reason() instanceof Reason.OverCap)
        .isNotEmpty();
  }

  @Test
  void saysThatNoHostHasTheMemory() {
    var decision =
        decide(
            """
            host a mem=64
            host b mem=16
            vm big on a cpu=10 mem=20
            vm small on a cpu=5 mem=1 tied=disk
            """);
    assertThat(reasonFor(decision, "big"))
        .isEqualTo("No open host has the 20 GiB of memory that it needs.");
  }

  @Test
  void saysThatATargetWouldBeOverloaded() {
    var decision =
        decide(
            """
            host a
            host b
            vm one on a cpu=8 high=9
            vm two on a cpu=6
            vm other on b cpu=8 high=10
            """);
    // 0.2 + 8 + 6 cores and a rise of 2 of 16
    assertThat(reasonFor(decision, "two"))
        .isEqualTo("It would overload any target: b CPU would peak at 101 %, above 85 %.");
  }

  @Test
  void saysThatAllTargetsRefuse() {
    var decision =
        decide(
            """
            host a
            host b
            vm one on a cpu=8 refused=b because="its CPU lacks avx2"
            vm two on a cpu=7 failed=b
            """);
    assertThat(reasonFor(decision, "one"))
        .isEqualTo("The only other host cannot take it: its CPU lacks avx2.");
    assertThat(reasonFor(decision, "two"))
        .isEqualTo("The only other host cannot take it: its last move to b failed.");
  }

  @Test
  void passesOverAVmWhoseMigrationWouldNotEnd() {
    var proposal =
        proposal(
            """
            host a
            host b
            vm writer on a cpu=7 mem=8 dirty=400 set=3000
            vm quiet on a cpu=6 mem=8 dirty=1 set=100
            vm local on a cpu=2 mem=2 tied=disk
            """);
    assertThat(proposal.moves()).extracting(m -> m.vm().name()).doesNotContain("writer");
    assertThat(reasonFor(proposal, "writer"))
        .startsWith("It changes 400 MiB of memory per second: its migration is expected to");
  }

  @Test
  void passesOverAVmWhoseMigrationWouldTakeLongerThanItMay() {
    var pool =
        pool(
            """
            host a
            host b
            vm large on a cpu=7 mem=16 dirty=1 set=100
            vm tied on a cpu=6 mem=8 tied=disk
            """);
    // 16 GiB take some three minutes over a link of 100 MiB/s
    var moved = movedBefore(pool, Duration.ofSeconds(164), Memory.ofGiB(16));
    var proposal = (Decision.Proposal) strategy.decide(within(moved, 4), LIMITS);
    assertThat(proposal.moves()).extracting(m -> m.vm().name()).containsExactly("large");
    assertThat(reasonFor(strategy.decide(within(moved, 2), LIMITS), "large"))
        .isEqualTo("Its migration is expected to take 2.7 min, and 2.0 min is allowed.");
    assertThat(strategy.decide(within(pool, 2), LIMITS))
        .as("how much of its memory is sent is not known before its first move")
        .isInstanceOf(Decision.Proposal.class);
  }

  @Test
  void anAssumedDirtyRateRefusesNothingAfterAFirstMoveEither() {
    var pool =
        pool(
            """
            host a
            host b
            vm busy on a cpu=8 mem=8
            vm tied on a cpu=6 mem=8 tied=disk
            """);
    var moved = movedBefore(pool, Duration.ofSeconds(30), Memory.ofGiB(3));
    var proposal = (Decision.Proposal) strategy.decide(moved, LIMITS);
    assertThat(proposal.moves()).extracting(m -> m.vm().name()).containsExactly("busy");
    assertThat(proposal.moves().getFirst().cost().converges()).isFalse();
  }

  @Test
  void anAssumedDirtyRateRefusesNothing() {
    var proposal =
        proposal(
            """
            host a
            host b
            vm one on a cpu=8 mem=8
            vm two on a cpu=7 mem=8
            """);
    assertThat(proposal.moves().getFirst().cost().measuredDirtyRate()).isFalse();
  }

  @Test
  void doesNotMoveForAGainTooSmall() {
    var decision =
        decide(
            """
            host a
            host b
            vm huge on a cpu=12 mem=4
            vm tiny on a cpu=0.02 mem=0.1
            """);
    assertThat(reasonFor(decision, "tiny")).contains("less than the");
    assertThat(reasonFor(decision, "huge")).contains("less than the");
  }

  @Test
  void relievesACrowdedHostBySmallSteps() {
    var text = new StringBuilder("host a\nhost b\n");
    for (int i = 0; i < 60; i++) {
      text.append("vm v").append(i).append(" on a cpu=0.25 mem=0.5\n");
    }
    assertThat(proposal(text.toString()).moves()).hasSize(4);
  }

  @Test
  void weighsHostsByTheirSize() {
    // the same 6 cores are a lot for the small host and little for the wide one
    var proposal =
        proposal(
            """
            host small cores=8 mem=32
            host wide cores=32 mem=128
            vm one on small cpu=4
            vm two on small cpu=2
            vm three on wide cpu=6
            """);
    assertThat(proposal.moves()).extracting(ProposedMove::source).containsOnly(new HostId(1));
    assertThat(proposal.moves().getFirst().priority()).isEqualTo(Priority.MEDIUM);
    assertThat(ReasonText.of(proposal.moves().getFirst().reason()))
        .startsWith("The pool's imbalance of ");
  }

  @Test
  void movesForMemoryToo() {
    var proposal =
        proposal(
            """
            host a mem=32
            host b mem=64
            vm one on a cpu=1 mem=16
            vm two on a cpu=1 mem=13
            """);
    assertThat(ReasonText.of(proposal.moves().getFirst().reason()))
        .startsWith("a memory at 94 % for the window, above 90 %; ");
  }

  @Test
  void doesNotDependOnTheOrderOfHostsAndVms() {
    var pool = pool(HOT);
    var hosts = new ArrayList<>(pool.hosts());
    var vms = new ArrayList<>(pool.vms());
    Collections.reverse(hosts);
    Collections.reverse(vms);
    var reversed = new Pool("test", pool.at(), hosts, vms, 10, pool.history());
    assertThat(strategy.decide(reversed, LIMITS)).isEqualTo(strategy.decide(pool, LIMITS));
  }

  @Test
  void copesWithPoolsOfNothing() {
    assertThat(decide("")).isInstanceOf(Decision.Balanced.class);
    assertThat(decide("host a closed=down\nvm v on a cpu=99"))
        .isInstanceOf(Decision.Balanced.class);
    var alone = decide("host a\nvm v on a cpu=15");
    assertThat(reasonFor(alone, "v"))
        .isEqualTo("There is nowhere to move it: no other host is open.");
  }

  @Test
  void neverMovesToAHostThatStatesNoCpusOrMemory() {
    var pool = pool(HOT);
    for (var odd :
        List.of(
            new HostLoad(new HostId(9), "odd", 0, Memory.ofGiB(64), Load.NONE, 1, null),
            new HostLoad(new HostId(9), "odd", 16, Memory.ZERO, Load.NONE, 1, null))) {
      var hosts = new ArrayList<>(pool.hosts());
      hosts.add(odd);
      var with = new Pool(pool.name(), pool.at(), hosts, pool.vms(), 5, List.of());
      assertThat(strategy.decide(with, LIMITS)).isEqualTo(strategy.decide(pool, LIMITS));
      var alone = new Pool(pool.name(), pool.at(), List.of(odd), List.of(), 5, List.of());
      assertThat(strategy.decide(alone, LIMITS))
          .isEqualTo(new Decision.Balanced(Imbalance.NONE, List.of()));
    }
  }

  @Test
  void refusesLoadsThatAreNone() {
    for (double none : new double[] {Double.NaN, -0.1, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new Load(none, Memory.ZERO, ByteRate.ZERO, ByteRate.ZERO))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is no load");
    }
  }

  @Test
  void pricesAMoveByTheBandwidthOfPastMoves() {
    var pool = pool(HOT);
    var past =
        new PastMove(
            pool.vms().getLast().id(),
            new HostId(1),
            new HostId(3),
            pool.at().minusSeconds(9000),
            true,
            Duration.ofSeconds(10),
            Duration.ofMillis(80),
            Memory.ofGiB(4));
    var taught = new Pool("test", pool.at(), pool.hosts(), pool.vms(), 10, List.of(past));
    var cost = ((Decision.Proposal) strategy.decide(taught, LIMITS)).moves().getFirst().cost();
    assertThat(cost.measuredBandwidth()).isTrue();
    assertThat(cost.total()).isLessThan(Duration.ofSeconds(20));
    assertThat(proposal(HOT).moves().getFirst().cost().total())
        .isGreaterThan(Duration.ofSeconds(40));
  }

  private Decision decide(String text) {
    return strategy.decide(pool(text), LIMITS);
  }

  private Decision.Proposal proposal(String text) {
    return (Decision.Proposal) decide(text);
  }

  /** Let the first VM have been moved before. */
  private static Pool movedBefore(Pool pool, Duration total, Memory sent) {
    var vm = pool.vms().getFirst();
    var past = pool.at().minus(Duration.ofHours(30));
    return PoolText.after(
        pool, new PastMove(vm.id(), new HostId(2), vm.host(), past, true, total, null, sent));
  }

  private static Pool within(Pool pool, long minutes) {
    var terms = new MoveTerms(null, false, null, Duration.ofMinutes(minutes));
    return pool.with(pool.hosts(), pool.vms().stream().map(vm -> vm.by(terms)).toList());
  }

  private static String reasonFor(Decision decision, String vm) {
    var passedOver =
        switch (decision) {
          case Decision.Balanced balanced -> balanced.passedOver();
          case Decision.Proposal proposal -> proposal.passedOver();
          case Decision.Holding _, Decision.NotEnoughData _ -> List.<PassedOver>of();
        };
    return passedOver.stream()
        .filter(passed -> passed.vmName().equals(vm))
        .map(passed -> ReasonText.of(passed.reason()))
        .findFirst()
        .orElse("no reason given: " + decision);
  }
}
