package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.inventory.Vm;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/** Breaks consoles, hosts and jobs at every point, on a real database. */
@SpringBootTest(
    classes = MigrationLab.class,
    webEnvironment = SpringBootTest.WebEnvironment.NONE,
    properties = {
      "spring.datasource.hikari.connection-timeout=500",
      "dcbalance.data-dir=target/migration-lab"
    })
class MigrationFaultsTest {
  private static final Operator ANN = new Operator("ann");

  @Autowired MigrationLab lab;

  @BeforeEach
  void reset() {
    lab.reset();
  }

  @AfterEach
  void nothingEverRanTwice() {
    assertThat(lab.fleet.violations).isEmpty();
    lab.consoles.forEach(MigrationLab.Console::kill);
  }

  @Test
  void tenApprovalsAtOnceGiveOneMigration() throws Exception {
    var vm = lab.guest("web-07", "kvm-01");
    var target = lab.host("kvm-02");
    var recommendation = lab.recommendation(vm, target);
    try (var threads = Executors.newFixedThreadPool(10)) {
      var calls = new ArrayList<Callable<String>>();
      for (int i = 0; i < 10; i++) {
        calls.add(
            () -> {
              lab.approve(recommendation, vm, target);
              return "";
            });
      }
      for (var answer : threads.invokeAll(calls)) {
        answer.get();
      }
    }
    assertThat(lab.jdbc.sql("select count(*) from migration").query(Long.class).single())
        .isEqualTo(1);
    lab.console();
    ended(lab.migrations.findByStateInOrderById(MigrationState.OPEN).getFirst().id());
    assertThat(lab.fleet.migrations).hasValue(1);
    runsOn(vm, "kvm-02");
  }

