package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.helper.HostHelper.Split;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

/** Leases of memory in PostgreSQL, of a checkpoint that is only a row. */
@ConsoleTest
class MemoryLeasesTest {
  private static final Operator AMY = new Operator("amy");

  @Autowired private MemoryLeases leases;
  @Autowired private FastCopies copies;
  @Autowired private Checkpoints checkpoints;
  @Autowired private Leadership leadership;
  @Autowired private JdbcClient jdbc;
  private VmId vm = new VmId(0);
  private HostId host = new HostId(0);
  private long checkpoint;

  @BeforeEach
  void add() {
    vm = new VmId(AnyVm.id(jdbc));
    host = new HostId(number("select host_id from vm where id = :id", vm.value()));
    checkpoint =
        number(
            """
            insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why, requested_by,
              captured_at)
            select v.id, h.pool_id, h.id, 'cp', 'test', 'COMPLETE', true, 'test', 'amy', clock_timestamp()
            from vm v join host h on h.id = v.host_id where v.id = :id returning id
            """,
            vm.value());
  }

  @AfterEach
  void tidyUp() {
    jdbc.sql("delete from checkpoint where prefix = 'test'").update();
  }

  private long number(String sql, long id) {
    return jdbc.sql(sql).param("id", id).query(Long.class).single();
  }

  private void ready() {
    // of this epoch, or else the running console may give it up
    assertThat(copies.make(checkpoint, leadership.epoch().orElseThrow())).isTrue();
    copies.ready(checkpoint, new Split(1 << 20, 1 << 19, 1, "ab", 3, 5));
  }

  private long lease(String restoreState) {
    long restore =
        jdbc.sql(
                """
                insert into checkpoint_restore (checkpoint_id, vm_id, host_id, state, manner, replaces, requested_by)
                values (:checkpoint, :vm, :host, :state, 'LAZY', true, 'amy') returning id
                """)
            .param("checkpoint", checkpoint)
            .param("vm", vm.value())
            .param("host", host.value())
            .param("state", restoreState)
            .query(Long.class)
            .single();
    return leases.begin(checkpoint, restore, host, vm);
  }

  private State state() {
    return checkpoints.find(checkpoint).state();
  }

  @Test
  void keepsAMemoryFromBeingDeletedWhileAGuestMapsIt() {
    ready();
    long lease = lease("DONE");
    assertThat(checkpoints.find(checkpoint).fast().leased()).contains(" on ");
    assertThatThrownBy(() -> checkpoints.delete(checkpoint, AMY))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("runs on the memory of this checkpoint");
    assertThat(state()).as("nothing of it is deleted").isEqualTo(State.COMPLETE);
    leases.end(lease);
    checkpoints.delete(checkpoint, AMY);
    assertThat(state()).isEqualTo(State.DELETING);
  }

  @Test
  void keepsAMemoryUntilTheLastOfSeveralGuestsLeftIt() {
    ready();
    long first = lease("DONE");
    long second = lease("DONE");
    leases.end(first);
    assertThatThrownBy(() -> checkpoints.delete(checkpoint, AMY)).isInstanceOf(Problem.class);
    leases.end(second);
    assertThat(copies.whyKept(checkpoint)).isNull();
  }

  @Test
  void keepsWhatIsBeingPrepared() {
    copies.make(checkpoint, leadership.epoch().orElseThrow());
    assertThatThrownBy(() -> checkpoints.delete(checkpoint, AMY))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("being prepared");
    copies.end(checkpoint, FastCopy.State.FAILED, "No room.");
    checkpoints.delete(checkpoint, AMY);
    assertThat(copies.make(checkpoint, 1)).as("nobody prepares what is being deleted").isFalse();
  }

  @Test
  void keepsNothingForWhatNobodyGoesOnToPrepare() {
    isGivenUp();
    checkpoints.delete(checkpoint, AMY);
    assertThat(state()).isEqualTo(State.DELETING);
  }

  @Test
  void keepsNothingForAHostThatWasRemovedWithItsHelper() {
    long removed =
        number(
            """
            insert into host (pool_id, name, uri, removed_at)
            select pool_id, 'removed', 'qemu+tcp://127.0.0.1:9/system', now() from host where id = :id
            returning id
            """,
            host.value());
    try {
      number(
          """
          insert into host_helper (host_id, address, port, login, key_file, host_key, version, hook,
            security, emulator_user, set_by, set_at)
          values (:id, '127.0.0.1', 9, 'dcb', '/none', 'none', 1, 'ready', '{}', 'none', 'amy',
            now() - interval '1 day')
          returning host_id
          """,
          removed);
      jdbc.sql("update checkpoint set host_id = :host where id = :id")
          .param("host", removed)
          .param("id", checkpoint)
          .update();
      isGivenUp();
    } finally {
      jdbc.sql("delete from host where id = :id").param("id", removed).update();
    }
  }

  private void isGivenUp() {
    copies.make(checkpoint, 0);
    var left =
        Await.until(
            "its end",
            Duration.ofSeconds(20),
            () -> copies.of(checkpoint).orElseThrow(),
            fast -> fast.state() == FastCopy.State.FAILED);
    assertThat(left.sentence()).contains("nobody can go on with that");
  }

  @Test
  void outlivesTheConsoleThatBeganIt() {
    ready();
    long lease = lease("RESTORING");
    var open = leases.open().stream().filter(l -> l.id() == lease).toList();
    assertThat(open).hasSize(1);
    assertThat(open.getFirst().prefix()).isEqualTo("test");
    assertThat(leases.beingRestored(open.getFirst())).as("its guest may start yet").isTrue();
    jdbc.sql("update checkpoint_restore set state = 'FAILED' where checkpoint_id = :id")
        .param("id", checkpoint)
        .update();
    assertThat(leases.beingRestored(open.getFirst())).isFalse();
  }

  @Test
  // the runner of the console under test must not see it
  @Transactional
  void asksOnceWhatAGuestNeededFirst() {
    ready();
    long lease = lease("DONE");
    assertThat(leases.untouched(Duration.ofSeconds(10))).isEmpty();
    jdbc.sql("update memory_lease set since = since - interval '11 seconds'").update();
    assertThat(leases.untouched(Duration.ofSeconds(10)))
        .extracting(MemoryLeases.Lease::id)
        .isEqualTo(List.of(lease));
    leases.touched(lease);
    copies.touched(checkpoint, 77);
    assertThat(leases.untouched(Duration.ofSeconds(10))).isEmpty();
    var fast = copies.of(checkpoint).orElseThrow();
    assertThat(fast.touchedPages()).isEqualTo(77);
    assertThat(fast.touchedFrom()).isEqualTo(FastCopy.Source.RESTORE);
  }
}
