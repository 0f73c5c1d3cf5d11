package org.dcbalance.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Read what every host and VM uses at present: means over the last samples. */
@Component
public class NewestLoad {
  /** Long enough to even out single samples, short enough to be called "now". */
  private static final Duration WINDOW = Duration.ofMinutes(1);

  private final JdbcClient jdbc;

  NewestLoad(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * A host's load; network and disk in bytes per second, in and out together.
   *
   * @param cpu share of its cores, 0 to 1
   */
  public record HostNow(
      long hostId, double cpu, long memoryUsedBytes, double network, double disk, Instant newest) {}

  /** A VM's load; CPU in cores, network and disk in bytes per second, in and out together. */
  public record VmNow(long vmId, double cpuCores, double network, double disk) {}

  /** Give the load of all hosts that have samples within the last minute. */
  public Map<HostId, HostNow> hosts() {
    var found = new HashMap<HostId, HostNow>();
    jdbc.sql(
            """
            select h.id as host_id, s.* from host h join lateral (
              select avg(cpu_cores / nullif(cores, 0)) as cpu,
                cast(avg(memory_used_bytes) as bigint) as memory_used_bytes,
                avg(net_received + net_sent) as network, avg(disk_read + disk_written) as disk,
                max(at) as newest
              from host_sample where host_id = h.id and at >= :since and at < :soon) s on s.newest is not null
            where h.removed_at is null
            """)
        .params(window())
        .query(HostNow.class)
        .list()
        .forEach(now -> found.put(new HostId(now.hostId()), now));
    return found;
  }

  /** Give the load of those of the VMs that have samples within the last minute. */
  public Map<VmId, VmNow> vms(Collection<VmId> ids) {
    var found = new HashMap<VmId, VmNow>();
    jdbc.sql(
            """
            select v.id as vm_id, s.cpu_cores, s.network, s.disk from vm v join lateral (
              select count(*) as samples, avg(cpu_cores) as cpu_cores,
                avg(net_received + net_sent) as network, avg(disk_read + disk_written) as disk
              from vm_sample where vm_id = v.id and at >= :since and at < :soon) s on s.samples > 0
            where v.id = any(:ids)
            """)
        .params(window())
        .param("ids", ids.stream().map(VmId::value).toArray(Long[]::new))
        .query(VmNow.class)
        .list()
        .forEach(now -> found.put(new VmId(now.vmId()), now));
    return found;
  }

  /** Give when the newest sample of each host was taken, however long ago. */
  public Map<HostId, Instant> samples() {
    var found = new HashMap<HostId, Instant>();
    jdbc.sql(
            """
            select h.id, s.at from host h join lateral (
              select at from host_sample where host_id = h.id order by at desc limit 1) s on true
            where h.removed_at is null
            """)
        .query(
            row -> {
              found.put(
                  new HostId(row.getLong("id")),
                  row.getObject("at", OffsetDateTime.class).toInstant());
            });
    return found;
  }

  /** Bounded at both ends, so that the partitions of the days to come are not looked into. */
  private static Map<String, OffsetDateTime> window() {
    var now = OffsetDateTime.now(ZoneOffset.UTC);
    return Map.of("since", now.minus(WINDOW), "soon", now.plus(WINDOW));
  }
}
