package org.dcbalance.telemetry;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.TimeRange;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Read the recorded load: windows for decisions, series for charts. */
@Component
public class LoadHistory {
  private final JdbcClient jdbc;
  private final TelemetrySettings settings;

  LoadHistory(JdbcClient jdbc, TelemetrySettings settings) {
    this.jdbc = jdbc;
    this.settings = settings;
  }

  /**
   * Sum up a VM's samples of a window: means, and 95th percentiles of each resource by itself.
   * Memory in bytes, network and disk in bytes per second, in and out together.
   */
  public record VmWindow(
      long vmId,
      int samples,
      double cpuCores,
      double cpuCoresHigh,
      long memoryBytes,
      double network,
      double networkHigh,
      double disk,
      double diskHigh) {}

  /**
   * Sum up a host's samples of a window.
   *
   * @param ownCpuCores what the host used beyond its guests, mean
   * @param ownMemoryBytes what it used beyond what its guests have, mean over the moments in which
   *     none arrived; the least of them where one always did
   * @param cpuSummed whether the guests' sum stands in for the host's own counters
   */
  public record HostWindow(
      long hostId,
      int samples,
      double cpuCores,
      double ownCpuCores,
      long memoryUsedBytes,
      long ownMemoryBytes,
      boolean cpuSummed,
      Instant newest) {}

  /** The newest dirty-rate measurements of a VM, in bytes per second over a window. */
  public record DirtyMeasurement(long vmId, Instant at, int windowMillis, double bytesPerSecond) {
    public Duration window() {
      return Duration.ofMillis(windowMillis);
    }
  }

  /** How long it takes until there is a newer sample. */
  public Duration period() {
    return settings.period();
  }

  /** How many samples of a host a full window holds. */
  public int expectedSamples(Duration window) {
    return (int) Math.max(1, window.toMillis() / settings.period().toMillis());
  }

  public Map<VmId, VmWindow> vmWindows(PoolId pool, TimeRange range) {
    var windows = new HashMap<VmId, VmWindow>();
    jdbc.sql(
            """
            select s.vm_id, count(*) as samples, avg(s.cpu_cores) as cpu_cores,
              percentile_cont(0.95) within group (order by s.cpu_cores) as cpu_cores_high,
              cast(avg(s.memory_bytes) as bigint) as memory_bytes,
              avg(s.net_received + s.net_sent) as network,
              percentile_cont(0.95) within group (order by s.net_received + s.net_sent) as network_high,
              avg(s.disk_read + s.disk_written) as disk,
              percentile_cont(0.95) within group (order by s.disk_read + s.disk_written) as disk_high
            from vm_sample s
            where s.vm_id = any(array(
                select v.id from vm v join host h on h.id = v.host_id where h.pool_id = :pool))
              and s.at >= :from and s.at < :to
            group by s.vm_id
            """)
        .param("pool", pool.value())
        .param("from", utc(range.from()))
        .param("to", utc(range.to()))
        .query(LoadHistory::vmWindow)
        .list()
        .forEach(w -> windows.put(new VmId(w.vmId()), w));
    return windows;
  }

  /** There are as many as VMs: a mapper that finds out what there is takes longer than the rest. */
  private static VmWindow vmWindow(ResultSet row, int number) throws SQLException {
    return new VmWindow(
        row.getLong("vm_id"),
        row.getInt("samples"),
        row.getDouble("cpu_cores"),
        row.getDouble("cpu_cores_high"),
        row.getLong("memory_bytes"),
        row.getDouble("network"),
        row.getDouble("network_high"),
        row.getDouble("disk"),
        row.getDouble("disk_high"));
  }

