package org.dcbalance.migration;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Choice;
import org.dcbalance.method.DirtyEstimate;
import org.dcbalance.method.Facts;
import org.dcbalance.method.Learning;
import org.dcbalance.method.Lever;
import org.dcbalance.method.Method;
import org.dcbalance.method.MethodChoice;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Gather what the choice of a method rests on: fresh memory figures from the source, measured dirty
 * rates and earlier moves from the database, the hosts' capabilities, and what operators allow.
 */
@Component
class MoveFacts {
  private static final int MOST_PAST = 50;
  private static final Map<Lever, Capability> NEEDED =
      new EnumMap<>(
          Map.of(
              Lever.PAUSE, Capability.MAX_DOWNTIME,
              Lever.THROTTLE, Capability.AUTO_CONVERGE,
              Lever.COMPRESSION, Capability.COMPRESSION,
              Lever.CONNECTIONS, Capability.PARALLEL,
              Lever.POST_COPY, Capability.POST_COPY,
              Lever.BALLOON, Capability.BALLOON,
              Lever.CAP, Capability.CPU_CAP,
              Lever.BANDWIDTH, Capability.BANDWIDTH_LIMIT,
              Lever.ABORT, Capability.ABORT));

  private final Connections connections;
  private final JdbcClient jdbc;

  MoveFacts(Connections connections, JdbcClient jdbc) {
    this.connections = connections;
    this.jdbc = jdbc;
  }

  /** What was found, and what follows from it. */
  record Found(Facts facts, Choice choice) {}

  /**
   * Choose how to move a VM, or look at the method that was asked for.
   *
   * @param asked null to choose
   * @param left until it must have ended; null for no such time
   * @param disks what is copied of disks beside; null if none are
   */
  Found choose(
      Vm vm,
      Host source,
      Host target,
      HostPool pool,
      @Nullable Method asked,
      @Nullable Duration left,
      @Nullable Memory disks) {
    var route = route(vm, source, target);
    var forMemory = left == null || disks == null ? left : left.minus(time(disks, route));
    var allowed = policy(vm, pool, forMemory);
    var facts =
        new Facts(
            workload(vm, source),
            route,
            host(source, target),
            // its disks would be split between two hosts by a fault
            disks == null ? allowed : allowed.withoutPostCopy());
    return new Found(
        facts, asked == null ? MethodChoice.of(facts) : MethodChoice.askedFor(asked, facts));
  }

  /** Expect how long an amount takes from host to host. */
  static Duration time(Memory amount, Facts.Route route) {
    double rate = Math.max(1, route.bandwidth().bytesPerSecond());
    return Duration.ofMillis(Math.round(Math.min(amount.bytes() / rate, 1e9) * 1000));
  }

  /** Choose anew at a dirty rate that was measured just now. */
  static Found choose(Facts facts, ByteRate dirtyRate) {
    var now = facts.at(dirtyRate);
    return new Found(now, MethodChoice.of(now));
  }

  /** Give the dirty rates recorded over the last hour, oldest first. */
  List<ByteRate> pastDirtyRates(Vm vm) {
    return jdbc.sql(
            """
            select dirty_rate from vm_sample
            where vm_id = :vm and at > now() - interval '1 hour' and dirty_rate is not null
            order by at
            """)
        .param("vm", vm.id().value())
        .query((row, n) -> new ByteRate(row.getDouble(1)))
        .list();
  }