  @Test
  void refusesASecondMoveOfTheSameVm() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.move(vm, "kvm-02");
    lab.jdbc.sql("update recommendation set state = 'SETTLED'").update();
    var second = lab.recommendation(vm, lab.host("kvm-03"));
    assertThatThrownBy(() -> lab.approve(second, vm, lab.host("kvm-03")))
        .isInstanceOfSatisfying(
            Problem.class,
            p -> {
              assertThat(p.code()).isEqualTo(ErrorCode.CONFLICT);
              assertThat(p.sentence())
                  .isEqualTo("Another migration of web-07 is queued or running.");
            });
  }

  /** Kills the console at a point, lets the host go on, and has another console finish the work. */
  @ParameterizedTest
  @EnumSource(value = Point.class, mode = EnumSource.Mode.EXCLUDE, names = "CAP")
  void anotherConsoleFinishesWhatAKilledOneBegan(Point point) throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(point);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    stop.release();
    lab.console();
    var end = ended(id);
    if (point == Point.MARK) {
      // killed after the row was written and before the call: nothing was begun on the host
      assertThat(end.state()).isEqualTo(MigrationState.FAILED);
      assertThat(lab.fleet.migrations).hasValue(0);
      runsOn(vm, "kvm-01");
    } else {
      assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
      assertThat(end.downtimeMillis()).isEqualTo(40);
      assertThat(lab.fleet.migrations).hasValue(1);
      runsOn(vm, "kvm-02");
    }
    assertThat(lab.finished).hasSize(1);
  }

  /** The job goes on for a while after the new console has taken over, and is followed. */
  @Test
  void anotherConsoleFollowsTheRunningJob() throws InterruptedException {
    lab.fleet.copyTime = Duration.ofMillis(2500);
    var vm = lab.guest("web-07", "kvm-01");
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    first.kill();
    lab.console();
    MigrationLab.await(
        "adoption", () -> lab.row(id).phase() == Phase.COPYING && lab.row(id).epoch() == 2);
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.epoch()).isEqualTo(2);
    assertThat(end.downtimeMillis()).isEqualTo(40);
    runsOn(vm, "kvm-02");
  }

  /** As Xen's libvirt may do after a failure: "running" is said of a guest that is suspended. */
  @Test
  void aGuestThatStandsStillIsLostUntilItRuns() throws InterruptedException {
    lab.jdbc
        .sql("update host set missing = jsonb_build_object('COMPLETED_STATISTICS', 'no call')")
        .update();
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.host("kvm-02").standStill = true;
    lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("doubt", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(lab.row(id).sentence())
        .contains("web-07 is called running by kvm-02, but uses no CPU time")
        .contains("Maybe look there with 'xl list'");
    lab.fleet.host("kvm-02").standStill = false;
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  @Test
  void aConsoleThatSleptPastItsLeaseWritesNothingMore() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.freeze();
    lab.console();
    MigrationLab.await("takeover", () -> lab.row(id).epoch() == 2);
    MigrationLab.await("letting go", () -> first.runner.drives().isEmpty());
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.finished).hasSize(1);
    assertThat(lab.lines.of(id).stream().filter(l -> l.sentence().startsWith("Taken over")))
        .hasSize(1);
  }

  @Test
  void theGuestStaysWhenTheTargetDies() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.fleet.host("kvm-02").alive = false;
    stop.release();
    MigrationLab.await("a silent target", () -> lab.row(id).sentence().contains("does not answer"));
    assertThat(lab.row(id).state()).isEqualTo(MigrationState.RUNNING);
    lab.fleet.host("kvm-02").alive = true;
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.FAILED);
    assertThat(end.sentence()).isEqualTo("web-07 still runs on kvm-01: lost connection to kvm-02.");
    runsOn(vm, "kvm-01");
  }

  @Test
  void aHostThatStaysSilentMakesItLostUntilItAnswersAgain() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.fleet.host("kvm-01").reachable = false;
    stop.release();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(lab.row(id).sentence()).contains("kvm-01 it is not to be found out");
    assertThat(lab.finished).isEmpty();
    assertThatThrownBy(() -> lab.moves.request(vm.id(), lab.host("kvm-03").id(), ANN))
        .hasMessageContaining("must end first");
    lab.fleet.host("kvm-01").reachable = true;
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  @Test
  void aLostMoveIsTakenUpByTheNextConsole() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.fleet.host("kvm-01").reachable = false;
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    first.kill();
    lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    lab.fleet.host("kvm-01").reachable = true;
    MigrationLab.await("a followed job", () -> lab.row(id).state() == MigrationState.RUNNING);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void anAdministratorClosesALostMoveWhoseSourceIsGoneForGood() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.AFTER_JOB);
    var console = lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    assertThatThrownBy(() -> lab.closing.close(id, "kvm-02", "seen there", ANN))
        .hasMessage("Migration " + id + " is not lost, so it cannot be closed by hand.");
    lab.fleet.host("kvm-01").reachable = false;
    stop.release();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThatThrownBy(() -> lab.closing.close(id, "kvm-01", "I think so", ANN))
        .hasMessageContaining("runs on kvm-01, but on kvm-02 it is running");
    assertThatThrownBy(() -> lab.closing.close(id, "neither", "gone", ANN))
        .hasMessageContaining("runs on neither host, but on kvm-02 it is running");
    assertThatThrownBy(() -> lab.closing.close(id, "destination", " ", ANN))
        .hasMessageContaining("Why this is so was not stated");
    assertThat(lab.row(id).state()).isEqualTo(MigrationState.LOST);

    lab.closing.close(id, "kvm-02", "kvm-01 burnt down", ANN);
    var end = lab.row(id);
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.sentence())
        .isEqualTo("Closed by ann, who states that web-07 runs on kvm-02: kvm-01 burnt down.");
    var shown = lab.rows.find(id).orElseThrow();
    assertThat(shown.closedBy()).isEqualTo("ann");
    assertThat(shown.closedAs()).isEqualTo(StatedPlace.DESTINATION);
    assertThat(shown.closedWhy()).isEqualTo("kvm-01 burnt down");
    assertThat(lab.lines.of(id).getLast().sentence()).isEqualTo(end.sentence());
    assertThat(lab.finished).singleElement().satisfies(f -> assertThat(f.succeeded()).isTrue());
    var row = lab.vm("web-07");
    assertThat(row.hostId()).isEqualTo(lab.host("kvm-02").id());
    assertThat(row.movingTo()).isNull();
    MigrationLab.await("letting go", () -> console.runner.drives().isEmpty());
    assertThatThrownBy(() -> lab.closing.close(id, "kvm-02", "again", ANN))
        .hasMessageContaining("is not lost");
    // the VM is free for another move
    lab.jdbc.sql("update recommendation set state = 'SETTLED'").update();
    assertThat(ended(lab.move(row, "kvm-03")).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void aMoveWhoseGuestIsGoneIsClosedAsRunningNowhere() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.MARK);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    lab.fleet.host("kvm-01").copies.remove(vm.uuid());
    lab.console();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(lab.row(id).sentence()).contains("Neither host knows it");
    assertThatThrownBy(() -> lab.closing.close(id, "source", "surely", ANN))
        .hasMessageContaining("on kvm-01 it is unknown to the host");
    lab.closing.close(id, "neither", "it was deleted", ANN);
    assertThat(lab.row(id).state()).isEqualTo(MigrationState.FAILED);
    var row = lab.vm("web-07");
    assertThat(row.hostId()).as("nobody knows better").isEqualTo(lab.host("kvm-01").id());
    assertThat(row.movingTo()).isNull();
    stop.release();
  }

  @Test
  void abortsOnRequestAndTheGuestStays() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.copyTime = Duration.ofSeconds(30);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    lab.aborts.request(id, ANN);
    lab.aborts.request(id, new Operator("bob"));
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.ABORTED);
    assertThat(end.sentence()).isEqualTo("Aborted by ann: web-07 still runs on kvm-01.");
    runsOn(vm, "kvm-01");
    lab.aborts.request(id, ANN);
  }

  @Test
  void abortsWhatTakesLongerThanItWasGiven() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.copyTime = Duration.ofSeconds(30);
    lab.console(Duration.ofMillis(500), Duration.ofSeconds(2));
    var end = ended(lab.move(vm, "kvm-02"));
    assertThat(end.state()).isEqualTo(MigrationState.ABORTED);
    assertThat(end.abortRequestedBy()).isEqualTo("DCbalance");
    runsOn(vm, "kvm-01");
  }

  @Test
  void refusesToAbortWhereTheHostCannot() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    lab.jdbc
        .sql("update host set missing = '{\"ABORT\": \"The tool stack has no abort.\"}'")
        .update();
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    assertThatThrownBy(() -> lab.aborts.request(id, ANN))
        .hasMessage("kvm-01 cannot abort a running migration: The tool stack has no abort.");
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void queuesWhatTheHostsCannotTakeAtOnceAndSaysWhatItWaitsFor() throws InterruptedException {
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    var ids = new ArrayList<Long>();
    for (var name : new String[] {"web-1", "web-2", "web-3"}) {
      ids.add(lab.move(lab.guest(name, "kvm-01"), "kvm-02"));
    }
    MigrationLab.await("two jobs", () -> lab.fleet.migrations.get() == 2);
    MigrationLab.await(
        "a sentence", () -> lab.row(ids.get(2)).sentence().startsWith("Waits for kvm-01"));
    assertThat(lab.rows.queued(null))
        .singleElement()
        .satisfies(q -> assertThat(q.position()).isEqualTo(1));
    assertThat(lab.rows.running(null)).hasSize(2);
    stop.release();
    ids.forEach(id -> assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED));
    assertThat(lab.rows.finished(null, null, 10)).hasSize(3);
  }

  @Test
  void cancelsAQueuedMoveAtOnce() {
    var vm = lab.guest("web-07", "kvm-01");
    var id = lab.move(vm, "kvm-02");
    lab.aborts.request(id, ANN);
    assertThat(lab.row(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.finished).singleElement().satisfies(f -> assertThat(f.succeeded()).isFalse());
    lab.console();
    FaultyFleet.sleep(300);
    assertThat(lab.fleet.migrations).hasValue(0);
  }

  @Test
  void refusesJustBeforeTheStartWithAllReasons() {
    var vm =
        lab.guest(
            "db-01",
            "kvm-01",
            """
            [{"target":"vda","source":"/var/lib/db.qcow2","format":"qcow2","cache":"none",
              "network":false,"readOnly":false,"medium":false}]
            """);
    lab.fleet.host("kvm-02").fit = new CpuFit.Lacks("lacks avx2");
    lab.fleet.host("kvm-02").used = Memory.ofGiB(16);
    lab.jdbc
        .sql("update host set last_seen = now() - interval '5 minutes' where name = 'kvm-02'")
        .update();
    lab.console();
    var end = ended(lab.move(vm, "kvm-02"));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence())
        .contains("its disk vda (/var/lib/db.qcow2) is not on storage marked as shared in pool lab")
        .contains("kvm-02 refused db-01: its CPU lacks avx2.")
        .contains("kvm-02 has no room for db-01")
        .contains("What is known of kvm-02 is too old");
    assertThat(lab.fleet.migrations).hasValue(0);
    assertThat(lab.finished).singleElement().satisfies(f -> assertThat(f.succeeded()).isFalse());
    runsOn(vm, "kvm-01");
  }

  @Test
  void pausesTheSecondCopyOfASplitAndAsksAPerson() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.MARK);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    // somebody else starts it on the target as well
    lab.fleet.host("kvm-02").set(vm.uuid(), GuestState.RUNNING, Why.NONE, Job.NONE);
    stop.release();
    lab.console();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(lab.row(id).sentence()).contains("no rule covers this");
    assertThat(stateOn("kvm-01", vm)).isEqualTo(GuestState.RUNNING);
    assertThat(stateOn("kvm-02", vm)).isEqualTo(GuestState.PAUSED);
    // the person removes the second copy, and the hosts agree again
    lab.fleet.host("kvm-02").copies.remove(vm.uuid());
    assertThat(ended(id).state()).isEqualTo(MigrationState.FAILED);
    lab.fleet.violations.clear();
  }

  /** Two answers that are alike say nothing if another daemon gave the second one. */
  @Test
  void actsOnNothingThatADaemonSaysWhileItRestarts() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console(Duration.ofMinutes(1), Duration.ofSeconds(20));
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.fleet.host("kvm-02").restarting = true;
    stop.release();
    MigrationLab.await(
        "a sentence", () -> lab.row(id).sentence().equals("The hosts' answers still change."));
    FaultyFleet.sleep(500);
    assertThat(lab.row(id).phase()).isEqualTo(Phase.SETTLING);
    lab.fleet.host("kvm-02").restarting = false;
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  @Test
  void doesNothingWhileTheDatabaseIsDoubted() throws InterruptedException {
    var running = lab.guest("web-07", "kvm-01");
    var queued = lab.guest("web-08", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    var console = lab.console();
    var id = lab.move(running, "kvm-02");
    stop.awaitReached();
    lab.jdbc.sql("update installation set doubt = 'Restored.', doubted_at = now()").update();
    MigrationLab.await("letting go", () -> console.runner.drives().isEmpty());
    assertThatThrownBy(() -> lab.moves.request(queued.id(), lab.host("kvm-02").id(), ANN))
        .hasMessage("Restored. Nothing is moved until an administrator confirms it.");
    var waiting = lab.move(queued, "kvm-02");
    stop.release();
    FaultyFleet.sleep(1500);
    assertThat(lab.row(id).phase()).as("not even settled").isEqualTo(Phase.COPYING);
    assertThat(lab.row(waiting).state()).isEqualTo(MigrationState.PENDING);
    assertThat(lab.fleet.migrations).hasValue(1);
    lab.installation.confirm(ANN);
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(ended(waiting).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(running, "kvm-02");
  }

  @Test
  void followsNoJobThatCarriesAnotherMark() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    for (var foreign : new String[] {"dcbalance migration=" + id + " epoch=77", null}) {
      lab.fleet.host("kvm-01").forge(vm.uuid(), foreign);
      // long over its time: its own job would be aborted
      var next = lab.console(Duration.ofMillis(1), Duration.ofSeconds(2));
      MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
      assertThat(lab.row(id).sentence()).contains("does not carry the mark of this migration");
      assertThat(lab.row(id).phase()).isEqualTo(Phase.SETTLING);
      assertThat(Objects.requireNonNull(lab.fleet.host("kvm-01").jobs.get(vm.uuid())).aborted)
          .isFalse();
      next.kill();
    }
    lab.console();
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.vm("web-07").hostId()).isEqualTo(lab.host("kvm-02").id());
  }

  /** The console dies before it has ordered anything, and somebody else moves the guest. */
  @Test
  void followsNoJobThatItNeverOrdered() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.FITS);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    lab.jdbc.sql("update migration set phase = 'COPYING'").update();
    lab.fleet.copyTime = Duration.ofSeconds(4);
    lab.fleet.begin(
        lab.fleet.host("kvm-01"),
        new MigrationOrder(vm.uuid(), "faulty://kvm-03", null, Tuning.NONE, false));
    lab.console();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(lab.row(id).sentence()).contains("does not carry the mark of this migration");
    MigrationLab.await("gone", () -> lab.row(id).sentence().contains("Neither host knows it"));
  }

  @Test
  void destroysNoCopyThatIsNotItsOwn() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.MARK);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    lab.fleet.host("kvm-02").set(vm.uuid(), GuestState.PAUSED, Why.MIGRATING, Job.NONE);
    lab.jdbc.sql("update migration set mark = 'the mark'").update();
    stop.release();
    lab.console();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(stateOn("kvm-02", vm)).isEqualTo(GuestState.PAUSED);
    // with the mark it is the incomplete copy of this move, and goes
    lab.fleet.host("kvm-02").forge(vm.uuid(), "the mark");
    assertThat(ended(id).state()).isEqualTo(MigrationState.FAILED);
    runsOn(vm, "kvm-01");
  }

  @Test
  void aHostThatKeepsNoMarksIsNoReasonNotToMove() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.host("kvm-01").cannotMark = true;
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    lab.console();
    MigrationLab.await(
        "adoption", () -> lab.row(id).phase() == Phase.COPYING && lab.row(id).epoch() == 2);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void resumesAFailedPostCopyOnce() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var id = failInPostCopy(vm);
    var source = lab.fleet.host("kvm-01");
    var second = lab.console();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(lab.row(id).sentence())
        .contains("Resuming it failed: unable to connect to the target.")
        .contains("either copy alone is incomplete");
    second.kill();
    source.resumable = true;
    lab.console();
    FaultyFleet.sleep(1500);
    assertThat(lab.row(id).state()).isEqualTo(MigrationState.LOST);
    assertThat(source.resumes).as("not again by another console").hasValue(1);
    assertThat(stateOn("kvm-01", vm)).isEqualTo(GuestState.PAUSED);
    // a person mends the link and resumes it
    source.resumePostCopy(vm.uuid(), "faulty://kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  @Test
  void watchesAPostCopyThatGoesOnUntilTheGuestHasArrived() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var id = failInPostCopy(vm);
    lab.fleet.host("kvm-01").resumable = true;
    lab.console();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-01").resumes).hasValue(1);
    assertThat(lab.lines.of(id))
        .anySatisfy(l -> assertThat(l.sentence()).contains("still fetches memory from kvm-01"));
    runsOn(vm, "kvm-02");
  }

  /** Leave a move as a link that breaks in post-copy leaves it, with no console. */
  private long failInPostCopy(Vm vm) throws InterruptedException {
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    first.kill();
    lab.fleet
        .host("kvm-01")
        .set(vm.uuid(), GuestState.PAUSED, Why.POST_COPY_FAILED, Job.OUTGOING_MIGRATION);
    lab.fleet
        .host("kvm-02")
        .set(vm.uuid(), GuestState.PAUSED, Why.POST_COPY_FAILED, Job.INCOMING_MIGRATION);
    return id;
  }

  @Test
  void anotherGuestOfTheSameNameIsLeftToAPerson() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.host("kvm-02").others.put("web-07", UUID.randomUUID());
    assertThatThrownBy(() -> lab.moves.request(vm.id(), lab.host("kvm-02").id(), ANN))
        .hasMessageContaining("kvm-02 has another virtual machine named web-07");
    lab.fleet.host("kvm-02").others.clear();
    var stop = lab.fleet.stopAt(Point.MARK);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.fleet.host("kvm-02").others.put("web-07", UUID.randomUUID());
    lab.aborts.request(id, ANN);
    stop.release();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThat(lab.row(id).sentence()).contains("which has another virtual machine of that name");
    assertThat(stateOn("kvm-01", vm)).isEqualTo(GuestState.RUNNING);
    lab.fleet.host("kvm-02").others.clear();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
  }

  @Test
  void goesOnWhenTheDatabaseWasAway() throws Exception {
    lab.fleet.copyTime = Duration.ofSeconds(4);
    var vm = lab.guest("web-07", "kvm-01");
    lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    lab.databaseAway(Duration.ofSeconds(2));
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.epoch()).isGreaterThan(1);
    assertThat(lab.fleet.migrations).hasValue(1);
    assertThat(lab.finished).hasSize(1);
    runsOn(vm, "kvm-02");
  }

  @Test
  void measuresWhatTheGuestsUsersSee() throws IOException {
    var vm = lab.guest("web-07", "kvm-01");
    try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.ofPlatform().daemon().start(() -> acceptAll(server));
      vm.probe("127.0.0.1", server.getLocalPort());
      lab.vms.save(vm);
      lab.console();
      var end = ended(lab.move(vm, "kvm-02"));
      assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
      // this server never went away
      assertThat(end.guestDowntimeMillis()).isBetween(0L, 200L);
      assertThat(end.guestProbe())
          .startsWith("TCP 127.0.0.1:" + server.getLocalPort() + " every 10 ms; gaps of up to");
    }
  }

  private static void acceptAll(ServerSocket server) {
    try {
      while (!server.isClosed()) {
        server.accept().close();
      }
    } catch (IOException e) {
      // closed: the test is over
    }
  }

  private GuestState stateOn(String host, Vm vm) {
    return Objects.requireNonNull(lab.fleet.host(host).copies.get(vm.uuid())).state();
  }

  private Migration ended(long id) {
    MigrationLab.await("an end", () -> lab.row(id).state().ended());
    return lab.row(id);
  }

  private void runsOn(Vm vm, String host) {
    for (var each : lab.fleet.hosts.values()) {
      var copy = each.copies.get(vm.uuid());
      if (each.name().equals(host)) {
        assertThat(Objects.requireNonNull(copy).state()).isEqualTo(GuestState.RUNNING);
        assertThat(copy.mark()).isNull();
      } else {
        assertThat(copy).isNull();
      }
    }
    var row = lab.vm(vm.name());
    assertThat(row.hostId()).isEqualTo(lab.host(host).id());
    assertThat(row.movingTo()).isNull();
  }
}
