package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Objects;
import org.dcbalance.inventory.Vm;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Moves that failed for a reason that passes are tried again, and no others. */
class MigrationRetriesTest extends MigrationFaults {
  @Test
  void isTriedAgainOnceTheFaultHasPassed() {
    var vm = guest("web-07", 2);
    lab.fleet.linkFaults.set(1);
    lab.console();
    long first = lab.move(vm, "kvm-02");
    assertThat(ended(first).state()).isEqualTo(MigrationState.FAILED);
    var shown = lab.rows.find(first).orElseThrow().attempt();
    assertThat(shown.passing()).isEqualTo(Passing.CONNECTION);
    assertThat(shown.most()).isEqualTo(3);
    // the next one may have ended, too
    assertThat(lab.finished)
        .first()
        .satisfies(
            f -> {
              assertThat(f.recommendationId()).as("not settled yet").isNull();
              assertThat(f.sentence()).contains("It is tried again at").contains("attempt 2 of 3");
            });

    long second = next(first);
    assertThat(ended(second).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
    var after = lab.rows.find(second).orElseThrow();
    assertThat(after.attempt().number()).isEqualTo(2);
    assertThat(after.attempt().after()).isEqualTo(first);
    assertThat(after.requestedBy()).isEqualTo("ann");
    assertThat(after.why()).isEqualTo("busy");
    assertThat(after.recommendationId()).isNotNull();
    assertThat(lab.rows.find(first).orElseThrow().attempt().next()).isEqualTo(second);
    assertThat(lab.finished.getLast().recommendationId()).isEqualTo(after.recommendationId());
    assertThat(lab.finished.getLast().succeeded()).isTrue();
    assertThat(lab.finished).hasSize(2);
  }

  @Test
  void isTriedAgainOnlySoOftenAndLaterEachTime() {
    var vm = guest("web-07", 1);
    lab.fleet.linkFaults.set(10);
    lab.console();
    long first = lab.move(vm, "kvm-02");
    long second = next(first);
    var end = ended(second);
    assertThat(end.state()).isEqualTo(MigrationState.FAILED);
    assertThat(end.retry().planned()).isFalse();
    assertThat(lab.finished.getLast().recommendationId()).as("settled now").isNotNull();
    assertThat(lab.fleet.migrations).hasValue(2);
    assertThat(Retry.wait(1, Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(60));
    assertThat(Retry.wait(2, Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(120));
    assertThat(Retry.wait(3, Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(240));
  }

  @Test
  void anotherConsoleTriesAgainWhatTheFirstOnePlanned() {
    var vm = guest("web-07", 2, 900);
    lab.fleet.linkFaults.set(1);
    var dies = lab.console();
    long first = lab.move(vm, "kvm-02");
    ended(first);
    dies.kill();
    isDue();
    lab.console();
    assertThat(ended(next(first)).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  @Test
  void aCopyThatThePolicyEndedIsTriedAgainWhenTheGuestMayBeQuieter() {
    var vm = guest("web-07", 2, 900);
    lab.fleet.copyTime = Duration.ofSeconds(30);
    var hasty = lab.console(Duration.ofMillis(400), Duration.ofSeconds(2));
    long first = lab.move(vm, "kvm-02");
    assertThat(ended(first).state()).isEqualTo(MigrationState.ABORTED);
    // one that gives the next attempt the time that it needs
    hasty.kill();
    lab.fleet.copyTime = Duration.ofMillis(100);
    isDue();
    lab.console();
    assertThat(lab.rows.find(first).orElseThrow().attempt().passing())
        .isEqualTo(Passing.NOT_CONVERGED);
    assertThat(ended(next(first)).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  @Test
  void aTargetThatDoesNotAnswerIsAskedAgain() {
    var vm = guest("web-07", 2, 900);
    lab.fleet.host("kvm-02").reachable = false;
    lab.console();
    long first = lab.move(vm, "kvm-02");
    assertThat(ended(first).state()).isEqualTo(MigrationState.REFUSED);
    lab.fleet.host("kvm-02").reachable = true;
    isDue();
    assertThat(ended(next(first)).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.migrations).hasValue(1);
  }

  @Test
  void whatAPersonEndsOrAHostRefusesIsNotTriedAgain() throws InterruptedException {
    var vm = guest("web-07", 2);
    var stop = lab.fleet.stopAt(Point.COPYING);
    // it must not end before the wish to abort is heard
    lab.fleet.copyTime = Duration.ofSeconds(30);
    lab.console();
    long aborted = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.aborts.request(aborted, ANN);
    stop.release();
    assertThat(ended(aborted).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(lab.row(aborted).retry().planned()).isFalse();

    lab.jdbc.sql("update recommendation set state = 'SETTLED'").update();
    lab.jdbc.sql("update host set maintenance = true where name = 'kvm-02'").update();
    long refused = lab.move(vm, "kvm-02");
    assertThat(ended(refused).state()).isEqualTo(MigrationState.REFUSED);
    assertThat(lab.row(refused).retry().planned()).isFalse();
  }

  /** The policy's end of a copy may be tried again, but not once somebody wants it ended. */
  @Test
  void aPersonsWordStandsAboveThePolicys() throws InterruptedException {
    var vm = guest("web-07", 2);
    var stop = lab.fleet.stopAt(Point.AFTER_JOB);
    lab.fleet.copyTime = Duration.ofSeconds(30);
    // long enough for its checks, and it must not end before the person has spoken
    lab.console(Duration.ofSeconds(3), Duration.ofMinutes(2));
    long id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    assertThat(lab.row(id).endsByPolicy()).isTrue();
    lab.aborts.request(id, ANN);
    stop.release();
    assertThat(ended(id).sentence()).startsWith("Aborted by ann");
    assertThat(lab.row(id).retry().planned()).isFalse();
  }

  @Test
  void noneIsTriedAgainWhereThatIsNotAllowed() {
    var vm = guest("web-07", 0);
    lab.fleet.linkFaults.set(1);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.FAILED);
    assertThat(lab.row(id).retry().planned()).isFalse();
    assertThat(lab.finished.getLast().recommendationId()).isNotNull();
  }

  @Test
  void aPersonCancelsWhatIsToBeTriedAgain() {
    var vm = guest("web-07", 2, 900);
    lab.fleet.linkFaults.set(1);
    var console = lab.console();
    long id = lab.move(vm, "kvm-02");
    ended(id);
    assertThat(lab.row(id).retry().planned()).isTrue();
    console.retries.cancel(id, ANN);
    console.retries.cancel(id, new Operator("bob"));
    assertThat(lab.row(id).told()).endsWith("It is not tried again, says ann.");
    assertThat(notAgain(id)).isEqualTo("It is not tried again, says ann.");
    assertThat(ended(lab.move(sameGuest(vm), "kvm-02")).state())
        .isEqualTo(MigrationState.COMPLETED);
    assertThatThrownBy(() -> console.retries.cancel(id + 1, ANN))
        .isInstanceOfSatisfying(
            Problem.class, p -> assertThat(p.code()).isEqualTo(ErrorCode.CONFLICT));
  }

  @Test
  void whatIsNotWantedAnyMoreIsNotTriedAgain() {
    lab.fleet.linkFaults.set(4);
    var console = lab.console();
    long left = lab.move(guest("left", 2, 900), "kvm-02");
    long again = lab.move(guest("again", 2, 900), "kvm-02");
    long expired = lab.move(guest("expired", 2, 900), "kvm-02");
    long forbidden = lab.move(guest("forbidden", 2, 900), "kvm-02");
    for (long id : new long[] {left, again, expired, forbidden}) {
      assertThat(ended(id).retry().planned()).isTrue();
    }
    console.freeze();
    lab.jdbc
        .sql("update vm set host_id = (select id from host where name = 'kvm-03') where id = :vm")
        .param("vm", lab.row(left).vm().value())
        .update();
    lab.jdbc
        .sql("update recommendation set state = 'SETTLED' where vm_id = :vm")
        .param("vm", lab.row(again).vm().value())
        .update();
    lab.aborts.request(lab.move(lab.vm("again"), "kvm-03"), ANN);
    lab.jdbc
        .sql("update recommendation set expires_at = now() - interval '1 s' where vm_id = :vm")
        .param("vm", lab.row(expired).vm().value())
        .update();
    lab.jdbc
        .sql("update vm set move_options = '{\"retries\": 0}' where id = :vm")
        .param("vm", lab.row(forbidden).vm().value())
        .update();
    var settled = lab.givenUp.size();
    isDue();
    lab.console();
    MigrationLab.await("all dropped", () -> lab.givenUp.size() == settled + 4);
    assertThat(notAgain(left)).endsWith("left has left the host that it was to be moved from.");
    assertThat(notAgain(again)).endsWith("another move of again was asked for since.");
    assertThat(notAgain(expired)).contains("expired at");
    assertThat(notAgain(forbidden)).endsWith("that is no longer allowed for forbidden.");
    assertThat(lab.givenUp).allSatisfy(g -> assertThat(g.recommendationId()).isNotNull());
    assertThat(lab.fleet.migrations).hasValue(4);
  }

  @Test
  void whatIsLostIsNotTriedAgain() throws InterruptedException {
    var vm = guest("web-07", 2);
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console(Duration.ofMinutes(15), Duration.ofMillis(300));
    long id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.fleet.host("kvm-02").alive = false;
    stop.release();
    MigrationLab.await("lost", () -> lab.row(id).state() == MigrationState.LOST);
    lab.fleet.host("kvm-02").alive = true;
    assertThat(ended(id).state()).isEqualTo(MigrationState.FAILED);
    assertThat(lab.row(id).retry().planned()).isFalse();
    runsOn(vm, "kvm-01");
  }

  /** Have the time come for all that is to be tried again. */
  private void isDue() {
    lab.jdbc.sql("update migration set retry_at = now() where retry_at is not null").update();
  }

  private @Nullable String notAgain(long id) {
    return lab.rows.find(id).orElseThrow().attempt().notAgain();
  }

  private long next(long id) {
    MigrationLab.await(
        "another attempt", () -> lab.rows.find(id).orElseThrow().attempt().next() != null);
    return Objects.requireNonNull(lab.rows.find(id).orElseThrow().attempt().next());
  }

  private Vm sameGuest(Vm vm) {
    lab.jdbc.sql("update recommendation set state = 'SETTLED'").update();
    return lab.vm(vm.name());
  }

  private Vm guest(String name, int retries) {
    return guest(name, retries, 1);
  }

  private Vm guest(String name, int retries, int seconds) {
    var vm = lab.guest(name, "kvm-01");
    lab.jdbc
        .sql("update vm set move_options = cast(:options as jsonb) where id = :vm")
        .param("options", "{\"retries\": %d, \"retrySeconds\": %d}".formatted(retries, seconds))
        .param("vm", vm.id().value())
        .update();
    return lab.vm(name);
  }
}
