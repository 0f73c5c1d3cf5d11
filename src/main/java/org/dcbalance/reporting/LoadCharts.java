package org.dcbalance.reporting;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vms;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.telemetry.LoadHistory;
import org.dcbalance.telemetry.LoadHistory.CpuPoint;
import org.dcbalance.telemetry.LoadHistory.HostPoint;
import org.dcbalance.telemetry.LoadHistory.VmPoint;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.TimeRange;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Put together what the charts of hosts, VMs, pools and migrations draw. */
@Component
class LoadCharts {
  static final int MOST_POINTS = 720;
  private static final int MOST_MARKS = 200;

  /** Of each of several lines in one chart. */
  private static final int MOST_POINTS_EACH = 240;

  private final LoadHistory loads;
  private final Hosts hosts;
  private final Vms vms;
  private final Pools pools;
  private final BalancingSettings settings;
  private final JdbcClient jdbc;
  private final Clock clock;

  LoadCharts(
      LoadHistory loads,
      Hosts hosts,
      Vms vms,
      Pools pools,
      BalancingSettings settings,
      JdbcClient jdbc,
      Clock clock) {
    this.loads = loads;
    this.hosts = hosts;
    this.vms = vms;
    this.pools = pools;
    this.settings = settings;
    this.jdbc = jdbc;
    this.clock = clock;
  }

  Chart host(long id, TimeRange range, int most) {
    var host = hosts.findById(id).orElseThrow(() -> missing("host", id));
    var limits =
        pools
            .findById(host.poolId().value())
            .map(pool -> settings.pace(pool).limits())
            .orElseGet(() -> settings.pace(false).limits());
    int step = loads.step(range, most);
    var points = loads.host(new HostId(id), range, step);
    return new Chart(
        range.from(),
        range.to(),
        step,
        List.of(
            Chart.series("cpu", "share", points, HostPoint::at, HostPoint::cpu, 1.0),
            Chart.series(
                "memory",
                "bytes",
                points,
                HostPoint::at,
                p -> (double) p.memoryUsed(),
                (double) host.memory().bytes()),
            rate("networkReceived", points, HostPoint::at, HostPoint::networkReceived),
            rate("networkSent", points, HostPoint::at, HostPoint::networkSent),
            rate("diskRead", points, HostPoint::at, HostPoint::diskRead),
            rate("diskWritten", points, HostPoint::at, HostPoint::diskWritten)),
        List.of(
            new Chart.Threshold("cpu", limits.cpuThreshold()),
            new Chart.Threshold("memory", limits.memoryThreshold() * host.memory().bytes())),
        marks("(m.source_id = :id or m.target_id = :id)", id, range));
  }

  String hostName(long id) {
    return hosts.findById(id).orElseThrow(() -> missing("host", id)).name();
  }

  String vmName(long id) {
    return vms.findById(id).orElseThrow(() -> missing("virtual machine", id)).name();
  }

  String poolName(long id) {
    return pools.findById(id).orElseThrow(() -> missing("pool", id)).name();
  }

  /** Name the VM that a migration moves. */
  String migratedName(long id) {
    return jdbc.sql("select v.name from migration m join vm v on v.id = m.vm_id where m.id = :id")
        .param("id", id)
        .query(String.class)
        .optional()
        .orElseThrow(() -> missing("migration", id));
  }

  List<LoadHistory.DirtyMeasurement> dirtyRate(long id) {
    var vm = vms.findById(id).orElseThrow(() -> missing("virtual machine", id));
    return loads.dirtyMeasurements(vm.id());
  }

  Chart vm(long id, TimeRange range) {
    var vm = vms.findById(id).orElseThrow(() -> missing("virtual machine", id));
    int step = loads.step(range, MOST_POINTS);
    var points = loads.vm(new VmId(id), range, step);
    double cpus = Math.max(1, vm.vcpus());
    return new Chart(
        range.from(),
        range.to(),
        step,
        List.of(
            Chart.series("cpu", "share", points, VmPoint::at, p -> p.cpu() / cpus, 1.0),
            Chart.series(
                "memory",
                "bytes",
                points,
                VmPoint::at,
                p -> (double) p.memory(),
                (double) vm.maxMemory().bytes()),
            Chart.series(
                "memoryUsed",
                "bytes",
                points,
                VmPoint::at,
                p -> p.memoryUsed() == null ? null : (double) p.memoryUsed(),
                (double) vm.maxMemory().bytes()),
            rate("networkReceived", points, VmPoint::at, VmPoint::networkReceived),
            rate("networkSent", points, VmPoint::at, VmPoint::networkSent),
            rate("diskRead", points, VmPoint::at, VmPoint::diskRead),
            rate("diskWritten", points, VmPoint::at, VmPoint::diskWritten),
            rate("dirtyRate", points, VmPoint::at, VmPoint::dirtyRate)),
        List.of(),
        marks("m.vm_id = :id", id, range));
  }

  /** The hosts of a pool side by side: each line, however many. */
  Chart hostsOf(long id, TimeRange range) {
    var pool = pools.findById(id).orElseThrow(() -> missing("pool", id));
    int step = loads.step(range, MOST_POINTS_EACH);
    return new Chart(
        range.from(),
        range.to(),
        step,
        each("host-", "share", loads.hostsOf(new PoolId(id), range, step)),
        List.of(new Chart.Threshold(Chart.EVERY, settings.pace(pool).limits().cpuThreshold())),
        marks("m.pool_id = :id", id, range));
  }

