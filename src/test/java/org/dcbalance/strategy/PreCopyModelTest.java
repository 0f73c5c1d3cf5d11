package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;

class PreCopyModelTest {
  private static final double MIB = 1024 * 1024;
  private static final Duration SLO = Duration.ofSeconds(1);
  private static final HostId A = new HostId(1);
  private static final HostId B = new HostId(2);

  @Test
  void oneSendAndTheConstantForAnIdleVm() {
    var cost = PreCopyModel.learn(List.of()).expect(vm(0, 100, List.of()), B, SLO);
    assertThat(cost.transferred()).isEqualTo(Memory.ofGiB(4));
    assertThat(cost.total()).isEqualTo(Duration.ofMillis(40_960 + 50));
    assertThat(cost.downtime()).isEqualTo(MemoryCopy.ASSUMED_CONSTANT);
    assertThat(cost.converges()).isTrue();
    assertThat(cost.measuredDirtyRate()).isTrue();
    assertThat(cost.measuredBandwidth()).isFalse();
  }

  @Test
  void followsThePassesByHand() {
    // 1000 MiB at 100 MiB/s; 50 MiB/s into a set of 200 MiB; at most 15 MiB may be left
    double first = 200 * (1 - Math.exp(-50 * 10 / 200.0));
    double second = 200 * (1 - Math.exp(-50 * first / 100 / 200));
    double third = 200 * (1 - Math.exp(-50 * second / 100 / 200));
    double fourth = 200 * (1 - Math.exp(-50 * third / 100 / 200));
    double fifth = 200 * (1 - Math.exp(-50 * fourth / 100 / 200));
    assertThat(fourth).isGreaterThan(15);
    assertThat(fifth).isLessThan(15);

    var course =
        PreCopyModel.course(new MemoryCopy(1000 * MIB, 100 * MIB, 50 * MIB, 200 * MIB), SLO);
    assertThat(course.ends()).isTrue();
    assertThat(course.rest() / MIB).isCloseTo(fifth, within(1e-6));
    assertThat(course.sent() / MIB)
        .isCloseTo(1000 + first + second + third + fourth + fifth, within(1e-6));
  }

  @Test
  void doesNotEndWhenWritesOutrunTheLink() {
    var cost = PreCopyModel.learn(List.of()).expect(vm(400, 3000, List.of()), B, SLO);
    assertThat(cost.converges()).isFalse();
  }

  @Test
  void endsWithALongerPauseWhereTheShortOneDoesNotDo() {
    // a set of 80 MiB is dirtied all over in every pass: it fits 1 s, and not 150 ms
    var cost = PreCopyModel.learn(List.of()).expect(vm(900, 80, List.of()), B, SLO);
    assertThat(cost.converges()).isTrue();
    assertThat(cost.downtime()).isBetween(Duration.ofMillis(800), Duration.ofMillis(900));
    var strict =
        PreCopyModel.learn(List.of()).expect(vm(900, 80, List.of()), B, Duration.ofMillis(500));
    assertThat(strict.converges()).isFalse();
  }

  @Test
  void aVmsOwnPauseCountsRatherThanTheUsualOne() {
    var vm = vm(900, 80, List.of());
    var strict = vm.by(new MoveTerms(Duration.ofMillis(500), false, null, null));
    assertThat(PreCopyModel.learn(List.of()).expect(strict, B, SLO).converges()).isFalse();
    var patient = vm.by(new MoveTerms(SLO, false, null, null));
    var model = PreCopyModel.learn(List.of());
    assertThat(model.expect(patient, B, Duration.ofMillis(500)).converges()).isTrue();
  }

  @Test
  void endsInPostCopyWhereThatIsAllowedAndNothingElseDoes() {
    var vm = vm(400, 3000, List.of()).by(new MoveTerms(null, true, null, null));
    var cost = PreCopyModel.learn(List.of()).expect(vm, B, SLO);
    assertThat(cost.converges()).isTrue();
    assertThat(cost.downtime()).isEqualTo(MemoryCopy.ASSUMED_CONSTANT);
    // 4 GiB, and what of 3,000 MiB changes in 41 s
    assertThat(cost.transferred().mib()).isBetween(4096 + 2980L, 4096 + 3000L);
    var quiet = vm(0, 1, List.of()).by(new MoveTerms(null, true, null, null));
    assertThat(PreCopyModel.learn(List.of()).expect(quiet, B, SLO).transferred())
        .isEqualTo(Memory.ofGiB(4));
  }

