package org.dcbalance.testing;

import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A pool of three hosts with minutes of recorded load up to now: on the first one, of 4 cores, VMs
 * ask for 4.8 and the host itself for 0.2; one VM asks for 0.5 on the second; the third is empty.
 * It is paused, so that no round decides on it.
 */
public final class RecordedPool implements AutoCloseable {
  private final JdbcClient jdbc;
  private final String name;
  private final int minutes;
  private final long pool;
  private final List<Long> hosts = new ArrayList<>();

  /** The same for all, though a minute may end while they are recorded. */
  private final OffsetDateTime minute;

  public RecordedPool(JdbcClient jdbc, String name, int minutes) {
    this.jdbc = jdbc;
    this.name = name;
    this.minutes = minutes;
    minute = jdbc.sql("select date_trunc('minute', now())").query(OffsetDateTime.class).single();
    pool =
        jdbc.sql("insert into pool (name, paused) values (:name, true) returning id")
            .param("name", name)
            .query(Long.class)
            .single();
    for (int host = 1; host <= 3; host++) {
      hosts.add(host(name + "-" + host, new double[] {5.0, 0.7, 0.2}[host - 1]));
    }
    vm(1, hosts.getFirst(), 2.0);
    vm(2, hosts.getFirst(), 1.6);
    vm(3, hosts.getFirst(), 1.2);
    vm(4, hosts.get(1), 0.5);
  }

  public long id() {
    return pool;
  }

  private long host(String hostName, double cores) {
    long host =
        jdbc.sql(
                """
                insert into host (pool_id, name, uri, peer_uri, hypervisor, cores, memory_bytes, state, last_seen)
                values (:pool, :name, 'simulated:///' || :name, 'qemu+tls://' || :name || '/system', 'QEMU', 4,
                  34359738368, 'DOWN', now()) returning id
                """)
            .param("pool", pool)
            .param("name", hostName)
            .query(Long.class)
            .single();
    jdbc.sql(
            """
            insert into host_rollup (resolution, at, host_id, samples, cpu_cores, cpu_cores_max, cores,
              memory_used_bytes, memory_bytes, net_received, net_sent, disk_read, disk_written)
            select 60, cast(:minute as timestamptz) - n * interval '1 minute', :host, 12, :cores, :cores, 4,
              8589934592, 34359738368, 0, 0, 0, 0
            from generate_series(1, :minutes) n
            """)
        .param("host", host)
        .param("cores", cores)
        .param("minute", minute)
        .param("minutes", minutes)
        .update();
    return host;
  }

  private void vm(int number, long host, double cores) {
    long vm = unrecorded(number, host);
    jdbc.sql(
            """
            insert into vm_rollup (resolution, at, vm_id, samples, cpu_cores, cpu_cores_max, memory_bytes,
              net_received, net_sent, disk_read, disk_written)
            select 60, cast(:minute as timestamptz) - n * interval '1 minute', :vm, 12, :cores, :cores,
              2147483648, 0, 0, 0, 0
            from generate_series(1, :minutes) n
            """)
        .param("vm", vm)
        .param("cores", cores)
        .param("minute", minute)
        .param("minutes", minutes)
        .update();
  }

  /** Add a VM of which nothing is recorded. */
  public void unrecorded(int number) {
    unrecorded(number, hosts.getLast());
  }

  private long unrecorded(int number, long host) {
    long vm =
        jdbc.sql(
                """
                insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
                values (gen_random_uuid(), :host, :name, 'RUNNING', 4, 2147483648, 2147483648) returning id
                """)
            .param("host", host)
            .param("name", name + "-vm-" + number)
            .query(Long.class)
            .single();
    jdbc.sql(
            "insert into placement (vm_id, host_id, since, how) values (:vm, :host, now() - interval '9 days', 'found')")
        .param("vm", vm)
        .param("host", host)
        .update();
    return vm;
  }

  @Override
  public void close() {
    jdbc.sql("delete from vm_rollup where vm_id in (select id from vm where host_id in (:hosts))")
        .param("hosts", hosts)
        .update();
    jdbc.sql("delete from host_rollup where host_id in (:hosts)").param("hosts", hosts).update();
    jdbc.sql("delete from vm where host_id in (:hosts)").param("hosts", hosts).update();
    jdbc.sql("delete from host where id in (:hosts)").param("hosts", hosts).update();
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }
}