  /**
   * Give the 95th percentile of each VM's CPU over minutes, in cores, of VMs of which enough is
   * recorded.
   *
   * @param minutes how many minutes are enough
   */
  public Map<VmId, Double> vmCpuHighs(PoolId pool, TimeRange range, int minutes) {
    var highs = new HashMap<VmId, Double>();
    jdbc.sql(
            """
            select r.vm_id, percentile_cont(0.95) within group (order by r.cpu_cores) as high
            from vm_rollup r join vm v on v.id = r.vm_id join host h on h.id = v.host_id
            where h.pool_id = :pool and r.resolution = 60 and r.at >= :from and r.at < :to
            group by r.vm_id having count(*) >= :minutes
            """)
        .param("pool", pool.value())
        .param("from", utc(range.from()))
        .param("to", utc(range.to()))
        .param("minutes", minutes)
        .query((row, _) -> highs.put(new VmId(row.getLong("vm_id")), row.getDouble("high")))
        .list();
    return highs;
  }

  /**
   * Give what the hosts of a pool used over a range, in all and apart from the VMs that balancing
   * moves. Those that stand still have their memory on a host all the same, so it is the host's own
   * here. One that arrives has it there as well, and is none of its guests yet: it counts with the
   * VMs, so it is not the host's own.
   */
  public Map<HostId, HostWindow> hostWindows(PoolId pool, TimeRange range) {
    var windows = new HashMap<HostId, HostWindow>();
    // no join: the newest samples are beyond what the planner knows of, and where it expects few it
    // may add the guests up again for each sample of a host
    jdbc.sql(
            """
            with members as (select id from host where pool_id = :pool),
            stopped as (
              select id, host_id from vm where host_id = any(array(select id from members))
                and moving_to is null and gone_since is null
                and state in ('PAUSED', 'SUSPENDED', 'SHUTTING_DOWN', 'CRASHED')),
            -- told once, and not again for each moment
            arrivals as materialized (
              select target_id as host_id, started_at as since,
                coalesce(finished_at + :unseen * interval '1 second', 'infinity') as until
              from migration
              where target_id = any(array(select id from members)) and started_at < :to
                and state not in ('REFUSED', 'LOST') and phase <> 'CHECKS'
                and (finished_at is null or finished_at >= :from - :unseen * interval '1 second')),
            hosts_and_guests as (
              select host_id, at, cpu_cores, memory_used_bytes, cpu_summed,
                null as guests_cores, null as guests_bytes
              from host_sample
              where host_id = any(array(select id from members)) and at >= :from and at < :to
              union all
              select host_id, at, null, null, null, cpu_cores,
                case when (vm_id, host_id) in (select id, host_id from stopped) then 0
                  else memory_bytes end
              from vm_sample
              where host_id = any(array(select id from members)) and at >= :from and at < :to),
            moments as (
              select host_id, at, max(cpu_cores) as cores, max(memory_used_bytes) as used,
                bool_or(cpu_summed) as summed, coalesce(sum(guests_cores), 0) as guests_cores,
                coalesce(sum(guests_bytes), 0) as guests_bytes,
                exists (
                  select from arrivals a
                  where a.host_id = g.host_id and g.at between a.since and a.until) as arriving
              from hosts_and_guests g group by host_id, at having count(cpu_cores) > 0)
            select host_id, count(*) as samples, avg(cores) as cpu_cores,
              avg(greatest(cores - guests_cores, 0)) as own_cpu_cores,
              cast(avg(used) as bigint) as memory_used_bytes,
              cast(coalesce(
                avg(greatest(used - guests_bytes, 0)) filter (where not arriving),
                -- what arrives only grows
                min(greatest(used - guests_bytes, 0))) as bigint) as own_memory_bytes,
              bool_or(summed) as cpu_summed, max(at) as newest
            from moments group by host_id
            """)
        .param("pool", pool.value())
        .param("from", utc(range.from()))
        .param("to", utc(range.to()))
        // a guest counts from its second reading on its new host, and readings may be late
        .param("unseen", 2 * settings.period().toSeconds())
        .query(new SimplePropertyRowMapper<>(HostWindow.class))
        .list()
        .forEach(w -> windows.put(new HostId(w.hostId()), w));
    return windows;
  }

  /**
   * Tell how the VMs of a pool change their memory; those that were not measured within a day are
   * left out.
   */
  public Map<VmId, ChangedMemory> changedMemory(PoolId pool) {
    return changedMemory(
        "select v.id from vm v join host h on h.id = v.host_id where h.pool_id = :of",
        pool.value());
  }

