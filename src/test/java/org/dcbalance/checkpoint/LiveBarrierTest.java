package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dcbalance.checkpoint.LiveBarrier.Pacing;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The barrier on machines whose memory is written, dirtied and passed over as QEMU's is. */
@Timeout(120)
class LiveBarrierTest {
  private static final Pacing QUICK =
      new Pacing(Duration.ofMillis(2), Duration.ofMillis(600), Duration.ofSeconds(30));

  private final List<String> steps = new CopyOnWriteArrayList<>();
  private final LiveBarrier barrier = new LiveBarrier(QUICK, steps::add);

  private static List<PagedMachine> machines(PagedMachine... last) {
    var all = new ArrayList<>(List.of(new PagedMachine("shop-01"), new PagedMachine("shop-02")));
    all.addAll(List.of(last));
    return all;
  }

  private static void allRunAndNothingIsLeft(List<PagedMachine> all) {
    assertThat(all).allMatch(PagedMachine::runs);
    assertThat(all).noneMatch(PagedMachine::isBeingCaptured);
  }

  @Test
  void allStandStillAtOneMomentAndEachGoesOnOnceItIsCaptured() {
    var all = machines(new PagedMachine("shop-03").dirties(Memory.ofMiB(30)));
    var stood = barrier.capture(all);
    assertThat(stood.attempts()).isEqualTo(1);
    long allStood = all.stream().mapToLong(PagedMachine::stoodStillAt).max().orElseThrow();
    long firstRan = all.stream().mapToLong(PagedMachine::ranAgainAt).min().orElseThrow();
    assertThat(firstRan).as("none runs before all stood still").isGreaterThan(allStood);
    assertThat(all).allMatch(m -> m.cutAt() == m.stoodStillAt());
    allRunAndNothingIsLeft(all);
    assertThat(stood.pauses().values())
        .hasSize(3)
        .allMatch(pause -> pause.compareTo(stood.whole()) <= 0);
    assertThat(all).as("most is written before").allMatch(m -> m.writtenPaused().mib() < 32);
    assertThat(steps)
        .containsExactly(
            "Writing their memory while they run", "Pausing all members, and writing the rest");
  }

  @Test
  void whoeverComesToItsEndTooEarlyIsSlowedDownEarlierNextTime() {
    var leaping = new PagedMachine("shop-03").leapsAt(Memory.ofMiB(20));
    var all = machines(leaping);
    var stood = barrier.capture(all);
    assertThat(stood.attempts()).isEqualTo(2);
    assertThat(all).allMatch(m -> m.captures() == 2);
    assertThat(all).as("what the first attempt left is gone").allMatch(m -> m.undone() == 1);
    assertThat(steps).contains("Beginning again: shop-03 came to its end too early");
    allRunAndNothingIsLeft(all);
  }

  @Test
  void aPauseThatComesTooLateIsNoCommonPoint() {
    var slow = new PagedMachine("shop-03").endsBeforeItsFirstPause();
    var all = machines(slow);
    var stood = barrier.capture(all);
    assertThat(stood.attempts())
        .as("it went on after it was captured, and before the others stood still")
        .isEqualTo(2);
    allRunAndNothingIsLeft(all);
  }

  @Test
  void itGivesUpAfterThreeAttemptsWithTheReason() {
    var all = machines(new PagedMachine("shop-03").leapsAt(Memory.ofMiB(60)));
    assertThatThrownBy(() -> barrier.capture(all))
        .isInstanceOf(HypervisorException.class)
        .hasMessageStartingWith(
            "No point was found in 3 attempts: shop-03 came to its end before all stood still.");
    assertThat(all).allMatch(m -> m.captures() == 3);
    allRunAndNothingIsLeft(all);
  }

  @Test
  void aHostThatFailsEndsItForAllAtOnce() {
    var all = machines(new PagedMachine("shop-03").failsWith("There is no room."));
    assertThatThrownBy(() -> barrier.capture(all)).hasMessage("There is no room.");
    assertThat(all).as("which no further attempt would mend").allMatch(m -> m.captures() == 1);
    allRunAndNothingIsLeft(all);
  }

  @Test
  void aHostThatFailsShortlyBeforeTheEndIsNotTakenForOneThatWasTooEarly() {
    var all = machines(new PagedMachine("shop-03").failsOnceHeldWith("There is no room."));
    assertThatThrownBy(() -> barrier.capture(all)).hasMessage("There is no room.");
    assertThat(all).allMatch(m -> m.captures() == 1);
    allRunAndNothingIsLeft(all);
  }

  @Test
  void whoLostTheLeaseStopsAndLeavesNobodyPaused() {
    var all = machines();
    var lost =
        new LiveBarrier(
            QUICK,
            step -> {
              if (step.startsWith("Pausing")) {
                throw new IllegalStateException("Another console has the lease.");
              }
            });
    assertThatThrownBy(() -> lost.capture(all)).hasMessage("Another console has the lease.");
    allRunAndNothingIsLeft(all);
  }

  @Test
  void littleIsAnEighthWithinBounds() {
    assertThat(LiveBarrier.mark(Memory.ofMiB(64))).isEqualTo(Memory.ofMiB(16));
    assertThat(LiveBarrier.mark(Memory.ofGiB(1))).isEqualTo(Memory.ofMiB(128));
    assertThat(LiveBarrier.mark(Memory.ofGiB(64))).isEqualTo(Memory.ofMiB(256));
  }
}
