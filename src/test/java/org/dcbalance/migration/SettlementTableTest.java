package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.dcbalance.hypervisor.GuestSighting;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.migration.SettlementTable.Action;
import org.dcbalance.migration.SettlementTable.Arrival;
import org.dcbalance.migration.SettlementTable.Doubt;
import org.junit.jupiter.api.Test;

/** Goes through every pair of answers that two hosts can give. */
class SettlementTableTest {
  private static final Side RUNNING = new Side.Running(false, Job.NONE);
  private static final Side RUNNING_JOB = new Side.Running(false, Job.OUTGOING_MIGRATION);
  private static final Side RUNNING_POST_COPY = new Side.Running(true, Job.NONE);
  private static final Side PAUSED = new Side.Paused(Why.MIGRATING, Job.NONE);
  private static final Side PAUSED_JOB = new Side.Paused(Why.MIGRATING, Job.OUTGOING_MIGRATION);
  private static final Side INCOMING = new Side.Paused(Why.MIGRATING, Job.INCOMING_MIGRATION);
  private static final Side POST_COPY_FAILED = new Side.PostCopyFailed();
  private static final Side SHUT_OFF = new Side.ShutOff();
  private static final Side ABSENT = new Side.Absent();
  private static final Side NAMESAKE = new Side.Namesake(UUID.randomUUID());
  private static final Side UNKNOWN = new Side.Unknown("no answer");

  private record Row(Side source, Side target, Arrival arrival, Action action) {}

  /** The rows that change something or end a migration: all others must hold still. */
  private static final List<Row> ACTING =
      List.of(
              either(RUNNING, ABSENT, new Action.StayedOnSource(true)),
              either(SHUT_OFF, ABSENT, new Action.StayedOnSource(false)),
              either(RUNNING, PAUSED, new Action.DestroyTargetCopy()),
              either(PAUSED, RUNNING, new Action.DestroySourceCopy()),
              either(ABSENT, RUNNING, new Action.MovedToTarget(true)),
              either(ABSENT, SHUT_OFF, new Action.MovedToTarget(false)),
              either(SHUT_OFF, RUNNING, new Action.MovedWithLeftOver()),
              either(RUNNING, RUNNING, new Action.PauseTarget()),
              either(POST_COPY_FAILED, POST_COPY_FAILED, new Action.ResumePostCopy()),
              withEachJob(
                  job ->
                      either(
                          POST_COPY_FAILED,
                          new Side.Running(true, job),
                          new Action.ResumePostCopy())),
              withEachJob(
                  job ->
                      either(
                          new Side.Paused(Why.POST_COPY, job),
                          POST_COPY_FAILED,
                          new Action.ResumePostCopy())),
              List.of(
                  new Row(PAUSED, ABSENT, Arrival.NOT_SEEN, new Action.ResumeSource()),
                  new Row(ABSENT, PAUSED, Arrival.COMPLETED, new Action.ResumeTarget()),
                  new Row(SHUT_OFF, PAUSED, Arrival.COMPLETED, new Action.ResumeTarget())))
          .stream()
          .flatMap(List::stream)
          .toList();

  private static List<Row> either(Side source, Side target, Action action) {
    return Arrays.stream(Arrival.values())
        .map(arrival -> new Row(source, target, arrival, action))
        .toList();
  }

  private static List<Row> withEachJob(Function<Job, List<Row>> rows) {
    return Arrays.stream(Job.values()).flatMap(job -> rows.apply(job).stream()).toList();
  }

  @Test
  void actsInTheRowsOfTheTableAndHoldsStillInAllOthers() {
    int others = 0;
    for (var source : allSides()) {
      for (var target : allSides()) {
        for (var arrival : Arrival.values()) {
          var expected =
              ACTING.stream()
                  .filter(
                      r ->
                          r.source().equals(source)
                              && r.target().equals(target)
                              && r.arrival() == arrival)
                  .map(Row::action)
                  .findFirst();
          var decided = SettlementTable.decide(source, target, arrival);
          if (expected.isPresent()) {
            assertThat(decided).as("%s | %s", source, target).isEqualTo(expected.get());
          } else {
            assertThat(decided).as("%s | %s", source, target).isInstanceOf(Action.Hold.class);
            others++;
          }
        }
      }
    }
    assertThat(others)
        .isEqualTo(allSides().size() * allSides().size() * Arrival.values().length - ACTING.size());
  }

