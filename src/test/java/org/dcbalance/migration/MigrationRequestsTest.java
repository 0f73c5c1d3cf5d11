package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.inventory.Vm;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Asks for moves at once, twice, for too many and in vain, and aborts them. */
class MigrationRequestsTest extends MigrationFaults {
  @Test
  void aMoveToAHostThatWasTakenOutOfTheInventoryIsRefused() {
    var vm = lab.guest("web-07", "kvm-01");
    long id = lab.move(vm, "kvm-02");
    lab.jdbc.sql("update host set removed_at = now() where name = 'kvm-02'").update();
    lab.console();
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence()).startsWith("kvm-02 was removed from the inventory.");
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
    var asked = lab.migrations.findByStateInOrderById(MigrationState.OPEN);
    assertThat(asked).hasSize(1);
    lab.console();
    ended(asked.getFirst().id());
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
    assertThat(lab.rows.find(id).orElseThrow().failed()).isFalse();
    assertThat(lab.finished).singleElement().satisfies(f -> assertThat(f.failed()).isFalse());
    runsOn(vm, "kvm-01");
    lab.aborts.request(id, ANN);
  }

  @Test
  void whatWasSentInVainIsKeptAndTeachesNothing() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.copyTime = Duration.ofMinutes(5);
    lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("figures", () -> lab.rows.find(id).orElseThrow().progress() != null);
    lab.aborts.request(id, ANN);
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    var row = lab.rows.find(id).orElseThrow();
    var last = Objects.requireNonNull(row.progress());
    assertThat(row.bytes()).isEqualTo(last.processedBytes());
    assertThat(row.totalMillis()).isEqualTo(last.elapsedMillis());
    assertThat(row.iterations()).isEqualTo(1);
    assertThat(row.sourceCpu()).isNotNull();
    assertThat(row.targetCpu()).isNotNull();
    assertThat(row.downtimeMillis()).isNull();
    var history = new MoveHistory(lab.jdbc);
    assertThat(history.forecasts(vm)).isEmpty();
    assertThat(history.route(lab.host("kvm-01"), lab.host("kvm-02")).learnt()).isFalse();
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

  /** Until its host is told to copy nothing has to be aborted there. */
  @Test
  void takesBackAMoveThatStillWaitsWhereTheHostCannotAbort() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.jdbc
        .sql("update host set missing = '{\"ABORT\": \"The tool stack has no abort.\"}'")
        .update();
    var host = lab.fleet.host("kvm-01");
    // somebody moves its balloon, which is waited for
    host.balloon(vm.uuid()).crawls(1);
    host.setMemory(vm.uuid(), Memory.ofMiB(400));
    lab.console();
    var id = lab.move(vm, "kvm-02");
    MigrationLab.await("a look", () -> lab.row(id).phase() == Phase.CHECKS);
    lab.aborts.request(id, ANN);
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.ABORTED);
    assertThat(end.sentence()).isEqualTo("Aborted by ann before anything was copied.");
    assertThat(lab.fleet.migrations).hasValue(0);
  }

  /** Nobody looked at it by hand, and its figures are old. */
  @Test
  void whatNobodyApprovedByHandDoesNotBeginOnceItHasExpired() {
    var vm = lab.guest("web-07", "kvm-01");
    var id = lab.move(vm, "kvm-02");
    lab.jdbc.sql("update recommendation set expires_at = now() - interval '1 minute'").update();
    var byHand = lab.move(lab.guest("web-08", "kvm-01"), "kvm-02");
    lab.jdbc
        .sql("update migration set requested_by = :by where id = :id")
        .param("by", Operator.DCBALANCE.name())
        .param("id", id)
        .update();
    lab.jdbc.sql("update recommendation set expires_at = now() - interval '1 minute'").update();
    lab.console();
    assertThat(ended(id).state()).isEqualTo(MigrationState.REFUSED);
    assertThat(ended(id).sentence())
        .startsWith("Nobody approved it by hand, and it waited too long: recommendation ")
        .contains(" expired at ");
    assertThat(ended(byHand).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void aProposedMoveDoesNotBreakARuleThatWasMadeSince() {
    var vm = lab.guest("web-07", "kvm-01");
    var other = lab.guest("web-08", "kvm-02");
    var id = lab.move(vm, "kvm-02");
    apart(vm, other, 1, null);
    refusedByTheRule(id);
  }

  @Test
  void aProposedMoveDoesNotBreakARuleThatWasChangedSince() {
    var vm = lab.guest("web-07", "kvm-01");
    var other = lab.guest("web-08", "kvm-02");
    var id = lab.move(vm, "kvm-02");
    apart(vm, other, -3600, 1);
    refusedByTheRule(id);
  }

  /** Only for the time of a plan's moves, perhaps: that is for the round to judge. */
  @Test
  void aProposedMoveMayBreakARuleThatItsPlanKnew() {
    var vm = lab.guest("web-07", "kvm-01");
    var other = lab.guest("web-08", "kvm-02");
    var id = lab.move(vm, "kvm-02");
    apart(vm, other, -7200, -3600);
    lab.console();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
  }

  /** Part two guests by a hard rule that was added, and perhaps changed, so many seconds hence. */
  private void apart(Vm one, Vm other, int added, @Nullable Integer changed) {
    lab.jdbc
        .sql(
            """
            with made as (
              insert into placement_rule (pool_id, name, kind, hard, added_by, added_at, changed_at)
              values (:pool, 'web servers apart', 'APART', true, 'ann',
                now() + :added * interval '1 second', now() + cast(:changed as int) * interval '1 second')
              returning id)
            insert into placement_rule_vm (rule_id, vm_id)
            select made.id, v.id from made, vm v where v.id in (:one, :other)
            """)
        .param("pool", lab.host("kvm-01").poolId().value())
        .param("added", added)
        .param("changed", changed)
        .param("one", one.id().value())
        .param("other", other.id().value())
        .update();
  }

  private void refusedByTheRule(long id) {
    lab.console();
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence()).contains("It would break the rule \"web servers apart\"");
    assertThat(refusedByTarget(id)).isFalse();
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
        .sql("update host set last_seen = now() - interval '1 hour' where name = 'kvm-02'")
        .update();
    lab.console();
    var end = ended(lab.move(vm, "kvm-02"));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence())
        .contains("its disk vda (/var/lib/db.qcow2) is not on storage marked as shared in pool lab")
        .contains("kvm-02 refused db-01: its CPU lacks avx2.")
        .contains("kvm-02 has no memory for db-01")
        .contains("What is known of kvm-02 is too old");
    assertThat(lab.fleet.migrations).hasValue(0);
    assertThat(lab.finished).singleElement().satisfies(f -> assertThat(f.succeeded()).isFalse());
    runsOn(vm, "kvm-01");
    assertThat(refusedByTarget(end.id())).isTrue();
    assertThatThrownBy(() -> lab.moves.request(vm.id(), lab.host("kvm-02").id(), ANN, "", null))
        .isInstanceOf(TargetRefused.class);
  }

  @Test
  void aGuestOnHugePagesNeedsSuchOfItsTarget() {
    var first = lab.guest("web-07", "kvm-01");
    var second = lab.guest("db-01", "kvm-01");
    lab.fleet.host("kvm-01").onHugePages = true;
    lab.fleet.host("kvm-02").used = Memory.ofGiB(16);
    lab.fleet.host("kvm-02").hugeFree = Memory.ofMiB(512);
    lab.console();
    assertThat(ended(lab.move(first, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
    lab.fleet.host("kvm-02").hugeFree = Memory.ofMiB(256);
    var end = ended(lab.move(second, "kvm-02"));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence())
        .contains(
            "kvm-02 has no memory for db-01: it needs 512 MiB, and kvm-02 has 256 MiB free in huge"
                + " pages.");
  }

  private boolean refusedByTarget(long id) {
    return lab.jdbc
        .sql("select target_refused from migration where id = :id")
        .param("id", id)
        .query(Boolean.class)
        .single();
  }
}