  /**
   * Tell how some VMs change their memory; those that were not measured within a day are left out.
   */
  public Map<VmId, ChangedMemory> changedMemory(Collection<VmId> vms) {
    return changedMemory(
        "select unnest(cast(:of as bigint[]))", vms.stream().map(VmId::value).toArray(Long[]::new));
  }

  private Map<VmId, ChangedMemory> changedMemory(String which, Object of) {
    var found = new HashMap<VmId, ChangedMemory>();
    jdbc.sql(
            """
            select vm_id, (array_agg(bytes_per_second order by window_millis))[1] as rate,
              max(bytes_per_second * window_millis / 1000) as working_set
            from dirty_measurement
            where vm_id = any(array(%s)) and at > now() - interval '1 day' group by vm_id
            """
                .formatted(which))
        .param("of", of)
        .query(
            (row, _) ->
                found.put(
                    new VmId(row.getLong("vm_id")),
                    new ChangedMemory(
                        new ByteRate(row.getDouble("rate")),
                        new Memory(Math.round(row.getDouble("working_set"))))))
        .list();
    return found;
  }

  public List<DirtyMeasurement> dirtyMeasurements(VmId vm) {
    return jdbc.sql(
            """
            select vm_id, at, window_millis, bytes_per_second from dirty_measurement
            where vm_id = :vm order by window_millis
            """)
        .param("vm", vm.value())
        .query(new SimplePropertyRowMapper<>(DirtyMeasurement.class))
        .list();
  }

  /** Give the instant of the newest sample of a pool's hosts (of all hosts with null). */
  public Optional<Instant> newest(@Nullable PoolId pool) {
    return jdbc.sql(
            """
            select s.at from host h join lateral (
              select at from host_sample where host_id = h.id order by at desc limit 1) s on true
            where h.removed_at is null and (cast(:pool as bigint) is null or h.pool_id = :pool)
            order by s.at desc limit 1
            """)
        .param("pool", pool == null ? null : pool.value())
        .query(OffsetDateTime.class)
        .optional()
        .map(OffsetDateTime::toInstant);
  }

  /** One point of a host's chart: means over the step that starts at the instant. */
  public record HostPoint(
      Instant at,
      double cpu,
      long memoryUsed,
      long memory,
      double networkReceived,
      double networkSent,
      double diskRead,
      double diskWritten) {}

  /** One point of a VM's chart; cpu in cores. */
  public record VmPoint(
      Instant at,
      double cpu,
      long memory,
      @Nullable Long memoryUsed,
      double networkReceived,
      double networkSent,
      double diskRead,
      double diskWritten,
      @Nullable Double dirtyRate) {}

  /** Choose the step of a chart, in seconds, so that it has at most so many points. */
  public int step(TimeRange range, int mostPoints) {
    long period = Math.max(1, settings.period().toSeconds());
    // no finer than what is still kept of its beginning
    long kept =
        isKept(range, settings.keepSamples())
            ? period
            : isKept(range, settings.keepMinutes()) ? 60 : 3600;
    long needed = Math.max(Math.max(period, kept), range.length().toSeconds() / mostPoints);
    if (needed <= period) {
      return (int) period;
    }
    // a whole number of periods, of minutes or of hours, so that buckets hold alike many samples
    long unit = needed < 60 ? period : needed < 3600 ? 60 : 3600;
    return (int) ((needed + unit - 1) / unit * unit);
  }

  /**
   * Give a host's load over a range; cpu as a share of its cores, 0 to 1. Steps without samples are
   * left out.
   */
  public List<HostPoint> host(HostId host, TimeRange range, int step) {
    boolean raw = raw(range, step);
    return jdbc.sql(
            """
            select date_bin(:step * interval '1 second', at, timestamptz '2000-01-01') as at,
              avg(cpu_cores / cores) as cpu, cast(avg(memory_used_bytes) as bigint) as memory_used,
              max(memory_bytes) as memory, avg(net_received) as network_received,
              avg(net_sent) as network_sent, avg(disk_read) as disk_read,
              avg(disk_written) as disk_written
            from %s where host_id = :host and at >= :from and at < :to %s
            group by 1 order by 1
            """
                .formatted(raw ? "host_sample" : "host_rollup", raw ? "" : resolution(step)))
        .param("step", step)
        .param("host", host.value())
        .param("from", utc(range.from()))
        .param("to", utc(range.to()))
        .query(new SimplePropertyRowMapper<>(HostPoint.class))
        .list();
  }

