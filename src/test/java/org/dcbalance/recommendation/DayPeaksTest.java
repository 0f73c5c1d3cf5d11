package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.dcbalance.telemetry.LoadHistory;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.TimeRange;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What a VM asks for at its peaks, by the minutes of a day. */
@ConsoleTest
class DayPeaksTest {
  @Autowired private LoadHistory loads;
  @Autowired private JdbcClient jdbc;

  @Test
  void aDaysPeakIsTheNinetyFifthPercentileOfItsMinutesOnceEnoughAreKnown() {
    long pool = id("insert into pool (name, paused) values ('peaks', true) returning id");
    long host =
        id(
            "insert into host (pool_id, name, uri, removed_at) values (%d, 'peaks', 'peaks', now()) returning id"
                .formatted(pool));
    long vm = vm(host);
    long fresh = vm(host);
    // four hundred minutes of 0.00, 0.01 and so on, and ten of another one
    minutes(vm, 400);
    minutes(fresh, 10);

    var day = TimeRange.last(Duration.ofDays(1), Instant.now());
    var highs = loads.vmCpuHighs(new PoolId(pool), day, 360);
    assertThat(highs).containsOnlyKeys(new VmId(vm));
    assertThat(Objects.requireNonNull(highs.get(new VmId(vm)))).isCloseTo(3.79, within(0.02));
  }

  private long vm(long host) {
    return id(
        "insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes, gone_since) values (gen_random_uuid(), %d, 'peaks', 'RUNNING', 1, 1, 1, now()) returning id"
            .formatted(host));
  }

  private void minutes(long vm, int count) {
    jdbc.sql(
            """
            insert into vm_rollup (resolution, at, vm_id, samples, cpu_cores, cpu_cores_max, memory_bytes,
              net_received, net_sent, disk_read, disk_written)
            select 60, date_trunc('minute', now()) - n * interval '1 minute', :vm, 12, n / 100.0, 9, 1, 0, 0, 0, 0
            from generate_series(1, :count) n
            """)
        .param("vm", vm)
        .param("count", count)
        .update();
  }

  private long id(String sql) {
    return jdbc.sql(sql).query(Long.class).single();
  }
}