  @Test
  void neverStartsWhatMayRunElsewhere() {
    for (var source : allSides()) {
      for (var target : allSides()) {
        for (var arrival : Arrival.values()) {
          switch (SettlementTable.decide(source, target, arrival)) {
            case Action.ResumeSource() -> {
              assertThat(target).isEqualTo(ABSENT);
              assertThat(arrival).isEqualTo(Arrival.NOT_SEEN);
            }
            case Action.ResumeTarget() -> {
              assertThat(source).isIn(ABSENT, SHUT_OFF);
              assertThat(arrival).isEqualTo(Arrival.COMPLETED);
            }
            case Action.DestroySourceCopy() -> assertThat(target).isEqualTo(RUNNING);
            case Action.DestroyTargetCopy() -> assertThat(source).isEqualTo(RUNNING);
            case Action.PauseTarget() -> assertThat(List.of(source, target)).containsOnly(RUNNING);
            case Action.ResumePostCopy() ->
                assertThat(List.of(source, target)).contains(POST_COPY_FAILED);
            case Action.StayedOnSource(var runs) -> {
              assertThat(source).isEqualTo(runs ? RUNNING : SHUT_OFF);
              assertThat(target).isEqualTo(ABSENT);
            }
            case Action.MovedToTarget(var runs) -> {
              assertThat(target).isEqualTo(runs ? RUNNING : SHUT_OFF);
              assertThat(source).isEqualTo(ABSENT);
            }
            case Action.MovedWithLeftOver() -> {
              assertThat(target).isEqualTo(RUNNING);
              assertThat(source).isEqualTo(SHUT_OFF);
            }
            case Action.Hold hold -> {}
          }
        }
      }
    }
  }

  @Test
  void followsAJobWhateverTheTargetSaysUnlessASecondCopyRuns() {
    for (var target : allSides()) {
      var decided = SettlementTable.decide(RUNNING_JOB, target, Arrival.NOT_SEEN);
      switch (target) {
        case Side.Running r -> assertThat(decided).isEqualTo(ask(Doubt.NOT_IN_TABLE));
        case Side.PostCopyFailed f -> assertThat(decided).isEqualTo(ask(Doubt.POST_COPY_FAILED));
        case Side.Paused p -> assertThat(decided).isEqualTo(new Action.Adopt());
        case Side.Absent a -> assertThat(decided).isEqualTo(new Action.Adopt());
        case Side.ShutOff s -> assertThat(decided).isEqualTo(new Action.Adopt());
        case Side.Namesake n -> assertThat(decided).isEqualTo(new Action.Adopt());
        case Side.Odd o -> assertThat(decided).isEqualTo(new Action.Adopt());
        case Side.Unknown u -> assertThat(decided).isEqualTo(new Action.Adopt());
      }
    }
    assertThat(SettlementTable.decide(PAUSED_JOB, INCOMING, Arrival.NOT_SEEN))
        .isEqualTo(new Action.Adopt());
  }

  @Test
  void waitsForASilentHost() {
    for (var side : allSides()) {
      boolean failedPostCopy = side instanceof Side.PostCopyFailed;
      var expected = failedPostCopy ? ask(Doubt.POST_COPY_FAILED) : new Action.Wait();
      assertThat(SettlementTable.decide(UNKNOWN, side, Arrival.COMPLETED)).isEqualTo(expected);
      if (!SettlementTable.decide(side, UNKNOWN, Arrival.COMPLETED).equals(new Action.Adopt())) {
        assertThat(SettlementTable.decide(side, UNKNOWN, Arrival.COMPLETED)).isEqualTo(expected);
      }
    }
  }

  @Test
  void waitsForAJobOnEitherSideToEnd() {
    assertThat(SettlementTable.decide(RUNNING, INCOMING, Arrival.NOT_SEEN))
        .isEqualTo(new Action.Wait());
    assertThat(SettlementTable.decide(ABSENT, INCOMING, Arrival.COMPLETED))
        .isEqualTo(new Action.Wait());
    assertThat(SettlementTable.decide(new Side.Running(false, Job.OTHER), ABSENT, Arrival.NOT_SEEN))
        .isEqualTo(new Action.Wait());
  }

