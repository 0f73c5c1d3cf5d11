package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.inventory.Vm;
import org.dcbalance.migration.FaultyFleet.Point;
import org.junit.jupiter.api.Test;

/** That a VM starts with its host goes along with it, and never holds for two hosts at once. */
class AutostartTest extends MigrationFaults {
  @Test
  void goesAlongWithAVm() {
    var vm = guest();
    lab.console();
    var id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(startedBy(vm, "kvm-02")).isTrue();
    assertThat(startedBy(vm, "kvm-01")).isFalse();
    assertThat(said(id, "Put back on kvm-02: its autostart.")).isTrue();
    assertThat(lab.row(id).undo().isEmpty()).isTrue();
    runsOn(vm, "kvm-02");
  }

  @Test
  void isNotGivenToAVmThatHadNone() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.console();
    assertThat(ended(lab.move(vm, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(startedBy(vm, "kvm-02")).isFalse();
  }

  @Test
  void staysWhereTheVmStays() throws InterruptedException {
    var vm = guest();
    // the abort comes before its end
    lab.fleet.copyTime = Duration.ofSeconds(30);
    lab.fleet.host("kvm-01").unchangeable = true;
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.aborts.request(id, ANN);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(startedBy(vm, "kvm-01")).isTrue();
    assertThat(startedBy(vm, "kvm-02")).isFalse();
    assertThat(lab.row(id).undo().isEmpty()).as("there was nothing to change").isTrue();
  }

  /** A source that restarts would start a second copy. */
  @Test
  void waitsUntilALeftOverDefinitionIsGone() throws InterruptedException {
    var vm = guest();
    var source = lab.fleet.host("kvm-01");
    var id = arrived(vm);
    source.set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    source.autostarts.add(vm.uuid());
    source.unchangeable = true;
    lab.console();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(startedBy(vm, "kvm-02")).isFalse();
    assertThat(said(id, "Its autostart is put back once kvm-01 does not start it any more."))
        .isTrue();
    assertThat(lab.row(id).undo()).as("all else is put back").isEqualTo(Undo.AUTOSTART);
    source.unchangeable = false;
    MigrationLab.await("its autostart", () -> startedBy(vm, "kvm-02"));
    assertThat(startedBy(vm, "kvm-01")).isFalse();
    MigrationLab.await("its end", () -> lab.row(id).undo().isEmpty());
    MigrationLab.await("removal", () -> !source.copies.containsKey(vm.uuid()));
    runsOn(vm, "kvm-02");
  }

  /**
   * It may be the only definition, so it stays; but its host must not start what runs elsewhere.
   */
  @Test
  void isTurnedOffInADefinitionThatStays() {
    var vm = guest();
    lab.fleet.host("kvm-01").set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    var target = lab.fleet.host("kvm-02");
    target.set(vm.uuid(), GuestState.RUNNING, Why.NONE, Job.NONE);
    target.keepsDefinitions = false;
    assertThat(lab.leftDefinitions.remove(vm.uuid(), lab.host("kvm-01"), lab.host("kvm-02")))
        .isEqualTo(
            "kvm-02 keeps no definition of it, so that this one may be the only one and stays. Its autostart was turned off.");
    assertThat(startedBy(vm, "kvm-01")).isFalse();
    assertThat(stateOn("kvm-01", vm)).isEqualTo(GuestState.SHUT_OFF);
  }

  @Test
  void isNotPutBackOnAHostThatKeepsNoDefinition() {
    var vm = guest();
    lab.fleet.host("kvm-02").keepsDefinitions = false;
    lab.console();
    var id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(startedBy(vm, "kvm-02")).isFalse();
    assertThat(lab.row(id).undo().isEmpty()).as("it is not tried for ever").isTrue();
  }

  @Test
  void isPutBackOnAVmThatWasShutOffAfterItsMove() throws InterruptedException {
    var vm = guest();
    var id = arrived(vm);
    lab.fleet.host("kvm-02").set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    lab.console();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    MigrationLab.await("its autostart", () -> startedBy(vm, "kvm-02"));
    MigrationLab.await("its end", () -> lab.row(id).undo().isEmpty());
    assertThat(
            said(
                id,
                "What was changed on it ended when it was shut off. Put back on kvm-02, later: its autostart."))
        .isTrue();
  }

  /** A guest on kvm-01 that starts with its host. */
  private Vm guest() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.host("kvm-01").autostarts.add(vm.uuid());
    return vm;
  }

  /** Have a guest move to kvm-02, with nobody left who settles that. */
  private long arrived(Vm vm) throws InterruptedException {
    var stop = lab.fleet.stopAt(Point.AFTER_JOB);
    var console = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    console.kill();
    stop.release();
    return id;
  }

  private boolean startedBy(Vm vm, String host) {
    return lab.fleet.host(host).autostarts.contains(vm.uuid());
  }

  private boolean said(long id, String sentence) {
    return lab.lines.of(id).stream().anyMatch(line -> line.sentence().endsWith(sentence));
  }
}