  @Test
  void aLimitOfTheVmHoldsItsCopyBack() {
    var limited = vm(0, 1, List.of()).by(new MoveTerms(null, false, ByteRate.ofMiB(10), null));
    assertThat(PreCopyModel.learn(List.of()).expect(limited, B, SLO).total())
        .isEqualTo(Duration.ofMillis(409_600 + 50));
  }

  @Test
  void takesTheBandwidthOfTheHostPairBeforeThatOfThePool() {
    var elsewhere = move(7, new HostId(5), new HostId(6), 1, 10_000, 1000, 20);
    var pair = move(8, A, B, 2, 10_000, 4000, 40);
    var model = PreCopyModel.learn(List.of(pair, elsewhere));
    assertThat(model.expect(vm(0, 1, List.of()), B, SLO).total())
        .isEqualTo(Duration.ofMillis(10_240 + 40));
    assertThat(model.expect(vm(0, 1, List.of()), new HostId(3), SLO).total())
        .isCloseTo(Duration.ofMillis(21_557 + 20), Duration.ofMillis(100));
  }

  @Test
  void forgetsOldBandwidthsForNewOnes() {
    var history = new ArrayList<PastMove>();
    for (int i = 0; i < 30; i++) {
      history.add(move(8, A, B, i, 10_000, i < 15 ? 1000 : 4000, 40));
    }
    Collections.reverse(history);
    assertThat(PreCopyModel.learn(history).expect(vm(0, 1, List.of()), B, SLO).total())
        .isBetween(Duration.ofMillis(10_200), Duration.ofMillis(10_500));
  }

  @Test
  void learnsFromTheVmsOwnMovesHowFarItWasOff() {
    var past = List.of(move(1, B, A, 1, 82_020, 4096, 100), move(1, A, B, 5, 82_020, 4096, 100));
    var cost = PreCopyModel.learn(List.of()).expect(vm(0, 1, past), B, SLO);
    assertThat(cost.pastMoves()).isEqualTo(2);
    assertThat(cost.total()).isCloseTo(Duration.ofMillis(82_020), Duration.ofMillis(5));
    assertThat(cost.downtime()).isCloseTo(Duration.ofMillis(100), Duration.ofMillis(1));
  }

  @Test
  void oneFreakMoveDoesNotTakeItBeyondAFactorOfFour() {
    var past = List.of(move(1, A, B, 1, 41_010, 4096, 60_000));
    assertThat(PreCopyModel.learn(List.of()).expect(vm(0, 1, past), B, SLO).downtime())
        .isCloseTo(Duration.ofMillis(200), Duration.ofMillis(1));
  }

  @Test
  void learnsNothingFromFailures() {
    var failed =
        new PastMove(new VmId(1), A, B, Instant.EPOCH, false, Duration.ofSeconds(1), null, null);
    var cost = PreCopyModel.learn(List.of(failed)).expect(vm(0, 1, List.of(failed)), B, SLO);
    assertThat(cost.measuredBandwidth()).isFalse();
    assertThat(cost.pastMoves()).isZero();
  }

  @Test
  void assumesByCpuWhereNothingWasMeasuredAndSaysSo() {
    var load = new Load(4, Memory.ofGiB(4), ByteRate.ZERO, ByteRate.ZERO);
    var unmeasured =
        new VmLoad(
            new VmId(1),
            "vm",
            A,
            load,
            load,
            Memory.ofGiB(4),
            null,
            null,
            List.of(),
            Map.of(),
            null,
            null,
            List.of());
    var cost = PreCopyModel.learn(List.of()).expect(unmeasured, B, SLO);
    assertThat(cost.measuredDirtyRate()).isFalse();
    assertThat(cost.total()).isGreaterThan(Duration.ofSeconds(41));
  }

  private static VmLoad vm(double dirtyMiB, long workingSetMiB, List<PastMove> past) {
    var load = new Load(1, Memory.ofGiB(4), ByteRate.ZERO, ByteRate.ZERO);
    return new VmLoad(
        new VmId(1),
        "vm",
        A,
        load,
        load,
        Memory.ofGiB(8),
        ByteRate.ofMiB(dirtyMiB),
        Memory.ofMiB(workingSetMiB),
        List.of(),
        Map.of(),
        null,
        null,
        past);
  }

  private static PastMove move(
      long vm, HostId source, HostId target, long at, long millis, long mib, long downtime) {
    return new PastMove(
        new VmId(vm),
        source,
        target,
        Instant.ofEpochSecond(at),
        true,
        Duration.ofMillis(millis),
        Duration.ofMillis(downtime),
        Memory.ofMiB(mib));
  }
}