  /** Give a VM's load over a range. Steps without samples are left out. */
  public List<VmPoint> vm(VmId vm, TimeRange range, int step) {
    boolean raw = raw(range, step);
    return jdbc.sql(
            """
            select date_bin(:step * interval '1 second', at, timestamptz '2000-01-01') as at,
              avg(cpu_cores) as cpu, cast(avg(memory_bytes) as bigint) as memory,
              cast(avg(memory_used_bytes) as bigint) as memory_used,
              avg(net_received) as network_received, avg(net_sent) as network_sent,
              avg(disk_read) as disk_read, avg(disk_written) as disk_written,
              avg(dirty_rate) as dirty_rate
            from %s where vm_id = :vm and at >= :from and at < :to %s
            group by 1 order by 1
            """
                .formatted(raw ? "vm_sample" : "vm_rollup", raw ? "" : resolution(step)))
        .param("step", step)
        .param("vm", vm.value())
        .param("from", utc(range.from()))
        .param("to", utc(range.to()))
        .query(new SimplePropertyRowMapper<>(VmPoint.class))
        .list();
  }

  /**
   * One point of one of several hosts' or VMs' lines.
   *
   * @param cpu a host's as a share of its cores, a VM's in cores
   */
  public record CpuPoint(long id, String name, Instant at, double cpu) {}

  /** Give the CPU of each host of a pool over a range, by name. */
  public List<CpuPoint> hostsOf(PoolId pool, TimeRange range, int step) {
    boolean raw = raw(range, step);
    return cpu(
        """
        select h.id, h.name, s.at, s.cpu
        from host h cross join lateral (
          select date_bin(:step * interval '1 second', at, timestamptz '2000-01-01') as at,
            avg(cpu_cores / cores) as cpu
          from %s where host_id = h.id and at >= :from and at < :to %s group by 1) s
        where h.pool_id = :of and h.removed_at is null order by h.name, h.id, s.at
        """
            .formatted(raw ? "host_sample" : "host_rollup", raw ? "" : resolution(step)),
        pool.value(),
        range,
        step);
  }

  /** Give the CPU of each VM that is on a host now, over a range and wherever it was, by name. */
  public List<CpuPoint> vmsOn(HostId host, TimeRange range, int step) {
    boolean raw = raw(range, step);
    return cpu(
        """
        select v.id, v.name, s.at, s.cpu
        from vm v cross join lateral (
          select date_bin(:step * interval '1 second', at, timestamptz '2000-01-01') as at,
            avg(cpu_cores) as cpu
          from %s where vm_id = v.id and at >= :from and at < :to %s group by 1) s
        where v.host_id = :of and v.gone_since is null order by v.name, v.id, s.at
        """
            .formatted(raw ? "vm_sample" : "vm_rollup", raw ? "" : resolution(step)),
        host.value(),
        range,
        step);
  }

  private List<CpuPoint> cpu(String sql, long of, TimeRange range, int step) {
    return jdbc.sql(sql)
        .param("of", of)
        .param("step", step)
        .param("from", utc(range.from()))
        .param("to", utc(range.to()))
        .query(new SimplePropertyRowMapper<>(CpuPoint.class))
        .list();
  }

  private boolean raw(TimeRange range, int step) {
    return isKept(range, settings.keepSamples())
        && (step < 60 || (step < 3600 && range.length().compareTo(Duration.ofHours(6)) <= 0));
  }

  private static boolean isKept(TimeRange range, Duration age) {
    return range.from().isAfter(Instant.now().minus(age));
  }

  private static String resolution(int step) {
    return step < 3600 ? "and resolution = 60" : "and resolution = 3600";
  }

  private static OffsetDateTime utc(Instant instant) {
    return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
  }
}
