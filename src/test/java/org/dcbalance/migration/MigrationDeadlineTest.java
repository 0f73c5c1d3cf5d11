package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.dcbalance.inventory.Vm;
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
    assertThat(lab.finished).singleElement().satisfies(f -> assertThat(f.succeeded()).isFalse());
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
  void liesInTheFuture() {
    var vm = lab.guest("web-07", "kvm-01");
    assertThatThrownBy(() -> ask(vm, Duration.ofSeconds(-1)))
        .isInstanceOfSatisfying(
            Problem.class, p -> assertThat(p.code()).isEqualTo(ErrorCode.BAD_REQUEST));
    assertThatThrownBy(() -> ask(vm, Duration.ofDays(31))).hasMessageContaining("at most 30 days");
  }

  private long ask(Vm vm, Duration within) {
    return lab.moves.request(
        new MoveByHand(
            vm.id(), lab.host("kvm-02").id(), null, false, Instant.now().plus(within), false),
        ANN);
  }
}
