package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Objects;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.migration.FaultyFleet.Point;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kills and freezes consoles, and takes their database away, at every point. */
// a long one, and of those that share the lab each waits for the others
@Order(2)
class MigrationTakeoverTest extends MigrationFaults {
  /** Kills the console at a point, lets the host go on, and has another console finish the work. */
  @ParameterizedTest
  @EnumSource(
      value = Point.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"CAP", "CHANGE", "POST_COPY"})
  void anotherConsoleFinishesWhatAKilledOneBegan(Point point) throws InterruptedException {
    var move = abandonedAt(point);
    move.release();
    lab.console();
    var end = ended(move.id());
    if (point == Point.MARK || point == Point.ORDER) {
      // killed after the row was written and before the job: nothing is begun on the host any more
      assertThat(end.state()).isEqualTo(MigrationState.FAILED);
      assertThat(lab.fleet.migrations).hasValue(0);
      runsOn(move.vm(), "kvm-01");
    } else {
      assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
      assertThat(end.figures().downtimeMillis()).isEqualTo(40);
      assertThat(lab.fleet.migrations).hasValue(1);
      runsOn(move.vm(), "kvm-02");
    }
    assertThat(lab.finished).hasSize(1);
  }

  /** The job goes on for a while after the new console has taken over, and is followed. */
  @Test
  void anotherConsoleFollowsTheRunningJob() throws InterruptedException {
    lab.fleet.copyTime = Duration.ofMinutes(5);
    var vm = lab.guest("web-07", "kvm-01");
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    long begun = lab.row(id).epoch();
    first.kill();
    lab.console();
    adopted(id, begun);
    lab.fleet.copyTime = Duration.ofMillis(100);
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.epoch()).isGreaterThan(begun);
    assertThat(end.figures().downtimeMillis()).isEqualTo(40);
    runsOn(vm, "kvm-02");
  }

  /** Whoever follows a job keeps to what is allowed, as whoever began it did. */
  @Test
  void aJobThatIsFollowedSlowsItsGuestDownNoFurtherThanAllowed() throws InterruptedException {
    lab.fleet.copyTime = Duration.ofMinutes(5);
    var vm = lab.guest("web-07", "kvm-01");
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    first.kill();
    lab.fleet.host("kvm-01").slowedDown = 99;
    lab.console();
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.lines.of(id))
        .extracting(MigrationLog.Line::sentence)
        .anyMatch(
            s -> s.contains("It is slowed down by 99 %, more than the 60 % that are allowed."));
    assertThat(end.sentence())
        .as("whoever settles it says why")
        .endsWith("It is slowed down by 99 %, more than the 60 % that are allowed.");
    runsOn(vm, "kvm-01");
  }

  /** Following touches nothing, so it does not wait for two answers over one connection. */
  @Test
  void followsAJobOfAHostThatHardlyAnswers() throws InterruptedException {
    lab.fleet.copyTime = Duration.ofMinutes(5);
    var vm = lab.guest("web-07", "kvm-01");
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    long begun = lab.row(id).epoch();
    first.kill();
    lab.fleet.host("kvm-01").restarting = true;
    lab.console();
    adopted(id, begun);
    lab.fleet.host("kvm-01").restarting = false;
    lab.fleet.copyTime = Duration.ofMillis(100);
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
    long begun = lab.row(id).epoch();
    first.freeze();
    lab.console();
    MigrationLab.await("takeover", () -> lab.row(id).epoch() > begun);
    MigrationLab.await("letting go", () -> first.runner.drives().isEmpty());
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.finished).hasSize(1);
    assertThat(lab.lines.of(id).stream().filter(l -> l.sentence().startsWith("Taken over")))
        .hasSize(1);
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
  void goesOnWhenTheDatabaseWasAway() throws Exception {
    lab.fleet.copyTime = Duration.ofMinutes(5);
    var vm = lab.guest("web-07", "kvm-01");
    lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    // for longer than the lease lasts
    lab.databaseAway(MigrationLab.LEASE.plusSeconds(2));
    lab.fleet.copyTime = Duration.ofMillis(100);
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.epoch()).isGreaterThan(1);
    assertThat(lab.fleet.migrations).hasValue(1);
    assertThat(lab.finished).hasSize(1);
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
    assertThatThrownBy(() -> lab.moves.request(queued.id(), lab.host("kvm-02").id(), null, ANN))
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
    var move = abandonedAt(Point.COPYING);
    for (var foreign : new String[] {"dcbalance migration=" + move.id() + " epoch=77", null}) {
      lab.fleet.host("kvm-01").forge(move.vm().uuid(), foreign);
      // long over its time: its own job would be aborted
      var next = lab.console(Duration.ofMillis(1), Duration.ofSeconds(2));
      MigrationLab.await("its drive", () -> next.runner.drives().contains(move.id()));
      // it is lost already when the second one looks, which must not follow it either
      FaultyFleet.sleep(500);
      lost(move.id(), "does not carry the mark of this migration");
      assertThat(lab.row(move.id()).phase()).isEqualTo(Phase.SETTLING);
      assertThat(
              Objects.requireNonNull(lab.fleet.host("kvm-01").jobs.get(move.vm().uuid())).aborted)
          .isFalse();
      next.kill();
    }
    lab.console();
    move.release();
    assertThat(ended(move.id()).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.vm("web-07").hostId()).isEqualTo(lab.host("kvm-02").id());
  }

  /** The job ends between two looks, and somebody else moves the same guest. */
  @Test
  void followsItsJobNoLongerOnceThatCarriesAnotherMark() throws InterruptedException {
    var move = abandonedAt(Point.COPYING);
    var source = lab.fleet.host("kvm-01");
    lab.console();
    MigrationLab.await(
        "a followed job",
        () ->
            lab.lines.of(move.id()).stream().anyMatch(l -> l.sentence().endsWith("is followed.")));
    source.forge(move.vm().uuid(), "dcbalance migration=4711 epoch=1");
    MigrationLab.await(
        "doubt",
        () -> lab.row(move.id()).sentence().contains("does not carry the mark of this migration"));
    assertThat(Objects.requireNonNull(source.jobs.get(move.vm().uuid())).aborted).isFalse();
    move.release();
    assertThat(ended(move.id()).state()).isEqualTo(MigrationState.COMPLETED);
  }

  /** The console dies before it has ordered anything, and somebody else moves the guest. */
  @Test
  void followsNoJobThatItNeverOrdered() throws InterruptedException {
    var move = abandonedAt(Point.FITS);
    lab.jdbc.sql("update migration set phase = 'COPYING'").update();
    lab.fleet.copyTime = Duration.ofMinutes(5);
    lab.fleet.begin(
        lab.fleet.host("kvm-01"),
        new MigrationOrder(move.vm().uuid(), "faulty://kvm-03", null, Tuning.NONE, false, false));
    lab.console();
    lost(move.id(), "does not carry the mark of this migration");
    lab.fleet.copyTime = Duration.ofMillis(100);
    MigrationLab.await(
        "gone", () -> lab.row(move.id()).sentence().contains("Neither host knows it"));
  }

  @Test
  void destroysNoCopyThatIsNotItsOwn() throws InterruptedException {
    var move = abandonedAt(Point.MARK);
    lab.fleet.host("kvm-02").set(move.vm().uuid(), GuestState.PAUSED, Why.MIGRATING, Job.NONE);
    lab.jdbc.sql("update migration set mark = 'the mark'").update();
    move.release();
    lab.console();
    MigrationLab.await("lost", () -> lab.row(move.id()).state() == MigrationState.LOST);
    assertThat(stateOn("kvm-02", move.vm())).isEqualTo(GuestState.PAUSED);
    // with the mark it is the incomplete copy of this move, and goes
    lab.fleet.host("kvm-02").forge(move.vm().uuid(), "the mark");
    assertThat(ended(move.id()).state()).isEqualTo(MigrationState.FAILED);
    runsOn(move.vm(), "kvm-01");
  }

  /** Somebody takes the copy over between the answers and the call that would end it. */
  @Test
  void destroysNoCopyThatHasChangedSinceItsHostAnswered() throws InterruptedException {
    var change = lab.fleet.stopAt(Point.CHANGE);
    var move = abandonedAt(Point.MARK);
    var target = lab.fleet.host("kvm-02");
    target.set(move.vm().uuid(), GuestState.PAUSED, Why.MIGRATING, Job.NONE);
    target.forge(move.vm().uuid(), "the mark");
    lab.jdbc.sql("update migration set mark = 'the mark'").update();
    move.release();
    lab.console();
    change.awaitReached();
    target.forge(move.vm().uuid(), "of somebody else");
    change.release();
    MigrationLab.await(
        "a line",
        () ->
            lab.lines.of(move.id()).stream()
                .anyMatch(
                    l ->
                        l.sentence()
                            .equals(
                                "That was not done: it is not any more what its host said it was.")));
    assertThat(stateOn("kvm-02", move.vm())).isEqualTo(GuestState.PAUSED);
    target.forge(move.vm().uuid(), "the mark");
    assertThat(ended(move.id()).state()).isEqualTo(MigrationState.FAILED);
    runsOn(move.vm(), "kvm-01");
  }

  @Test
  void aHostThatKeepsNoMarksIsNoReasonNotToMove() throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.host("kvm-01").cannotMark = true;
    var stop = lab.fleet.stopAt(Point.COPYING);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    long begun = lab.row(id).epoch();
    first.kill();
    lab.console();
    adopted(id, begun);
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  private void adopted(long id, long begun) {
    MigrationLab.await(
        "adoption", () -> lab.row(id).phase() == Phase.COPYING && lab.row(id).epoch() > begun);
  }
}