  @Test
  void touchesNeitherDuringPostCopy() {
    assertThat(
            SettlementTable.decide(
                new Side.Paused(Why.POST_COPY, Job.OUTGOING_MIGRATION),
                RUNNING_POST_COPY,
                Arrival.NOT_SEEN))
        .isEqualTo(new Action.WatchPostCopy());
    for (var alone : List.of(RUNNING, PAUSED, SHUT_OFF, ABSENT, UNKNOWN)) {
      assertThat(SettlementTable.decide(POST_COPY_FAILED, alone, Arrival.COMPLETED))
          .isEqualTo(ask(Doubt.POST_COPY_FAILED));
    }
    assertThat(SettlementTable.decide(new Side.PostCopyFailed(), RUNNING, Arrival.NOT_SEEN))
        .isEqualTo(ask(Doubt.POST_COPY_FAILED));
    assertThat(SettlementTable.decide(RUNNING, new Side.PostCopyFailed(), Arrival.NOT_SEEN))
        .isEqualTo(ask(Doubt.POST_COPY_FAILED));
  }

  @Test
  void asksAPersonWhenNothingIsLeftOrNothingIsProven() {
    assertThat(SettlementTable.decide(ABSENT, ABSENT, Arrival.COMPLETED))
        .isEqualTo(ask(Doubt.GONE));
    assertThat(SettlementTable.decide(ABSENT, PAUSED, Arrival.NOT_SEEN))
        .isEqualTo(ask(Doubt.ARRIVAL_UNPROVEN));
    assertThat(SettlementTable.decide(SHUT_OFF, PAUSED, Arrival.NOT_SEEN))
        .isEqualTo(ask(Doubt.ARRIVAL_UNPROVEN));
    assertThat(SettlementTable.decide(SHUT_OFF, SHUT_OFF, Arrival.COMPLETED))
        .isEqualTo(ask(Doubt.NOT_IN_TABLE));
  }

  /** It may have been shut off where it ran, and its disks are newer than what is paused. */
  @Test
  void neverGoesBackToWhatWasBeforeAGuestRanOnTheTarget() {
    for (var arrival : List.of(Arrival.RAN, Arrival.COMPLETED)) {
      assertThat(SettlementTable.decide(PAUSED, ABSENT, arrival))
          .isEqualTo(ask(Doubt.RAN_ON_TARGET));
    }
    assertThat(SettlementTable.decide(ABSENT, PAUSED, Arrival.RAN))
        .isEqualTo(ask(Doubt.ARRIVAL_UNPROVEN));
  }

  @Test
  void anotherGuestOfTheSameNameIsNotTakenForAnAbsentOne() {
    var other = UUID.randomUUID();
    assertThat(Side.of(new GuestSighting(Optional.empty(), other, 1)))
        .isEqualTo(new Side.Namesake(other));
    assertThat(Side.of(new GuestSighting(Optional.empty(), null, 1))).isEqualTo(ABSENT);
    for (var running : List.of(RUNNING, PAUSED, SHUT_OFF, ABSENT, NAMESAKE)) {
      assertThat(SettlementTable.decide(running, NAMESAKE, Arrival.COMPLETED))
          .isEqualTo(ask(Doubt.NAMESAKE));
      assertThat(SettlementTable.decide(NAMESAKE, running, Arrival.COMPLETED))
          .isEqualTo(ask(Doubt.NAMESAKE));
    }
  }

  @Test
  void everyAnswerOfAHostHasAPlaceAndWords() {
    for (var state : GuestState.values()) {
      for (var why : Why.values()) {
        for (var job : Job.values()) {
          var side = Side.of(Optional.of(new GuestStatus(state, why, job, null, true)));
          assertThat(allSides()).contains(side);
          assertThat(side.words()).isNotBlank();
        }
      }
    }
    assertThat(Side.of(Optional.empty())).isEqualTo(ABSENT);
  }

  private static Action ask(Doubt doubt) {
    return new Action.AskOperator(doubt);
  }

  private static List<Side> allSides() {
    var sides = new ArrayList<Side>();
    for (var job : Job.values()) {
      sides.add(new Side.Running(false, job));
      sides.add(new Side.Running(true, job));
      for (var why : Why.values()) {
        if (why != Why.POST_COPY_FAILED) {
          sides.add(new Side.Paused(why, job));
        }
      }
    }
    sides.add(new Side.PostCopyFailed());
    sides.add(SHUT_OFF);
    sides.add(ABSENT);
    sides.add(NAMESAKE);
    for (var odd :
        List.of(
            "shut off, with a job", "shutting down", "crashed", "asleep", "in an unknown state")) {
      sides.add(new Side.Odd(odd));
    }
    sides.add(UNKNOWN);
    return sides;
  }
}
