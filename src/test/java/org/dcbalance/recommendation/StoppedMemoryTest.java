package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.dcbalance.telemetry.ChangedMemory;
import org.dcbalance.telemetry.LoadHistory;
import org.dcbalance.telemetry.LoadHistory.HostWindow;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.TimeRange;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What is known of the memory of VMs that stand still, arrive, or change it. */
@ConsoleTest
class StoppedMemoryTest {
  private static final long GIB = 1L << 30;

  @Autowired private LoadHistory loads;
  @Autowired private JdbcClient jdbc;
  private long pool;
  private long host;
  private long vm;

  /** A host that uses 70 GiB, 64 of them for its only VM. */
  @BeforeEach
  void setUp() {
    pool =
        id(
            "insert into pool (name, paused) values ('stopped ' || gen_random_uuid(), true) returning id");
    host =
        id(
            "insert into host (pool_id, name, uri, state) values (%d, 'stopped-%d', 'stopped:%d', 'DOWN') returning id"
                .formatted(pool, pool, pool));
    vm =
        id(
            "insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes) values (gen_random_uuid(), %d, 'stopped', 'RUNNING', 1, 1, 1) returning id"
                .formatted(host));
    // midnight may come
    for (var table : new String[] {"host_sample", "vm_sample"}) {
      for (int day = -1; day <= 1; day++) {
        jdbc.sql("select make_sample_partition('%s', current_date + :day)".formatted(table))
            .param("day", day)
            .query()
            .listOfRows();
      }
    }
    moment(10, 70);
  }

  /** Record that so long ago the host used so many GiB, 64 of them for its VM. */
  private void moment(int secondsAgo, int used) {
    jdbc.sql(
            """
            with moment as (select now() - :ago * interval '1 second' as at),
            guest as (
              insert into vm_sample (at, vm_id, host_id, cpu_cores, memory_bytes, net_received, net_sent,
                disk_read, disk_written)
              select at, :vm, :host, 1, 64 * :gib, 0, 0, 0, 0 from moment)
            insert into host_sample (at, host_id, cpu_cores, cores, cpu_summed, memory_used_bytes, memory_bytes,
              net_received, net_sent, disk_read, disk_written)
            select at, :host, 2, 4, false, :used * :gib, 128 * :gib, 0, 0, 0, 0 from moment
            """)
        .param("vm", vm)
        .param("host", host)
        .param("gib", GIB)
        .param("ago", secondsAgo)
        .param("used", used)
        .update();
  }

  @AfterEach
  void forget() {
    jdbc.sql("delete from vm where id = :id").param("id", vm).update();
    jdbc.sql("delete from host where id = :id").param("id", host).update();
    jdbc.sql("delete from pool where id = :id").param("id", pool).update();
  }

  @Test
  void theMemoryOfWhatStandsStillIsItsHostsOwn() {
    assertThat(window().ownMemoryBytes()).isEqualTo(6 * GIB);
    for (var state : new String[] {"PAUSED", "SUSPENDED", "SHUTTING_DOWN", "CRASHED"}) {
      is(state);
      assertThat(window().ownMemoryBytes()).as(state).isEqualTo(70 * GIB);
    }
    // it was sampled while it ran, and has no memory there any more
    is("SHUT_OFF");
    assertThat(window().ownMemoryBytes()).isEqualTo(6 * GIB);
  }

  @Test
  void theMemoryOfWhatArrivesIsNotItsHostsOwn() {
    moment(40, 90);
    moment(200, 72);
    // which VM it is, and where it comes from, does not matter here
    jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, why, requested_by, created_at,
              started_at, finished_at)
            select :pool, :vm, :host, :host, 'COMPLETED', '', 'amy', now(), now() - interval '1 minute',
              now() - interval '45 seconds'
            """)
        .param("pool", pool)
        .param("vm", vm)
        .param("host", host)
        .update();
    assertThat(window().ownMemoryBytes())
        .as("before it, and once its guest counts")
        .isEqualTo(7 * GIB);
    changeMove("finished_at = null");
    assertThat(window().ownMemoryBytes()).as("before it").isEqualTo(8 * GIB);
    changeMove("started_at = now() - interval '1 hour'");
    assertThat(window().ownMemoryBytes()).as("the least in its course").isEqualTo(6 * GIB);
    changeMove("finished_at = now() - interval '50 minutes'");
    assertThat(window().ownMemoryBytes())
        .as("long after it")
        .isCloseTo((8 + 26 + 6) * GIB / 3, within(1L));
  }

  private void changeMove(String how) {
    jdbc.sql("update migration set " + how + " where vm_id = :vm").param("vm", vm).update();
  }

  @Test
  void whatWasMeasuredLongAgoIsNotKnown() {
    jdbc.sql("insert into dirty_measurement values (:vm, now() - interval '25 hours', 1000, 5e9)")
        .param("vm", vm)
        .update();
    assertThat(loads.changedMemory(new PoolId(pool))).isEmpty();
    // the short window was set to two seconds since
    jdbc.sql(
            """
            insert into dirty_measurement values
              (:vm, now() - interval '23 hours', 2000, 1e6), (:vm, now(), 10000, 5e5)
            """)
        .param("vm", vm)
        .update();
    assertThat(loads.changedMemory(List.of(new VmId(vm))))
        .containsEntry(new VmId(vm), new ChangedMemory(new ByteRate(1e6), new Memory(5_000_000)));
  }

  private void is(String state) {
    jdbc.sql("update vm set state = :state where id = :id")
        .param("state", state)
        .param("id", vm)
        .update();
  }

  private HostWindow window() {
    return Objects.requireNonNull(
        loads
            .hostWindows(new PoolId(pool), TimeRange.last(Duration.ofMinutes(5), Instant.now()))
            .get(new HostId(host)));
  }

  private long id(String sql) {
    return jdbc.sql(sql).query(Long.class).single();
  }
}
