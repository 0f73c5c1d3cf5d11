package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.dcbalance.access.Role;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.Test;

/** A pool of more hosts, and a host of more VMs, than can be told apart in a chart. */
@ConsolePagesTest
class ManyHostsTest extends SimulatedPages {
  @Test
  void chartsNameSixAndFilesHaveAll() {
    long pool =
        jdbc.sql("insert into pool (name, paused) values ('many', true) returning id")
            .query(Long.class)
            .single();
    try (var viewer = as(Role.VIEWER)) {
      jdbc.sql(
              """
              with many as (
                insert into host (pool_id, name, uri, cores, memory_bytes, state, maintenance)
                select :pool, 'many-' || n, 'simulated:///many-' || n, 4, 1024, 'DOWN', true
                from generate_series(1, 9) n returning id, right(name, 1)::int as n),
              guests as (
                insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
                select gen_random_uuid(), id, 'guest-' || g, 'RUNNING', 1, 1024, 1024
                from many cross join generate_series(1, 8) g where n = 1 returning id, right(name, 1)::int as n),
              load as (
                insert into vm_rollup (resolution, at, vm_id, samples, cpu_cores, cpu_cores_max, memory_bytes,
                  net_received, net_sent, disk_read, disk_written)
                select 60, date_trunc('minute', now()) - interval '2 hours', id, 12, n * 0.1, n * 0.1, 1024, 0, 0, 0, 0
                from guests)
              insert into host_rollup (resolution, at, host_id, samples, cpu_cores, cpu_cores_max, cores,
                memory_used_bytes, memory_bytes, net_received, net_sent, disk_read, disk_written)
              select 60, date_trunc('minute', now()) - interval '2 hours', id, 12, n * 0.4, n * 0.4, 4, 512, 1024, 0, 0, 0, 0
              from many
              """)
          .param("pool", pool)
          .update();
      var day = "?from=" + Instant.now().minusSeconds(86_400) + "&to=" + Instant.now();
      var path = "/api/v1/pools/" + pool + "/load";
      // 0.1, 0.2 and 0.3 of their cores
      assertThat(viewer.page(path + day))
          .contains("\"many-9\"", "\"many-4\"", "\"3 others, mean\"", ",0.2")
          .doesNotContain("\"many-3\"");
      assertThat(viewer.page(path + ".csv" + day).lines())
          .hasSize(10)
          .anyMatch(line -> line.contains(",many-1,0.1"));
      long first = jdbc.sql("select id from host where name = 'many-1'").query(Long.class).single();
      var guests = "/api/v1/hosts/" + first + "/vm-load";
      // 0.1 and 0.2 cores
      assertThat(viewer.page(guests + day))
          .contains("\"guest-8\"", "\"guest-3\"", "\"2 others, together\"", ",0.3")
          .doesNotContain("\"guest-2\"");
      assertThat(viewer.page(guests + ".csv" + day).lines()).hasSize(9);
      assertThat(viewer.page("/pools/" + pool)).contains(path + ".csv", "CPU of its hosts");
      assertThat(viewer.page("/hosts/" + first)).contains(guests + ".csv");
    } finally {
      jdbc.sql(
              "delete from vm_rollup where vm_id in (select v.id from vm v join host h on h.id = v.host_id where h.pool_id = :pool)")
          .param("pool", pool)
          .update();
      jdbc.sql(
              "delete from host_rollup where host_id in (select id from host where pool_id = :pool)")
          .param("pool", pool)
          .update();
      jdbc.sql("delete from vm where host_id in (select id from host where pool_id = :pool)")
          .param("pool", pool)
          .update();
      jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
      jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
    }
  }
}
