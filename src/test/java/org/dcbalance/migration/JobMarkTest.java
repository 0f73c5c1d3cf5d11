package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.migration.SettlementTable.Action;
import org.dcbalance.migration.SettlementTable.Doubt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobMarkTest {
  private static final UUID HERE = UUID.randomUUID();
  private static final String OURS = JobMark.text(HERE, 7, 3, Undo.NOTHING);
  private static final String LATER = JobMark.text(HERE, 7, 4, Undo.NOTHING);
  private static final String OTHER = JobMark.text(HERE, 8, 3, Undo.NOTHING);
  private static final String ELSEWHERE = JobMark.text(UUID.randomUUID(), 7, 3, Undo.NOTHING);
  private static final Action ASK = new Action.AskOperator(Doubt.NOT_OURS);

  @Test
  void whatWasRecordedMustBeCarried() {
    var recorded = new JobMark(7, OURS);
    assertThat(recorded.covers(OURS)).isTrue();
    assertThat(recorded.covers(LATER)).isFalse();
    assertThat(recorded.covers(OTHER)).isFalse();
    assertThat(recorded.covers(ELSEWHERE)).as("another installation").isFalse();
    assertThat(recorded.covers(null)).isFalse();
  }

  @Test
  void withNothingRecordedNothingWasOrdered() {
    var unrecorded = new JobMark(7, null);
    assertThat(unrecorded.covers(null)).isFalse();
    assertThat(unrecorded.covers(OTHER)).isFalse();
    assertThat(unrecorded.covers(OURS)).as("killed between marking and recording").isFalse();
    assertThat(unrecorded.names(OURS)).as("but the mark may be taken off").isTrue();
  }

  @Test
  void aHostThatKeepsNoMarksIsTrusted() {
    var unmarked = new JobMark(7, "");
    assertThat(unmarked.covers(null)).isTrue();
    assertThat(unmarked.covers(OURS)).as("the answer to marking was lost").isTrue();
    assertThat(unmarked.covers(OTHER)).isFalse();
  }

  @Test
  void theMarkOfMigration70IsNotThatOf7() {
    assertThat(new JobMark(7, "").covers(JobMark.text(HERE, 70, 3, Undo.NOTHING))).isFalse();
  }

  @Test
  void aMarkIsReadWhoeverWroteIt() {
    assertThat(JobMark.read(OURS)).contains(new JobMark.Written(HERE, Undo.NOTHING));
    for (var other :
        new String[] {null, "", "job 7", "dcbalance migration=7 epoch=77", OURS + "x"}) {
      assertThat(JobMark.read(other)).as("%s", other).isEmpty();
    }
  }

  @Test
  void guardsWhatIsFollowedOrTouched() {
    var mark = new JobMark(7, OURS);
    for (var action :
        new Action[] {
          new Action.Adopt(),
          new Action.DestroySourceCopy(),
          new Action.ResumeSource(),
          new Action.ResumePostCopy()
        }) {
      assertThat(mark.guard(action, answers(OURS, null))).isEqualTo(action);
      assertThat(mark.guard(action, answers(null, OURS))).isEqualTo(ASK);
    }
    for (var action : new Action[] {new Action.DestroyTargetCopy(), new Action.ResumeTarget()}) {
      assertThat(mark.guard(action, answers(null, OURS))).isEqualTo(action);
      assertThat(mark.guard(action, answers(OURS, OTHER))).isEqualTo(ASK);
    }
    for (var action :
        new Action[] {
          new Action.PauseTarget(),
          new Action.Wait(),
          new Action.StayedOnSource(true),
          new Action.MovedWithLeftOver()
        }) {
      assertThat(mark.guard(action, answers(OTHER, OTHER))).isEqualTo(action);
    }
  }

  private static HostPair.Answers answers(@Nullable String source, @Nullable String target) {
    var side = new Side.Paused(Why.MIGRATING, Job.NONE);
    return new HostPair.Answers(
        new HostPair.Heard(side, source, 1), new HostPair.Heard(side, target, 2));
  }
}
