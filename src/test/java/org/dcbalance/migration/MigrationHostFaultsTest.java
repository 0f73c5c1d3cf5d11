package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.migration.FaultyFleet.Point;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/** Silences, kills and restarts hosts in the middle of a move. */
class MigrationHostFaultsTest extends MigrationFaults {
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
    lost(
        id,
        "web-07 is called running by kvm-02, but uses no CPU time",
        "Maybe look there with 'xl list'");
    lab.fleet.host("kvm-02").standStill = false;
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    var shown = lab.rows.find(id).orElseThrow();
    assertThat(shown.sourceCpu()).isNotNull();
    assertThat(shown.targetCpu().userMillis()).isGreaterThan(shown.targetCpu().systemMillis());
    runsOn(vm, "kvm-02");
  }

  @Test
  void theGuestStaysWhenTheTargetDies() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console(Duration.ofMinutes(15), Duration.ofMinutes(2));
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
    assertThatThrownBy(() -> lab.moves.request(vm.id(), lab.host("kvm-03").id(), null, ANN))
        .hasMessageContaining("must end first");
    lab.fleet.host("kvm-01").reachable = true;
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  /** What is said once of one thing does not keep another from being said. */
  @Test
  void aCopyThatIsLateIsCalledSoAlsoIfItsHostWasSilentBefore() throws InterruptedException {
    lab.jdbc.sql("update host set missing = jsonb_build_object('ABORT', 'no call')").update();
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.fleet.host("kvm-01").tellsNoProgress = true;
    lab.console(Duration.ofSeconds(1), Duration.ofSeconds(20));
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    MigrationLab.await("silence", () -> said(id, "kvm-01 does not answer: "));
    lab.fleet.host("kvm-01").tellsNoProgress = false;
    MigrationLab.await("lateness", () -> said(id, "It takes longer than it was given"));
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  private boolean said(long id, String beginning) {
    return lab.lines.of(id).stream().anyMatch(line -> line.sentence().startsWith(beginning));
  }

  /** Connecting may take longer than its move was waited for. */
  @Test
  void anOrderThatComesAfterItsMoveWasSettledIsNotGiven() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.ORDER);
    var console = lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    assertThat(ended(id).state()).isEqualTo(MigrationState.FAILED);
    MigrationLab.await("letting go", () -> console.runner.drives().isEmpty());
    stop.release();
    FaultyFleet.sleep(500);
    assertThat(lab.fleet.migrations).hasValue(0);
    runsOn(vm, "kvm-01");
  }

  @Test
  void anAdministratorClosesALostMoveWhoseSourceIsGoneForGood() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    // once its job is gone the move may end at any time
    var stop = lab.fleet.stopAt(Point.COPYING);
    var console = lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    assertThatThrownBy(() -> lab.closing.close(id, "kvm-02", "seen there", ANN))
        .hasMessage("Migration " + id + " is not lost, so it cannot be closed by hand.");
    lab.fleet.host("kvm-01").reachable = false;
    stop.release();
    MigrationLab.await(
        "the end of its job", () -> !lab.fleet.host("kvm-01").jobs.containsKey(vm.uuid()));
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    assertThatThrownBy(() -> lab.closing.close(id, "kvm-01", "I think so", ANN))
        .hasMessageContaining("runs on kvm-01, but on kvm-02 it is running");
    assertThatThrownBy(() -> lab.closing.close(id, "neither", "gone", ANN))
        .hasMessageContaining("runs on neither host, but on kvm-02 it is running");
    assertThatThrownBy(() -> lab.closing.close(id, "destination", " ", ANN))
        .hasMessageContaining("Why this is so was not stated");
    assertThatThrownBy(() -> lab.closing.close(id, "destination", "x".repeat(501), ANN))
        .hasMessageContaining("The reason is longer than 500 characters.");
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
    // not the last line: what the move changed on the guest may be put back at any time from here
    // on
    assertThat(said(id, end.sentence())).isTrue();
    assertThat(lab.finished).singleElement().satisfies(f -> assertThat(f.succeeded()).isTrue());
    var row = lab.vm("web-07");
    assertThat(row.hostId()).isEqualTo(lab.host("kvm-02").id());
    assertThat(row.movingTo()).isNull();
    MigrationLab.await(
        "its mark off",
        () -> lab.fleet.host("kvm-02").status(vm.uuid()).orElseThrow().mark() == null);
    MigrationLab.await("letting go", () -> console.runner.drives().isEmpty());
    assertThatThrownBy(() -> lab.closing.close(id, "kvm-02", "again", ANN))
        .hasMessageContaining("is not lost");
    // the source comes back with what it knew of the guest
    var source = lab.fleet.host("kvm-01");
    source.set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    source.reachable = true;
    MigrationLab.await("its definition gone", () -> !source.copies.containsKey(vm.uuid()));
    MigrationLab.await(
        "a line of it", () -> said(id, "No definition of it is left on kvm-01 any more."));
    // the VM is free for another move
    lab.jdbc.sql("update recommendation set state = 'SETTLED'").update();
    assertThat(ended(lab.move(row, "kvm-03")).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void aMoveWhoseGuestIsGoneIsClosedAsRunningNowhere() throws InterruptedException {
    var move = abandonedAt(Point.MARK);
    lab.fleet.host("kvm-01").copies.remove(move.vm().uuid());
    lab.console();
    lost(move.id(), "Neither host knows it");
    assertThatThrownBy(() -> lab.closing.close(move.id(), "source", "surely", ANN))
        .hasMessageContaining("on kvm-01 it is unknown to the host");
    lab.closing.close(move.id(), "neither", "it was deleted", ANN);
    assertThat(lab.row(move.id()).state()).isEqualTo(MigrationState.FAILED);
    var row = lab.vm("web-07");
    assertThat(row.hostId()).as("nobody knows better").isEqualTo(lab.host("kvm-01").id());
    assertThat(row.movingTo()).isNull();
    move.release();
  }

  @Test
  void pausesTheSecondCopyOfASplitAndAsksAPerson() throws InterruptedException {
    var move = abandonedAt(Point.MARK);
    // somebody else starts it on the target as well
    lab.fleet.host("kvm-02").set(move.vm().uuid(), GuestState.RUNNING, Why.NONE, Job.NONE);
    move.release();
    lab.console();
    lost(move.id(), "The copy on kvm-02 must not go on beside the one on kvm-01");
    assertThat(stateOn("kvm-01", move.vm())).isEqualTo(GuestState.RUNNING);
    assertThat(stateOn("kvm-02", move.vm())).isEqualTo(GuestState.PAUSED);
    // the person removes the second copy, and the hosts agree again
    lab.fleet.host("kvm-02").copies.remove(move.vm().uuid());
    assertThat(ended(move.id()).state()).isEqualTo(MigrationState.FAILED);
    lab.fleet.violations.clear();
  }

  /** As Xen's libvirt says after a copy that broke off half-way. */
  @Test
  void tellsHowToEndTheHalfThatACopyLeftOnXen() throws InterruptedException {
    lab.jdbc
        .sql("update host set missing = jsonb_build_object('COMPLETED_STATISTICS', 'no call')")
        .update();
    var move = abandonedAt(Point.MARK);
    lab.fleet.host("kvm-02").set(move.vm().uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    move.release();
    lab.console();
    lost(move.id(), "Xen may hold half a copy of it on kvm-02", "kill $(pidof libxl-save-helper)");
    assertThat(stateOn("kvm-01", move.vm())).isEqualTo(GuestState.RUNNING);
    assertThat(stateOn("kvm-02", move.vm()))
        .as("it is left to a person")
        .isEqualTo(GuestState.SHUT_OFF);
    // the person ends it, and the hosts agree again
    lab.fleet.host("kvm-02").copies.remove(move.vm().uuid());
    assertThat(ended(move.id()).state()).isEqualTo(MigrationState.FAILED);
  }

  @Test
  void aPausedSourceGoesOnWhereItsGuestNeverRanOnTheTarget() throws InterruptedException {
    var move = pausedOnSource();
    lab.fleet.host("kvm-02").copies.remove(move.vm().uuid());
    move.release();
    lab.console();
    assertThat(ended(move.id()).state()).isEqualTo(MigrationState.FAILED);
    runsOn(move.vm(), "kvm-01");
  }

  /** Its disks went on where it ran, until it was shut off there. */
  @Test
  void aPausedSourceIsLeftToAPersonWhereTheTargetSaidThatItRan() throws InterruptedException {
    var move = pausedOnSource();
    var source = lab.fleet.host("kvm-01");
    var target = lab.fleet.host("kvm-02");
    target.copies.remove(move.vm().uuid());
    source.reachable = false;
    move.release();
    lab.console();
    lost(move.id(), "kvm-01");
    target.tellArrival(move.vm().uuid());
    source.reachable = true;
    isLeftToAPerson(move);
  }

  @Test
  void aPausedSourceIsLeftToAPersonWhereItsGuestWasSeenToRunOnTheTarget()
      throws InterruptedException {
    var change = lab.fleet.stopAt(Point.CHANGE);
    var move = pausedOnSource();
    var source = lab.fleet.host("kvm-01");
    var mark = source.status(move.vm().uuid()).orElseThrow().mark();
    move.release();
    lab.console();
    // it is shut off just before what is left on the source would be ended
    change.awaitReached();
    source.forge(move.vm().uuid(), "of somebody else");
    lab.fleet.host("kvm-02").copies.remove(move.vm().uuid());
    change.release();
    MigrationLab.await(
        "a line",
        () -> said(move.id(), "That was not done: it is not any more what its host said it was."));
    source.forge(move.vm().uuid(), mark);
    isLeftToAPerson(move);
  }

  @Test
  void aConsoleThatTakesOverKnowsThatItRanOnTheTarget() throws InterruptedException {
    var move = pausedOnSource();
    lab.fleet.host("kvm-02").copies.remove(move.vm().uuid());
    lab.jdbc
        .sql("update migration set ran_on_target = true where id = :id")
        .param("id", move.id())
        .update();
    move.release();
    lab.console();
    isLeftToAPerson(move);
  }

  /** A move to kvm-02 whose job is over, and of which neither host tells that it completed. */
  private Abandoned pausedOnSource() throws InterruptedException {
    var move = abandonedAt(Point.AFTER_JOB);
    var source = lab.fleet.host("kvm-01");
    source.set(move.vm().uuid(), GuestState.PAUSED, Why.MIGRATING, Job.NONE);
    source.forge(move.vm().uuid(), lab.row(move.id()).mark().recorded());
    lab.fleet.host("kvm-02").received.clear();
    return move;
  }

  private void isLeftToAPerson(Abandoned move) {
    lost(move.id(), "It went over to kvm-02 and is gone there", "must not go on");
    assertThat(stateOn("kvm-01", move.vm())).isEqualTo(GuestState.PAUSED);
    assertThat(
            lab.jdbc
                .sql("select ran_on_target from migration where id = :id")
                .param("id", move.id())
                .query(Boolean.class)
                .single())
        .as("known to a console that takes over")
        .isTrue();
    lab.fleet.host("kvm-01").copies.remove(move.vm().uuid());
    lab.closing.close(move.id(), "neither", "it was shut off", ANN);
    assertThat(lab.row(move.id()).state()).isEqualTo(MigrationState.FAILED);
  }

  /** A guest may be shut down from within while it is copied. */
  @Test
  void aGuestThatWasShutOffOnTheWayHasNotMoved() throws InterruptedException {
    var move = abandonedAt(Point.MARK);
    lab.fleet.host("kvm-01").set(move.vm().uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    move.release();
    lab.console();
    var end = ended(move.id());
    assertThat(end.state()).isEqualTo(MigrationState.FAILED);
    assertThat(end.sentence())
        .isEqualTo(
            "web-07 has not moved, and is shut off on kvm-01: the move to kvm-02 did not complete.");
    assertThat(stateOn("kvm-01", move.vm())).isEqualTo(GuestState.SHUT_OFF);
    assertThat(lab.vm("web-07").hostId()).isEqualTo(lab.host("kvm-01").id());
  }

  @Test
  void aGuestThatWasShutOffAfterItsMoveHasMoved() throws InterruptedException {
    var move = abandonedAt(Point.AFTER_JOB);
    lab.fleet.host("kvm-02").set(move.vm().uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    move.release();
    lab.console();
    var end = ended(move.id());
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.sentence())
        .isEqualTo("web-07 moved from kvm-01 to kvm-02, and has been shut off there since.");
    assertThat(lab.vm("web-07").hostId()).isEqualTo(lab.host("kvm-02").id());
  }

  /** Whoever starts a definition that is left over on the source starts a second copy. */
  @Test
  void aLeftOverDefinitionIsRemovedOnceItsHostLets() throws InterruptedException {
    var move = abandonedAt(Point.AFTER_JOB);
    var source = lab.fleet.host("kvm-01");
    source.set(move.vm().uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    source.unchangeable = true;
    move.release();
    lab.console();
    var end = ended(move.id());
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.sentence())
        .endsWith(
            " Its left-over definition on kvm-01 could not be removed, and that is tried again: kvm-01 changes nothing now.");
    assertThat(source.copies).containsKey(move.vm().uuid());
    source.unchangeable = false;
    MigrationLab.await("removal", () -> !source.copies.containsKey(move.vm().uuid()));
    MigrationLab.await(
        "a line", () -> said(move.id(), "No definition of it is left on kvm-01 any more."));
    runsOn(move.vm(), "kvm-02");
  }

  /** It may be the only one: the guest does not run where it moved to, or has none there. */
  @Test
  void aLeftOverDefinitionStaysWhereItMayBeTheOnlyOne() {
    var vm = lab.guest("web-07", "kvm-01");
    var source = lab.fleet.host("kvm-01");
    var target = lab.fleet.host("kvm-02");
    source.set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    assertThat(lab.leftDefinitions.remove(vm.uuid(), lab.host("kvm-01"), lab.host("kvm-02")))
        .isEqualTo("It is not seen to run on kvm-02, so its definition stays.");
    target.set(vm.uuid(), GuestState.RUNNING, Why.NONE, Job.NONE);
    target.keepsDefinitions = false;
    assertThat(lab.leftDefinitions.remove(vm.uuid(), lab.host("kvm-01"), lab.host("kvm-02")))
        .isEqualTo(
            "kvm-02 keeps no definition of it, so that this one may be the only one and stays.");
    target.set(vm.uuid(), GuestState.SHUT_OFF, Why.NONE, Job.NONE);
    assertThat(lab.leftDefinitions.remove(vm.uuid(), lab.host("kvm-01"), lab.host("kvm-02")))
        .isEqualTo("It is not seen to run on kvm-02, so its definition stays.");
    target.reachable = false;
    assertThat(lab.leftDefinitions.remove(vm.uuid(), lab.host("kvm-01"), lab.host("kvm-02")))
        .isEqualTo("kvm-02 does not answer.");
    assertThat(stateOn("kvm-01", vm)).isEqualTo(GuestState.SHUT_OFF);
  }

  @Test
  void saysWhatHelpsWhenAHostTakesAnAbortAndKeepsTheJob() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.aborts.request(id, ANN);
    MigrationLab.await(
        "a sentence", () -> lab.row(id).sentence().startsWith("kvm-01 took the request to abort"));
    assertThat(lab.row(id).state()).isEqualTo(MigrationState.RUNNING);
    assertThat(lab.row(id).sentence())
        .contains("web-07 is running")
        .contains("Maybe restart libvirtd on kvm-01");
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    runsOn(vm, "kvm-01");
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
        "a sentence",
        () ->
            lab.row(id)
                .sentence()
                .equals(
                    "The hosts' answers still change. web-07: on kvm-01 it is unknown to the host,"
                        + " on kvm-02 it is running. A moment later the same, but over another"
                        + " connection."));
    FaultyFleet.sleep(500);
    assertThat(lab.row(id).phase()).isEqualTo(Phase.SETTLING);
    lab.fleet.host("kvm-02").restarting = false;
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  @Test
  void anotherGuestOfTheSameNameIsLeftToAPerson() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.host("kvm-02").others.put("web-07", UUID.randomUUID());
    assertThatThrownBy(() -> lab.moves.request(vm.id(), lab.host("kvm-02").id(), null, ANN))
        .hasMessageContaining("kvm-02 has another virtual machine named web-07");
    lab.fleet.host("kvm-02").others.clear();
    var stop = lab.fleet.stopAt(Point.MARK);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.fleet.host("kvm-02").others.put("web-07", UUID.randomUUID());
    lab.aborts.request(id, ANN);
    stop.release();
    lost(id, "which has another virtual machine of that name");
    assertThat(stateOn("kvm-01", vm)).isEqualTo(GuestState.RUNNING);
    lab.fleet.host("kvm-02").others.clear();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
  }

  @Test
  void measuresWhatTheGuestsUsersSee() throws IOException {
    var vm = lab.guest("web-07", "kvm-01");
    try (var server = new ServerSocket(0, 50, ownAddress())) {
      Thread.ofPlatform().daemon().start(() -> acceptAll(server, new AtomicInteger()));
      var address = server.getInetAddress().getHostAddress();
      vm.probe(address, server.getLocalPort());
      lab.vms.save(vm);
      lab.console();
      var end = ended(lab.move(vm, "kvm-02"));
      assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
      // this server never went away, but a busy machine may keep its probe from running for a while
      assertThat(end.figures().guestDowntimeMillis()).isBetween(0L, 10_000L);
      assertThat(end.figures().guestSilentMillis())
          .isGreaterThanOrEqualTo(end.figures().guestDowntimeMillis());
      assertThat(end.figures().guestProbe())
          .startsWith(
              "TCP %s:%d every 10 ms; gaps of up to".formatted(address, server.getLocalPort()));
    }
  }

  /** It may stay lost for days, with a probe every 10 ms. */
  @Test
  void probesNoGuestAnyMoreWhoseMoveIsLost() throws Exception {
    var vm = lab.guest("web-07", "kvm-01");
    var asked = new AtomicInteger();
    try (var server = new ServerSocket(0, 50, ownAddress())) {
      Thread.ofPlatform().daemon().start(() -> acceptAll(server, asked));
      vm.probe(server.getInetAddress().getHostAddress(), server.getLocalPort());
      lab.vms.save(vm);
      var stop = lab.fleet.stopAt(Point.COPYING);
      lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
      var id = lab.move(vm, "kvm-02");
      stop.awaitReached();
      assertThat(asked).hasPositiveValue();
      lab.fleet.host("kvm-01").reachable = false;
      stop.release();
      MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
      MigrationLab.await(
          "an end of the probe",
          () -> {
            int before = asked.get();
            FaultyFleet.sleep(500);
            return asked.get() == before;
          });
      lab.fleet.host("kvm-01").reachable = true;
      var figures = ended(id).figures();
      assertThat(figures.guestProbe()).startsWith("TCP ").endsWith("when the move was lost");
      assertThat(figures.guestDowntimeMillis()).isNull();
    }
  }

  /** No guest is probed at 127.0.0.1; what goes to another address of this machine stays in it. */
  private static InetAddress ownAddress() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress() && !a.isLinkLocalAddress())
        .findFirst()
        .orElseThrow(() -> new TestAbortedException("This machine has no address but 127.0.0.1."));
  }

  private static void acceptAll(ServerSocket server, AtomicInteger asked) {
    try {
      while (!server.isClosed()) {
        server.accept().close();
        asked.incrementAndGet();
      }
    } catch (IOException e) {
      // closed: the test is over
    }
  }
}
