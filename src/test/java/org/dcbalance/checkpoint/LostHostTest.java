package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.checkpoint.CheckpointSchedules.NewSchedule;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Checkpoints of a host that was lost or removed, as the console's own runners see to them. */
@ConsoleTest
class LostHostTest {
  private static final Operator AMY = new Operator("amy");

  @Autowired private CheckpointRows rows;
  @Autowired private RestoreRows restores;
  @Autowired private ClusterRows clusters;
  @Autowired private CheckpointSchedules schedules;
  @Autowired private TransactionTemplate transaction;
  @Autowired private JdbcClient jdbc;
  private long pool;
  private long host;
  private VmId vm = new VmId(0);
  private long checkpoint;

  @BeforeEach
  void lose() {
    pool =
        jdbc.sql("insert into pool (name) values ('lost ' || gen_random_uuid()) returning id")
            .query(Long.class)
            .single();
    host =
        number(
            """
            insert into host (pool_id, name, uri, state)
            values (:id, 'lost-' || gen_random_uuid(), 'qemu+tcp://127.0.0.1:9/' || gen_random_uuid(), 'DOWN')
            returning id
            """,
            pool);
    vm =
        new VmId(
            number(
                """
                insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
                values (gen_random_uuid(), :id, 'lost-db', 'RUNNING', 1, 1, 1) returning id
                """,
                host));
    checkpoint =
        number(
            """
            insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why, requested_by,
              sentence)
            select v.id, h.pool_id, h.id, 'cp', 'dcb-lost', 'CLEANING', true, '', 'amy',
              'No route to host. Left to do: No route to host.'
            from vm v join host h on h.id = v.host_id where v.id = :id returning id
            """,
            vm.value());
    rows.planned(
        checkpoint, "dcb-lost", List.of(new FrozenDisk("vda", "/images/db", "/images/db.over")));
  }

  @AfterEach
  void forget() {
    for (var sql :
        List.of(
            "delete from vm where host_id in (select id from host where pool_id = :id)",
            "delete from host where pool_id = :id",
            "delete from pool where id = :id")) {
      jdbc.sql(sql).param("id", pool).update();
    }
  }

  private long number(String sql, long id) {
    return jdbc.sql(sql).param("id", id).query(Long.class).single();
  }

  @Test
  void isNotWaitedForOnceItIsSaidToBeOff() {
    Await.pause(Duration.ofSeconds(2));
    assertThat(rows.find(checkpoint).orElseThrow().state())
        .as("it may answer again")
        .isEqualTo(State.CLEANING);
    assertThat(rows.work(vm)).isPresent();
    number(
        """
        insert into host_fencing (host_id, why, stated_by) values (:id, 'its power was cut', 'amy')
        returning id
        """,
        host);
    var end = ended(checkpoint, State.FAILED);
    assertThat(end.sentence())
        .startsWith("No route to host. ")
        .contains("was said to be off", "volumes that begin with dcb-lost.")
        .endsWith(
            "What lost-db wrote last may be in overlays beside its disks that end in .dcb-lost.");
    assertThat(rows.work(vm)).as("it can be restored elsewhere").isEmpty();
  }

  @Test
  void isNotWaitedForOnceItWasRemoved() {
    jdbc.sql("update host set removed_at = now() where id = :id").param("id", host).update();
    ended(checkpoint, State.FAILED);
  }

  /** What waits there may do so for days. */
  @Test
  void keepsNoOtherFromItsTurn() {
    var other =
        new VmId(
            number(
                """
                insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
                values (gen_random_uuid(), :id, 'lost-web', 'RUNNING', 1, 1, 1) returning id
                """,
                host));
    transaction.executeWithoutResult(
        status -> {
          // the console's own runner would take it
          status.setRollbackOnly();
          long next =
              number(
                  """
                  insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why, requested_by)
                  select v.id, h.pool_id, h.id, 'cp', 'dcb-next', 'PENDING', true, '', 'amy'
                  from vm v join host h on h.id = v.host_id where v.id = :id returning id
                  """,
                  other.value());
          var waits = rows.find(next).orElseThrow();
          assertThat(CheckpointRunner.hasTurn(waits, rows.open(), id -> id == checkpoint)).isTrue();
          assertThat(CheckpointRunner.hasTurn(waits, rows.open(), id -> id == next))
              .as("one is taken at a time")
              .isFalse();
        });
  }

