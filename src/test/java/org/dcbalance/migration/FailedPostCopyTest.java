package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.inventory.Vm;
import org.dcbalance.migration.FaultyFleet.Point;
import org.junit.jupiter.api.Test;

/** Post-copies that failed, so that either copy alone is incomplete. */
class FailedPostCopyTest extends MigrationFaults {
  @Test
  void resumesAFailedPostCopyOnce() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var id = failInPostCopy(vm);
    var source = lab.fleet.host("kvm-01");
    var second = lab.console();
    lost(
        id,
        "Resuming it failed: unable to connect to the target.",
        "either copy alone is incomplete");
    second.kill();
    source.resumable = true;
    var third = lab.console();
    MigrationLab.await("another console", () -> third.runner.drives().contains(id));
    FaultyFleet.sleep(1000);
    assertThat(lab.row(id).state()).isEqualTo(MigrationState.LOST);
    assertThat(source.resumes).as("not again by another console").hasValue(1);
    assertThat(stateOn("kvm-01", vm)).isEqualTo(GuestState.PAUSED);
    // a person mends the link and resumes it
    source.resumePostCopy(vm.uuid(), "faulty://kvm-02", false);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  @Test
  void watchesAPostCopyThatGoesOnUntilTheGuestHasArrived() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var id = failInPostCopy(vm);
    lab.fleet.host("kvm-01").resumable = true;
    var stop = lab.fleet.stopAt(Point.POST_COPY);
    lab.console();
    awaitLine(id, "still fetches memory from kvm-01");
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-01").resumes).hasValue(1);
    runsOn(vm, "kvm-02");
  }

  /** A failed post-copy keeps its job, so that whoever follows that would do so for ever. */
  @Test
  void resumesAPostCopyThatFailedWhileItWasFollowed() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var id = leaveCopying(vm);
    lab.console();
    awaitLine(id, "is followed.");
    lab.fleet.host("kvm-01").resumable = true;
    failInPostCopy(vm.uuid());
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-01").resumes).hasValue(1);
    runsOn(vm, "kvm-02");
  }

  /** It was clear where it was all the time before. */
  @Test
  void aPostCopyThatWasWatchedForLongIsNotLostOnceAHostDoesNotAnswer() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var id = failInPostCopy(vm);
    var source = lab.fleet.host("kvm-01");
    source.resumable = true;
    var stop = lab.fleet.stopAt(Point.POST_COPY);
    lab.console();
    awaitLine(id, "still fetches memory from kvm-01");
    // longer than a host may be silent
    FaultyFleet.sleep(2500);
    source.reachable = false;
    FaultyFleet.sleep(500);
    assertThat(lab.row(id).state()).isEqualTo(MigrationState.RUNNING);
    source.reachable = true;
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  /** What its target's emulator had when it was killed is nowhere else. */
  @Test
  void saysThatAGuestIsLostOfWhichPostCopyLeftHalf() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var id = failInPostCopy(vm);
    lab.fleet.host("kvm-02").copies.remove(vm.uuid());
    lab.console();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(lab.row(id).sentence())
        .contains("is lost with it: the one on kvm-01 is incomplete, and must not go on.")
        .contains("Maybe end it there ('virsh destroy web-07')")
        .doesNotContain("resume the post-copy");
    assertThat(stateOn("kvm-01", vm)).isEqualTo(GuestState.PAUSED);
    // a person does so
    lab.fleet.host("kvm-01").set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    assertThat(ended(id).state()).isEqualTo(MigrationState.FAILED);
  }

  /** Leave a move as a link that breaks in post-copy leaves it, with no console. */
  private long failInPostCopy(Vm vm) throws InterruptedException {
    var id = leaveCopying(vm);
    failInPostCopy(vm.uuid());
    return id;
  }

  private void failInPostCopy(UUID guest) {
    lab.fleet
        .host("kvm-01")
        .set(guest, GuestState.PAUSED, Why.POST_COPY_FAILED, Job.OUTGOING_MIGRATION);
    lab.fleet
        .host("kvm-02")
        .set(guest, GuestState.PAUSED, Why.POST_COPY_FAILED, Job.INCOMING_MIGRATION);
  }

  /** Leave a move in its copy, with no console. */
  private long leaveCopying(Vm vm) throws InterruptedException {
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    return id;
  }

  private void awaitLine(long id, String words) {
    MigrationLab.await(
        words, () -> lab.lines.of(id).stream().anyMatch(l -> l.sentence().contains(words)));
  }
}
