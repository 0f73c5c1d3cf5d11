package org.dcbalance.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.DynamicLoadBalancing;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.Strategy;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Recordings of steady load on two hosts of 4 cores, a minute a step. */
class ReplayTest {
  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Yardstick YARDSTICK = new Yardstick(0.85, Limits.DEFAULTS, 0);
  private static final Tempo TEMPO =
      new Tempo(
          MINUTE,
          Duration.ofMinutes(10),
          Duration.ofMinutes(30),
          Duration.ofHours(6),
          Duration.ofMinutes(15));

  @Test
  void aHostsOwnUseIsTakenFromWhatItsGuestsCouldHave() {
    var recording = recording(steps(60), 0.5, vm(1, 3, 60), vm(2, 1, 60));
    var none =
        Replay.run(recording, List.of(contender(null)), YARDSTICK, LONG).tallies().getFirst();
    assertThat(none.unmetCoreSeconds()).isCloseTo(0.5 * 3600, within(1e-6));
    assertThat(none.hotSeconds()).isCloseTo(3600, within(1e-6));
    assertThat(none.counted()).isEqualTo(Duration.ofHours(1));
    assertThat(none.migrations()).isZero();
  }

  @Test
  void aHoldThatIsLongerThanAStepIsWaitedFor() {
    var recording = recording(steps(30), 0, vm(1, 3, 30), vm(2, 1, 30));
    var tally = run(recording, new DcBalance());
    // nothing is measured at the first step; after the second, third and fourth it was out of
    // bounds
    assertThat(tally.first().getFirst().at()).isEqualTo(START.plus(MINUTE.multipliedBy(3)));
    assertThat(tally.first().getFirst().source()).isEqualTo("host-1");
    assertThat(tally.first().getFirst().target()).isEqualTo("host-2");
    assertThat(tally.lastImbalance()).isLessThan(tally.scores().getFirst().imbalance());
  }

  @Test
  void whatWasSeenBeforeAHoleCountsForNothingAfterIt() {
    var times = steps(4);
    for (int i = 2; i < 4; i++) {
      times[i] = times[i].plus(Duration.ofHours(2));
    }
    var tally = run(recording(times, 0, vm(1, 3, 4), vm(2, 1, 4)), new DcBalance());
    // of four minutes, two begin without a past: the hold of three rounds is never over
    assertThat(tally.scores())
        .extracting(Tally.Scored::at)
        .containsExactly(START.plus(MINUTE), START.plus(Duration.ofMinutes(123)));
    assertThat(tally.migrations()).isZero();
  }

  @Test
  void aVmThatDoesNotRunAsksForNothingAndIsNotMoved() {
    var stopped = vm(2, 2, 60);
    Arrays.fill(stopped.cores(), 30, 60, Double.NaN);
    var recording = recording(steps(60), 0, vm(1, 3, 60), stopped);
    var none =
        Replay.run(recording, List.of(contender(null)), YARDSTICK, LONG).tallies().getFirst();
    assertThat(none.unmetCoreSeconds()).isCloseTo(30 * 60, within(1e-6));
    var late = vm(2, 2, 60);
    Arrays.fill(late.cores(), 0, 50, Double.NaN);
    var moved = run(recording(steps(60), 0, vm(1, 1, 60), vm(3, 1.2, 60), late), new DcBalance());
    assertThat(moved.first())
        .filteredOn(made -> made.move().vm().id().equals(new VmId(2)))
        .allSatisfy(made -> assertThat(made.at()).isAfter(START.plus(MINUTE.multipliedBy(50))));
  }

  @Test
  void onlyWhatIsApprovedIsMade() {
    var recording = recording(steps(30), 0, vm(1, 3, 30), vm(2, 1.5, 30));
    var asked =
        new Contender(
            "x",
            new DynamicLoadBalancing(),
            null,
            Limits.DEFAULTS,
            true,
            TEMPO,
            (_, at) -> at.isAfter(START.plus(MINUTE.multipliedBy(20))));
    var tally = Replay.run(recording, List.of(asked), YARDSTICK, LONG).tallies().getFirst();
    assertThat(tally.first().getFirst().at()).isEqualTo(START.plus(MINUTE.multipliedBy(21)));
  }

  @Test
  void contendersAreCutShortTogetherWhenTimeIsUp() {
    var recording = recording(steps(30), 0, vm(1, 3, 30), vm(2, 1, 30));
    var both = List.of(contender(null), contender(new DcBalance()));
    var cut = Replay.run(recording, both, YARDSTICK, Duration.ZERO);
    assertThat(cut.cut()).isTrue();
    assertThat(cut.played()).isZero();
    assertThat(cut.recorded()).isEqualTo(Duration.ofMinutes(30));
    var whole = Replay.run(recording, both, YARDSTICK, LONG);
    assertThat(whole.cut()).isFalse();
    assertThat(whole.tallies())
        .extracting(Tally::counted)
        .containsOnly(Duration.ofMinutes(30))
        .hasSize(2);
  }

  @Test
  void aVmThatWasMovedRests() {
    // the load of both goes up and down, so that one host is full in turn
    var one = vm(1, 2.5, 240);
    var two = vm(2, 2.0, 240);
    var resting = run(recording(steps(240), 0, one, two), new DynamicLoadBalancing());
    assertThat(resting.migrations()).isOne();
    assertThat(resting.returns()).isZero();
  }

  private static Tally run(Recording recording, Strategy strategy) {
    return Replay.run(recording, List.of(contender(strategy)), YARDSTICK, LONG)
        .tallies()
        .getFirst();
  }

  private static Contender contender(@Nullable Strategy strategy) {
    return new Contender(
        "test", strategy, null, Limits.DEFAULTS, true, TEMPO, Contender.Approval.ALL);
  }

  private static Instant[] steps(int count) {
    return IntStream.range(0, count)
        .mapToObj(step -> START.plus(MINUTE.multipliedBy(step)))
        .toArray(Instant[]::new);
  }

  private static Recording recording(Instant[] steps, double takes, Recording.RecordedVm... vms) {
    return new Recording(
        "east",
        List.of(steps),
        MINUTE,
        List.of(host(1, takes), host(2, takes)),
        List.of(vms),
        List.of(),
        List.of(),
        Recording.GIGABIT_MIB);
  }

  private static Recording.RecordedHost host(long id, double takes) {
    return new Recording.RecordedHost(
        new HostLoad(new HostId(id), "host-" + id, 4, Memory.ofGiB(32), Load.NONE, 1, null), takes);
  }

  /** A VM of 2 GiB that starts on the first host. */
  private static Recording.RecordedVm vm(long id, double cores, int steps) {
    var asked = new double[steps];
    var used = new double[steps];
    Arrays.fill(asked, cores);
    Arrays.fill(used, 2048);
    return new Recording.RecordedVm(
        new VmLoad(
            new VmId(id),
            "vm-" + id,
            new HostId(1),
            Load.NONE,
            Load.NONE,
            Memory.ofGiB(2),
            null,
            null,
            List.of(),
            Map.of(),
            null,
            null,
            List.of()),
        asked,
        used,
        new double[steps],
        new double[steps]);
  }
}