  @Test
  void nothingIsRestoredFromWhatWasFoundDamagedMeanwhile() {
    var id = new long[1];
    transaction.executeWithoutResult(
        status -> {
          jdbc.sql("update checkpoint set state = 'DAMAGED' where id = :id")
              .param("id", checkpoint)
              .update();
          var of = rows.find(checkpoint).orElseThrow();
          id[0] = restores.add(of, new HostId(host), Manner.EAGER, true, AMY);
        });
    var end =
        Await.until(
            "the end of the restore",
            Duration.ofSeconds(20),
            () -> restores.find(id[0]),
            found -> found.state() == RestoreState.FAILED);
    assertThat(end.sentence())
        .isEqualTo(
            "Checkpoint %d of lost-db is damaged now, so nothing was restored from it."
                .formatted(checkpoint));
  }

  @Test
  void aScheduleOfWhatIsOnAHostThatWasRemovedKeepsNoOtherFromItsTurn() {
    try {
      long lost = nightly(vm);
      long other = nightly(new VmId(AnyVm.id(jdbc)));
      jdbc.sql("update host set removed_at = now() where id = :id").param("id", host).update();
      jdbc.sql("update checkpoint set state = 'FAILED' where id = :id")
          .param("id", checkpoint)
          .update();
      jdbc.sql("update checkpoint_schedule set seen_to_at = now() - interval '3 days'").update();
      assertThat(trouble(other)).startsWith("No checkpoints are taken on ");
      assertThat(trouble(lost)).isEqualTo("The host of lost-db is not known any more.");
    } finally {
      jdbc.sql("delete from checkpoint_schedule").update();
    }
  }

  private long nightly(VmId of) {
    return schedules.add(new NewSchedule(of, null, null, "0 30 2 * * *", 7, null, null), AMY);
  }

  private String trouble(long schedule) {
    return Await.until(
        "the schedule to be seen to",
        Duration.ofSeconds(20),
        () ->
            jdbc.sql("select trouble from checkpoint_schedule where id = :id")
                .param("id", schedule)
                .query(String.class)
                .single(),
        trouble -> !trouble.isEmpty());
  }

  private Checkpoint ended(long id, State as) {
    return Await.until(
        "the end of the checkpoint",
        Duration.ofSeconds(20),
        () -> rows.find(id).orElseThrow(),
        found -> found.state() == as);
  }

  @Test
  void aClusterIsNotBroughtBackForEverOnAHostThatWasRemoved() {
    var ids = new long[2];
    transaction.executeWithoutResult(
        status -> {
          jdbc.sql("update checkpoint set state = 'COMPLETE' where id = :id")
              .param("id", checkpoint)
              .update();
          jdbc.sql("update host set removed_at = now() where id = :id").param("id", host).update();
          long cluster = clusters.add(new PoolId(pool), "lost shop", List.of(vm), AMY);
          long taken = clusters.addTaken(cluster, VirtualCluster.Manner.BLOCKING, "", AMY);
          clusters.end(taken, VirtualCluster.State.COMPLETE, "");
          rows.join(checkpoint, taken);
          var of = rows.find(checkpoint).orElseThrow();
          long restore = restores.add(of, new HostId(host), Manner.EAGER, true, AMY);
          restores.join(restore, clusters.addRestore(taken, AMY));
          ids[0] = taken;
          ids[1] = restore;
        });
    var end =
        Await.until(
            "the end of the restore",
            Duration.ofSeconds(20),
            () -> clusters.findTaken(ids[0]).orElseThrow().restores().getFirst(),
            found -> found.state() == VirtualCluster.RestoreState.FAILED);
    assertThat(end.sentence()).contains("was removed from the inventory before lost-db");
    assertThat(restores.find(ids[1]).state()).isEqualTo(RestoreState.FAILED);
    assertThat(rows.work(vm)).isEmpty();
  }
}
