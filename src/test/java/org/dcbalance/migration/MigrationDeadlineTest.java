package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Choice;
import org.dcbalance.method.Verdict;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;

/** Moves that somebody wants ended by a time. */
class MigrationDeadlineTest extends MigrationFaults {
  @Test
  void isTakenOutOfTheQueueWithWhatItWaitedFor() throws InterruptedException {
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    lab.move(lab.guest("web-1", "kvm-01"), "kvm-02");
    lab.move(lab.guest("web-2", "kvm-01"), "kvm-02");
    MigrationLab.await("two jobs", () -> lab.fleet.migrations.get() == 2);
    var late = lab.guest("web-3", "kvm-01");
    long id = ask(late, Duration.ofMinutes(10));
    MigrationLab.await("a sentence", () -> lab.row(id).sentence().startsWith("Waits for kvm-01"));
    lab.jdbc
        .sql("update migration set end_by = now(), version = version + 1 where id = :id")
        .param("id", id)
        .update();
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.ABORTED);
    assertThat(end.sentence())
        .isEqualTo(
            "It did not start, since its deadline, %s, has passed. Waits for kvm-01, which may send 2 guests at once."
                .formatted(end.endByInWords()));
    assertThat(end.abortRequestedBy()).isEqualTo("DCbalance");
    assertThat(lab.finished)
        .singleElement()
        .satisfies(f -> assertThat(f.succeeded()).isFalse())
        .satisfies(f -> assertThat(f.failed()).isTrue());
    stop.release();
    runsOn(late, "kvm-01");
  }

  @Test
  void isEndedWhileItRunsAndNotTriedAgain() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.copyTime = Duration.ofMinutes(5);
    lab.console();
    // time enough to begin, on any machine
    long id = ask(vm, Duration.ofSeconds(15));
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.ABORTED);
    assertThat(end.deadline()).isEqualTo(end.endBy());
    assertThat(lab.lines.of(id))
        .extracting(line -> line.sentence())
        .contains("It has not ended by its deadline.");
    assertThat(end.sentence())
        .isEqualTo(
            "Aborted by DCbalance: web-07 still runs on kvm-01. It has not ended by its deadline.");
    assertThat(end.retry().planned()).isFalse();
    assertThat(end.retry().retryEnded()).endsWith("past its deadline.");
    runsOn(vm, "kvm-01");
  }

  @Test
  void isKeptByOneThatIsTriedAgain() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.jdbc.sql("update vm set move_options = '{\"retrySeconds\": 1}'").update();
    lab.fleet.linkFaults.set(1);
    lab.console();
    long id = ask(vm, Duration.ofMinutes(10));
    var first = ended(id);
    MigrationLab.await(
        "another attempt", () -> lab.rows.find(id).orElseThrow().attempt().next() != null);
    var next = lab.migrations.findByStateInOrderById(Set.of(MigrationState.values()));
    assertThat(next).hasSize(2);
    assertThat(next.getLast().endBy()).isEqualTo(first.endBy());
    assertThat(ended(next.getLast().id()).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void endsACopyThatTakesLongerThanItsPoolAllows() {
    var vm = lab.guest("web-07", "kvm-01");
    allow("{\"longestMinutes\": 1, \"retrySeconds\": 900}");
    lab.fleet.copyTime = Duration.ofMinutes(5);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    var running = copying(id);
    assertThat(running.allowedUntil()).isEqualTo(minutesAfterStart(1, running));
    assertThat(running.deadline()).isEqualTo(running.allowedUntil());
    assertThat(running.endBy()).isNull();
    assertThat(lab.rows.find(id).orElseThrow().allowedUntil()).isEqualTo(running.allowedUntil());
    passMinuteOf(id);
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.ABORTED);
    assertThat(end.abortRequestedBy()).isEqualTo("DCbalance");
    assertThat(lab.lines.of(id))
        .extracting(line -> line.sentence())
        .contains("It has taken longer than is allowed for it.");
    assertThat(end.sentence())
        .isEqualTo(
            "Aborted by DCbalance: web-07 still runs on kvm-01. It has taken longer than is allowed for it.");
    assertThat(end.retry().planned()).as("another attempt has as long again").isTrue();
    var shown = lab.rows.find(id).orElseThrow();
    assertThat(shown.attempt().passing()).isEqualTo(Passing.OUT_OF_TIME);
    assertThat(shown.failed()).isTrue();
    assertThat(lab.finished).last().satisfies(f -> assertThat(f.failed()).isTrue());
    runsOn(vm, "kvm-01");
  }

  @Test
  void isTheEarlierOneOfTheOrdersAndTheAllowedOne() {
    allow("{\"longestMinutes\": 5}");
    lab.console();
    var asAsked = ended(ask(lab.guest("web-1", "kvm-01"), Duration.ofMinutes(4)));
    assertThat(asAsked.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(asAsked.allowedUntil()).isNull();
    assertThat(asAsked.deadline()).isEqualTo(asAsked.endBy());
    var asAllowed = ended(ask(lab.guest("web-2", "kvm-01"), Duration.ofMinutes(10)));
    assertThat(asAllowed.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(asAllowed.allowedUntil()).isEqualTo(minutesAfterStart(5, asAllowed));
    assertThat(asAllowed.deadline()).isEqualTo(asAllowed.allowedUntil());
    assertThat(asAllowed.endBy()).isAfter(asAllowed.allowedUntil());
  }

  @Test
  void isAsFarAwayAgainForTheNextAttemptIfItIsTheAllowedOne() {
    var vm = lab.guest("web-07", "kvm-01");
    allow("{\"longestMinutes\": 1, \"retrySeconds\": 1}");
    lab.fleet.copyTime = Duration.ofMinutes(5);
    lab.console();
    long id = ask(vm, Duration.ofMinutes(10));
    copying(id);
    passMinuteOf(id);
    var first = ended(id);
    assertThat(first.state()).isEqualTo(MigrationState.ABORTED);
    lab.fleet.copyTime = Duration.ofMillis(100);
    MigrationLab.await(
        "another attempt", () -> lab.rows.find(id).orElseThrow().attempt().next() != null);
    long next = Objects.requireNonNull(lab.rows.find(id).orElseThrow().attempt().next());
    var second = ended(next);
    assertThat(second.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(second.allowedUntil()).isEqualTo(minutesAfterStart(1, second));
    assertThat(second.endBy()).isEqualTo(first.endBy());
    runsOn(vm, "kvm-02");
  }

  @Test
  void isKeptByAConsoleThatTakesOver() throws InterruptedException {
    allow("{\"longestMinutes\": 1}");
    var move = abandonedAt(Point.COPYING);
    var allowed = lab.row(move.id()).allowedUntil();
    assertThat(allowed).isNotNull();
    allow("{\"longestMinutes\": 60}");
    lab.console();
    move.release();
    assertThat(ended(move.id()).allowedUntil()).isEqualTo(allowed);
  }

  @Test
  void keepsAMethodFromBeingForeseenThatWouldTakeLonger() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.console();
    assertThat(ended(lab.move(vm, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
    lab.jdbc
        .sql("insert into dirty_measurement values (:vm, now(), 1000, 0), (:vm, now(), 10000, 0)")
        .param("vm", vm.id().value())
        .update();
    // half a GiB takes minutes so
    allow("{\"bandwidthMiB\": 1, \"longestMinutes\": 600}");
    assertThat(foreseen().considered())
        .last()
        .satisfies(each -> assertThat(each.verdict()).isInstanceOf(Verdict.Fits.class));
    allow("{\"bandwidthMiB\": 1, \"longestMinutes\": 1}");
    assertThat(foreseen().considered())
        .extracting(each -> each.verdict())
        .hasAtLeastOneElementOfType(Verdict.TakesTooLong.class)
        .doesNotHaveAnyElementsOfTypes(Verdict.Fits.class);
  }

  @Test
  void liesInTheFuture() {
    var vm = lab.guest("web-07", "kvm-01");
    assertThatThrownBy(() -> ask(vm, Duration.ofSeconds(-1)))
        .isInstanceOfSatisfying(
            Problem.class, p -> assertThat(p.code()).isEqualTo(ErrorCode.BAD_REQUEST));
    assertThatThrownBy(() -> ask(vm, Duration.ofDays(31))).hasMessageContaining("at most 30 days");
  }

  private Choice foreseen() {
    var source = lab.host("kvm-01");
    var pool = lab.pools.findById(source.poolId().value()).orElseThrow();
    return new MoveFacts(lab.connections, new MoveHistory(lab.jdbc))
        .foresee(lab.vm("web-07"), source, lab.host("kvm-02"), pool);
  }

  private void allow(String options) {
    lab.jdbc
        .sql("update pool set move_options = cast(:options as jsonb) where name = 'lab'")
        .param("options", options)
        .update();
  }

  private Migration copying(long id) {
    MigrationLab.await("a copy", () -> lab.row(id).phase() == Phase.COPYING);
    return lab.row(id);
  }

  /** Have the time come until which it is allowed. */
  private void passMinuteOf(long id) {
    lab.jdbc
        .sql(
            """
            update migration set allowed_until = now(), deadline = now(), version = version + 1
            where id = :id
            """)
        .param("id", id)
        .update();
  }

  private static Instant minutesAfterStart(int minutes, Migration row) {
    return Objects.requireNonNull(row.startedAt()).plus(Duration.ofMinutes(minutes));
  }

  private long ask(Vm vm, Duration within) {
    return lab.moves.request(
        new MoveByHand(
            vm.id(), lab.host("kvm-02").id(), null, false, Instant.now().plus(within), false),
        ANN);
  }
}
