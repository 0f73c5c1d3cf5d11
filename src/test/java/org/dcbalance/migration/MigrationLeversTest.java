package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Objects;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.method.Method;
import org.dcbalance.migration.FaultyFleet.Point;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Caps and stops guests for their moves, and looks whether all that was set is put back. */
class MigrationLeversTest extends LeverFaults {
  @Test
  void capsUntilItHasMovedAndSetsTheOldCapOnTheTarget() throws InterruptedException {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 50);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isEqualTo(10);
    assertThat(Objects.requireNonNull(lab.fleet.host("kvm-01").copies.get(vm.uuid())).mark())
        .as("the old cap is saved on the guest itself")
        .contains(" was cap=50");
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-02").cap(vm.uuid())).isEqualTo(50);
  }

  /** The hypervisor loses a cap when the guest moves, whether or not we set one. */
  @Test
  void aCapThatWasThereBeforeIsThereAfterAnyMove() {
    var vm = guest(MoveOptions.NONE);
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 75);
    lab.console();
    assertThat(ended(lab.move(vm, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-02").cap(vm.uuid())).isEqualTo(75);
  }

  /** Nor does a scheduler's weight travel. */
  @Test
  void aWeightThatWasThereBeforeIsThereAfterAnyMove() {
    var vm = guest(MoveOptions.NONE);
    lab.fleet.host("kvm-01").weights.put(vm.uuid(), 512);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-02").weight(vm.uuid())).contains(512);
    assertThat(lab.lines.of(id))
        .anySatisfy(
            l -> assertThat(l.sentence()).isEqualTo("Put back on kvm-02: a CPU weight of 512."));
  }

  @Test
  void aWeightIsLeftAloneWhereTheVmStays() throws InterruptedException {
    var vm = guest(MoveOptions.NONE);
    var host = lab.fleet.host("kvm-01");
    host.weights.put(vm.uuid(), 512);
    // the abort comes before its end
    lab.fleet.copyTime = Duration.ofSeconds(30);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    host.unchangeable = true;
    lab.aborts.request(id, ANN);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.row(id).undo().isEmpty()).as("there was nothing to change").isTrue();
    assertThat(host.weight(vm.uuid())).contains(512);
  }

  @Test
  void putsEverythingBackWhenTheMoveFails() throws InterruptedException {
    var vm = guest(ALL);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    lab.aborts.request(id, ANN);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    var host = lab.fleet.host("kvm-01");
    assertThat(host.cap(vm.uuid())).isZero();
    assertThat(host.maxDowntime(vm.uuid())).isEqualTo(FaultyHost.USUAL_PAUSE);
    assertThat(Objects.requireNonNull(host.copies.get(vm.uuid())).mark()).isNull();
  }

  /** Whoever takes over puts back what the one that died had changed. */
  @ParameterizedTest
  @EnumSource(
      value = Point.class,
      names = {"CAP", "COPYING", "SWITCH_OVER", "AFTER_JOB"})
  void putsEverythingBackAfterACrashOfTheConsole(Point point) throws InterruptedException {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 50);
    var stop = lab.fleet.stopAt(point);
    var first = lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    first.kill();
    stop.release();
    lab.console();
    var end = ended(id);
    var host = lab.fleet.host(end.state() == MigrationState.COMPLETED ? "kvm-02" : "kvm-01");
    MigrationLab.await("the old cap", () -> host.cap(vm.uuid()) == 50);
    assertThat(end.undo().isEmpty()).isTrue();
  }

  @Test
  void triesAgainToPutBackWhatAHostRefusedToTake() throws InterruptedException {
    var vm = guest(ALL);
    // the abort comes before its end
    lab.fleet.copyTime = Duration.ofSeconds(30);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 10);
    lab.fleet.host("kvm-01").unchangeable = true;
    lab.aborts.request(id, ANN);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.row(id).undo().cap()).isZero();
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isEqualTo(10);
    lab.fleet.host("kvm-01").unchangeable = false;
    MigrationLab.await("put back later", () -> lab.row(id).undo().isEmpty());
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isZero();
    MigrationLab.await(
        "a line",
        () -> lab.lines.of(id).getLast().sentence().startsWith("Put back on kvm-01, later: "));
  }

  /** What the second one found was set by the first one. */
  @Test
  void whatTwoMovesLeftIsPutBackAsItWasBeforeTheFirst() {
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long first = lab.move(vm, "kvm-02");
    assertThat(ended(first).state()).isEqualTo(MigrationState.COMPLETED);
    long second = lab.moves.request(vm.id(), lab.host("kvm-01").id(), null, ANN);
    assertThat(ended(second).state()).isEqualTo(MigrationState.COMPLETED);
    var host = lab.fleet.host("kvm-01");
    host.caps.put(vm.uuid(), 50);
    lab.jdbc
        .sql(
            """
            update migration set undo = case id when :first then 'cap=0' else 'cap=50' end,
              version = version + 1
            """)
        .param("first", first)
        .update();
    MigrationLab.await(
        "put back", () -> lab.row(first).undo().isEmpty() && lab.row(second).undo().isEmpty());
    assertThat(host.cap(vm.uuid())).isZero();
  }

  /** On Xen nothing could end it after that. */
  @Test
  void isNotOrderedAfterItsTimeThatPassedWhileItWasPrepared() throws InterruptedException {
    var vm = guest(ALL);
    var stop = lab.fleet.stopAt(Point.CAP);
    lab.console();
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    lab.jdbc.sql("update migration set end_by = now(), version = version + 1").update();
    stop.release();
    var end = ended(id);
    assertThat(end.sentence())
        .isEqualTo(
            "Aborted by DCbalance: web-07 still runs on kvm-01. It has not ended by its deadline.");
    assertThat(lab.fleet.migrations).hasValue(0);
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isZero();
  }

  /** Its definition there is what arrived, with the memory that was left to it. */
  @Test
  void tellsWhatXenMayHaveDefinedOfAGuestThatWasShutOffBeforeItHadItsMemoryBack() {
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    lab.jdbc.sql("update host set hypervisor = 'Xen'").update();
    lab.fleet.host("kvm-02").set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    lab.jdbc
        .sql("update migration set undo = 'memory=536870912' where id = :id")
        .param("id", id)
        .update();
    MigrationLab.await("its end", () -> lab.row(id).undo().isEmpty());
    MigrationLab.await(
        "a line",
        () ->
            lab.lines
                .of(id)
                .getLast()
                .sentence()
                .equals(
                    "It was shut off before it had its 512 MiB of memory back, and kvm-02 may have it defined with less. Maybe look there before it is started."));
  }

  /** A capture keeps limits of its own on its guest, and puts back what it found. */
  @Test
  void putsNothingBackLaterWhileSomethingElseGoesOnWithTheVm() {
    var vm = guest(MoveOptions.NONE);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    var host = lab.fleet.host("kvm-02");
    host.caps.put(vm.uuid(), 10);
    lab.otherWork = "A checkpoint of web-07 is being taken.";
    lab.jdbc.sql("update migration set undo = 'cap=50' where id = :id").param("id", id).update();
    FaultyFleet.sleep(1_000);
    assertThat(host.cap(vm.uuid())).isEqualTo(10);
    assertThat(lab.row(id).undo().isEmpty()).isFalse();
    lab.otherWork = null;
    MigrationLab.await("the old cap", () -> host.cap(vm.uuid()) == 50);
    MigrationLab.await("its end", () -> lab.row(id).undo().isEmpty());
  }

  @Test
  void putsBackWhatAMoveLeftThatAPersonClosed() throws InterruptedException {
    var vm = guest(ALL);
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    var id = ask(vm, Method.CAPPED);
    stop.awaitReached();
    lab.fleet.host("kvm-01").reachable = false;
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    first.kill();
    // its job ends without a console
    lab.fleet.host("kvm-01").jobs.clear();
    lab.fleet.host("kvm-01").set(vm.uuid(), GuestState.RUNNING, Why.NONE, Job.NONE);
    lab.fleet.host("kvm-02").copies.remove(vm.uuid());
    lab.closing.close(id, "source", "looked at it", ANN);
    lab.fleet.host("kvm-01").reachable = true;
    lab.console();
    MigrationLab.await("put back", () -> lab.fleet.host("kvm-01").cap(vm.uuid()) == 0);
    MigrationLab.await("noted", () -> lab.row(id).undo().isEmpty());
    assertThat(Objects.requireNonNull(lab.fleet.host("kvm-01").copies.get(vm.uuid())).mark())
        .isNull();
  }

  @Test
  void aHostThatKeepsNoMarksIsNotAskedToBalloonOrCap() {
    var vm = guest(ALL);
    lab.fleet.host("kvm-01").cannotMark = true;
    lab.console();
    var id = ask(vm, Method.CAPPED);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.lines.of(id))
        .anySatisfy(
            l -> assertThat(l.sentence()).startsWith("So it is neither ballooned nor capped"));
  }

  @Test
  void stopsTheGuestForItsMoveWhereThatIsAllowedAndAskedFor() {
    var vm = guest(ALL);
    lab.console();
    assertThat(ended(ask(vm, Method.NOT_LIVE)).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.orders)
        .singleElement()
        .satisfies(o -> assertThat(o.tuning().live()).isFalse());
  }

  @Test
  void thePlainRivalIsAsTheHypervisorDoesIt() {
    var vm = guest(ALL);
    lab.console();
    assertThat(ended(ask(vm, Method.PRE_COPY)).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.orders)
        .singleElement()
        .satisfies(o -> assertThat(o.tuning()).isEqualTo(Tuning.NONE));
  }

  @Test
  void refusesWhatTheVmIsNotAllowedOrTheHostCannot() {
    var vm = guest(MoveOptions.NONE);
    assertThatThrownBy(() -> ask(vm, Method.POST_COPY))
        .hasMessage("Post-copy is not allowed for web-07.");
    var allowed = allow(vm, ALL);
    lab.jdbc
        .sql("update host set missing = '{\"POST_COPY\": \"Its tool stack has no call for it\"}'")
        .update();
    assertThatThrownBy(() -> ask(allowed, Method.POST_COPY))
        .hasMessage("Post-copy: Its tool stack has no call for it.");
  }
}