  /** The VMs that a host has now: each line, however many. */
  Chart vmsOn(long id, TimeRange range) {
    var _ = hosts.findById(id).orElseThrow(() -> missing("host", id));
    int step = loads.step(range, MOST_POINTS_EACH);
    return new Chart(
        range.from(),
        range.to(),
        step,
        each("vm-", "cores", loads.vmsOn(new HostId(id), range, step)),
        List.of(),
        marks("(m.source_id = :id or m.target_id = :id)", id, range));
  }

  private static List<Chart.Series> each(String kind, String unit, List<CpuPoint> points) {
    return points.stream()
        .collect(Collectors.groupingBy(CpuPoint::id, LinkedHashMap::new, Collectors.toList()))
        .values()
        .stream()
        .map(
            of ->
                Chart.series(kind + of.getFirst().id(), unit, of, CpuPoint::at, CpuPoint::cpu, null)
                    .called(of.getFirst().name()))
        .toList();
  }

  private record Scored(Instant at, double imbalance) {}

  Chart imbalance(long id, TimeRange range) {
    var pool = pools.findById(id).orElseThrow(() -> missing("pool", id));
    var pace = settings.pace(pool);
    int step = (int) Math.max(pace.every().toSeconds(), range.length().toSeconds() / MOST_POINTS);
    var points =
        jdbc.sql(
                """
                select date_bin(:step * interval '1 second', at, timestamptz '2000-01-01') as at,
                  avg(imbalance) as imbalance
                from round
                where pool_id = :pool and at >= :from and at < :to and imbalance is not null
                group by 1 order by 1
                """)
            .param("step", step)
            .param("pool", id)
            .param("from", utc(range.from()))
            .param("to", utc(range.to()))
            .query(new SimplePropertyRowMapper<>(Scored.class))
            .list();
    return new Chart(
        range.from(),
        range.to(),
        step,
        List.of(Chart.series("imbalance", "score", points, Scored::at, Scored::imbalance, null)),
        List.of(new Chart.Threshold("imbalance", pace.limits().imbalanceThreshold())),
        marks("m.pool_id = :id", new PoolId(id).value(), range));
  }

  private record Copied(Instant at, long remaining, @Nullable Double dirtyRate, double bandwidth) {}

  private record Span(Instant from, @Nullable Instant to) {}

  /** Draw a migration from its start to its end, or to now while it runs, in so many points. */
  Chart migration(long id, int most) {
    var span =
        jdbc.sql(
                """
                select coalesce(started_at, created_at) as "from", finished_at as "to"
                from migration where id = :id
                """)
            .param("id", id)
            .query(Span.class)
            .optional()
            .orElseThrow(() -> missing("migration", id));
    var end = span.to() == null ? clock.instant() : span.to();
    var to = end.isAfter(span.from()) ? end : span.from().plusSeconds(1);
    // what the guest changes is known from the end of the first pass on, and told as 0 until then;
    // figures come several times a second, for hours perhaps: of each step, the last is drawn
    long step = Math.max(1, Duration.between(span.from(), to).toMillis() / most);
    var points =
        jdbc.sql(
                """
                select at, remaining, dirty_rate, bandwidth from (
                  select distinct on (1)
                    date_bin(:step * interval '1 millisecond', at, timestamptz '2000-01-01') as bin,
                    at, remaining_bytes as remaining,
                    case when iteration > 1 or dirty_rate > 0 then dirty_rate end as dirty_rate,
                    bandwidth
                  from migration_progress where migration_id = :id order by 1, at desc) thinned
                order by at
                """)
            .param("step", step)
            .param("id", id)
            .query(new SimplePropertyRowMapper<>(Copied.class))
            .list();
    return new Chart(
        span.from(),
        to,
        Math.toIntExact(Math.ceilDiv(step, 1000)),
        List.of(
            Chart.series(
                "remaining", "bytes", points, Copied::at, p -> (double) p.remaining(), null),
            rate("dirtyRate", points, Copied::at, Copied::dirtyRate),
            rate("bandwidth", points, Copied::at, Copied::bandwidth)),
        List.of(),
        List.of());
  }

  private static <P> Chart.Series rate(
      String name, List<P> points, Function<P, Instant> at, Function<P, @Nullable Double> value) {
    return Chart.series(name, "bytesPerSecond", points, at, value, null);
  }

  private List<Chart.Mark> marks(String which, long id, TimeRange range) {
    return jdbc.sql(
            """
            select m.id, coalesce(m.finished_at, m.started_at) as at, v.name as vm, s.name as "from",
              t.name as "to", m.started_at, m.finished_at, m.downtime_millis
            from migration m join vm v on v.id = m.vm_id join host s on s.id = m.source_id
              join host t on t.id = m.target_id
            where %s and m.started_at is not null and m.started_at < :to
              and coalesce(m.finished_at, now()) >= :from
            order by m.started_at desc, m.id desc limit :most
            """
                .formatted(which))
        .param("id", id)
        .param("from", utc(range.from()))
        .param("to", utc(range.to()))
        .param("most", MOST_MARKS)
        .query(new SimplePropertyRowMapper<>(Chart.Mark.class))
        .list();
  }

  private static OffsetDateTime utc(Instant instant) {
    return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
  }

  private static Problem missing(String what, long id) {
    return new Problem(ErrorCode.NOT_FOUND, "There is no " + what + " " + id + ".", null);
  }
}