  /** Tell how long a move of a VM may wait for a quieter moment. */
  static Duration mayWait(Vm vm, HostPool pool) {
    var options = vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS);
    return Duration.ofSeconds(or(options.quietWaitSeconds(), 0));
  }

  /** Tell how many times a move of a VM that failed may be tried again. */
  static int retries(Vm vm, HostPool pool) {
    return or(vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS).retries(), 0);
  }

  /** Tell how long it waits before it is tried again for the first time. */
  static Duration retryAfter(Vm vm, HostPool pool) {
    var options = vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS);
    return Duration.ofSeconds(or(options.retrySeconds(), 60));
  }

  /** List the methods that a VM may be moved by from where it is, apart from what they cost. */
  List<Method> offered(Vm vm, Host source, HostPool pool) {
    return MethodChoice.offered(host(source, source), policy(vm, pool, null));
  }

  private Facts.Workload workload(Vm vm, Host source) {
    var reading = memory(vm, source);
    var rates =
        jdbc.sql(
                "select window_millis, bytes_per_second from dirty_measurement where vm_id = :vm"
                    + " order by window_millis")
            .param("vm", vm.id().value())
            .query((row, n) -> new Rate(row.getInt(1), row.getDouble(2)))
            .list();
    return new Facts.Workload(
        reading.now(),
        reading.used(),
        // the shorter window shows repeated changes best, the longer one how far they spread
        dirty(vm, rates),
        rates.size() < 2
            ? null
            : new Memory(
                rates.stream()
                    .mapToLong(r -> Math.round(r.bytesPerSecond() * r.millis() / 1000))
                    .max()
                    .orElse(0)),
        busyCores(vm),
        vm.vcpus(),
        Learning.bias(forecasts(vm)),
        tried(vm));
  }

  /** The last measurement may be older than what samples are kept for. */
  private @Nullable DirtyEstimate dirty(Vm vm, List<Rate> last) {
    if (last.isEmpty()) {
      return null;
    }
    var recent =
        jdbc.sql(
                """
                select dirty_rate from vm_sample
                where vm_id = :vm and at > now() - interval '15 minutes' and dirty_rate is not null
                order by at desc limit :most
                """)
            .param("vm", vm.id().value())
            .param("most", DirtyEstimate.MOST)
            .query((row, n) -> new ByteRate(row.getDouble(1)))
            .list();
    var shortest = last.getFirst();
    return DirtyEstimate.of(
        recent.isEmpty() ? List.of(new ByteRate(shortest.bytesPerSecond())) : recent,
        Duration.ofMillis(shortest.millis()));
  }

  /** What did not do yesterday may today: a day later it is tried again. */
  private Facts.Tried tried(Vm vm) {
    var givenUp = new EnumMap<Method, ByteRate>(Method.class);
    var compressed = new boolean[1];
    jdbc.sql(
            """
            select distinct on (m.method) m.method, m.state, coalesce(s.dirty_rate, 0) as dirty_rate
            from migration m left join lateral (
              select avg(dirty_rate) as dirty_rate from (
                select dirty_rate from vm_sample
                where vm_id = m.vm_id and at <= m.started_at and dirty_rate is not null
                order by at desc limit 4) last) s on true
            where m.vm_id = :vm and m.method is not null and m.finished_at > now() - interval '1 day'
              and m.started_at is not null
              and (m.state = 'COMPLETED' or m.state = 'ABORTED' and m.abort_requested_by = :us
                  and m.end_by is null and not m.with_storage)
            order by m.method, m.finished_at desc
            """)
        .param("vm", vm.id().value())
        .param("us", Operator.DCBALANCE.name())
        .query(
            row -> {
              var method = Method.valueOf(row.getString("method"));
              boolean ended = row.getString("state").equals("COMPLETED");
              if (!ended) {
                givenUp.put(method, new ByteRate(row.getDouble("dirty_rate")));
              }
              compressed[0] |= ended && method == Method.XBZRLE;
            });
    return new Facts.Tried(givenUp, compressed[0]);
  }

  private record Rate(int millis, double bytesPerSecond) {}

  private MemoryReading memory(Vm vm, Host source) {
    try {
      return connections.to(source).memory(vm.uuid());
    } catch (HypervisorException e) {
      // the migration itself will say what is wrong
      return new MemoryReading(vm.memory(), null, null);
    }
  }

  private double busyCores(Vm vm) {
    return jdbc.sql(
            """
            select coalesce(avg(cpu_cores), 0) from vm_sample
            where vm_id = :vm and at > now() - interval '5 minutes'
            """)
        .param("vm", vm.id().value())
        .query(Double.class)
        .single();
  }

  /** Ballooning is left out: the hypervisor's own figures do not hold it. */
  private List<Learning.Forecast> forecasts(Vm vm) {
    return jdbc.sql(
            """
            select expected_bytes, bytes, expected_millis / expected_bias as expected_millis,
              total_millis
            from migration
            where vm_id = :vm and state = 'COMPLETED' and method not in ('BALLOON_FIRST', 'XBZRLE')
              and not with_storage and expected_bytes > 0 and expected_millis > 0 and total_millis > 0
            order by finished_at desc limit :most
            """)
        .param("vm", vm.id().value())
        .param("most", MOST_PAST)
        .query(
            (row, n) -> {
              var bytes = row.getObject("bytes", Long.class);
              return bytes == null
                  ? new Learning.Forecast(
                      row.getDouble("expected_millis"), row.getDouble("total_millis"))
                  : new Learning.Forecast(row.getDouble("expected_bytes"), bytes);
            })
        .list()
        .reversed();
  }

  private Facts.Route route(Vm vm, Host source, Host target) {
    var between = new ArrayList<Learning.Past>();
    var elsewhere = new ArrayList<Learning.Past>();
    jdbc.sql(
            """
            select m.source_id, m.target_id, coalesce(m.bytes, v.memory_bytes) as bytes,
              m.total_millis, m.downtime_millis
            from migration m join vm v on v.id = m.vm_id
            where m.pool_id = :pool and m.state = 'COMPLETED' and m.total_millis > 0
              and m.method not in ('NOT_LIVE', 'POST_COPY', 'XBZRLE') and not m.with_storage
            order by m.finished_at desc limit :most
            """)
        .param("pool", source.poolId().value())
        .param("most", MOST_PAST)
        .query(
            (row, n) -> {
              var past = past(row);
              if (row.getLong("source_id") == source.id().value()
                  && row.getLong("target_id") == target.id().value()) {
                between.addFirst(past);
              }
              elsewhere.addFirst(past);
              return past;
            })
        .list();
    return Learning.route(between, elsewhere);
  }

  private static Learning.Past past(ResultSet row) throws SQLException {
    var downtime = row.getObject("downtime_millis", Long.class);
    return new Learning.Past(
        new Memory(row.getLong("bytes")),
        Duration.ofMillis(row.getLong("total_millis")),
        downtime == null ? null : Duration.ofMillis(downtime));
  }

  /** A lever needs both ends: what either lacks is not offered. */
  private static Facts.Host host(Host source, Host target) {
    var missing = new EnumMap<Lever, String>(Lever.class);
    NEEDED.forEach(
        (lever, capability) -> {
          for (var host : List.of(target, source)) {
            var reason = host.missing().get(capability);
            if (reason != null) {
              missing.put(lever, reason);
            }
          }
        });
    return new Facts.Host(
        source.hypervisor().equals("Xen") ? Facts.Engine.FIXED_ROUNDS : Facts.Engine.UNTIL_IT_FITS,
        missing);
  }

  private static Facts.Policy policy(Vm vm, HostPool pool, @Nullable Duration left) {
    var options = vm.moveOptions().over(pool.moveOptions()).over(MoveOptions.DEFAULTS);
    var least = options.leastMemoryMiB();
    var bandwidth = options.bandwidthMiB();
    return new Facts.Policy(
        Duration.ofMillis(or(options.downtimeMillis(), 1_000)),
        Boolean.TRUE.equals(options.postCopy()),
        Boolean.TRUE.equals(options.ballooning()),
        least == null ? null : Memory.ofMiB(least),
        or(options.throttlePercent(), 0),
        or(options.capPercent(), 0),
        Boolean.TRUE.equals(options.notLive()),
        or(options.connections(), 1),
        bandwidth == null ? null : ByteRate.ofMiB(bandwidth),
        left);
  }

  private static int or(@Nullable Integer value, int otherwise) {
    return value == null ? otherwise : value;
  }
}
