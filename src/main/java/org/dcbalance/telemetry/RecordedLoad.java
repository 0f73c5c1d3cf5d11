package org.dcbalance.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.TimeRange;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Read a pool's recorded minutes as a whole, to play them again. */
@Component
public class RecordedLoad {
  private static final String LONGEST = "set local statement_timeout = '5s'";

  /** The minutes of the hosts that a pool has now. */
  private static final String HOST_MINUTES =
      """
      from host h join host_rollup r on r.host_id = h.id and r.resolution = 60
        and r.at >= :from and r.at < :to
      where h.pool_id = :pool and h.removed_at is null
      """;

  private final JdbcClient jdbc;

  RecordedLoad(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Say how much is recorded.
   *
   * @param first beginning of the first recorded minute
   * @param last end of the last one
   * @param minutes how many minutes of some host there are in between
   */
  public record Extent(Instant first, Instant last, long minutes) {}

  /**
   * Hold what was read, in steps of equal length.
   *
   * @param steps beginnings of the steps in which anything was recorded
   * @param hosts what hosts used for themselves
   * @param vms of those of which there is anything
   * @param places where each VM was when the range began, or when it was first seen in it
   */
  public record Recorded(
      List<Instant> steps,
      Duration step,
      Map<HostId, Own> hosts,
      Map<VmId, VmSteps> vms,
      Map<VmId, HostId> places) {}

  /** What a host used beyond its guests, mean over the range. */
  public record Own(double cpuCores, long memoryBytes) {}

  /**
   * Means of one VM over each step, not a number where it was not seen: cores, bytes, and bytes per
   * second.
   */
  @SuppressWarnings("ArrayRecordComponent") // columns of a table, never compared
  public record VmSteps(double[] cores, double[] memory, double[] network, double[] disk) {
    private static VmSteps empty(int steps) {
      var all = new double[4][steps];
      for (var column : all) {
        Arrays.fill(column, Double.NaN);
      }
      return new VmSteps(all[0], all[1], all[2], all[3]);
    }
  }

  /** Tell how much of a range is recorded; empty if nothing is. */
  @Transactional(readOnly = true)
  public Optional<Extent> extent(PoolId pool, TimeRange range) {
    limitTime();
    return about(
            "select min(r.at) as first, max(r.at) as last, count(distinct r.at) as minutes "
                + HOST_MINUTES,
            pool,
            range)
        .query(
            (row, _) -> {
              var first = row.getObject("first", OffsetDateTime.class);
              return first == null
                  ? null
                  : new Extent(
                      first.toInstant(),
                      row.getObject("last", OffsetDateTime.class).toInstant().plusSeconds(60),
                      row.getLong("minutes"));
            })
        .optional();
  }

  /**
   * Read a range.
   *
   * @param step a whole number of minutes
   */
  @Transactional(readOnly = true)
  public Recorded read(PoolId pool, TimeRange range, Duration step) {
    limitTime();
    var index = new TreeMap<Instant, Integer>();
    var steps =
        about(
                "select distinct " + bin("r.at") + " as at " + HOST_MINUTES + " order by 1",
                pool,
                range)
            .param("step", step.toSeconds())
            .query((row, _) -> row.getObject("at", OffsetDateTime.class).toInstant())
            .list();
    steps.forEach(at -> index.put(at, index.size()));
    return new Recorded(
        steps,
        step,
        own(pool, range),
        vms(pool, range, step, steps.size(), index),
        places(pool, range));
  }

  private Map<HostId, Own> own(PoolId pool, TimeRange range) {
    var own = new HashMap<HostId, Own>();
    about(
            """
            with guests as (
              select p.host_id, r.at, sum(r.cpu_cores) as cpu, sum(r.memory_bytes) as memory
              from host h join placement p on p.host_id = h.id and p.since < :to
                and (p.until is null or p.until > :from)
              join vm_rollup r on r.vm_id = p.vm_id and r.resolution = 60 and r.at >= :from and r.at < :to
                and r.at >= p.since and (p.until is null or r.at < p.until)
              where h.pool_id = :pool and h.removed_at is null
              group by 1, 2)
            select r.host_id, avg(greatest(r.cpu_cores - coalesce(g.cpu, 0), 0)) as cpu,
              cast(avg(greatest(r.memory_used_bytes - coalesce(g.memory, 0), 0)) as bigint) as memory
            from host h join host_rollup r on r.host_id = h.id and r.resolution = 60
              and r.at >= :from and r.at < :to
            left join guests g on g.host_id = r.host_id and g.at = r.at
            where h.pool_id = :pool and h.removed_at is null
            group by 1
            """,
            pool,
            range)
        .query(
            row -> {
              own.put(
                  new HostId(row.getLong("host_id")),
                  new Own(row.getDouble("cpu"), row.getLong("memory")));
            });
    return own;
  }

  private Map<VmId, VmSteps> vms(
      PoolId pool, TimeRange range, Duration step, int count, Map<Instant, Integer> index) {
    var vms = new HashMap<VmId, VmSteps>();
    about(
            """
            select r.vm_id, %s as at, avg(r.cpu_cores) as cpu, avg(r.memory_bytes) as memory,
              avg(r.net_received + r.net_sent) as network, avg(r.disk_read + r.disk_written) as disk
            from host h join vm v on v.host_id = h.id and v.gone_since is null
            join vm_rollup r on r.vm_id = v.id and r.resolution = 60 and r.at >= :from and r.at < :to
            where h.pool_id = :pool and h.removed_at is null
            group by 1, 2
            """
                .formatted(bin("r.at")),
            pool,
            range)
        .param("step", step.toSeconds())
        .query(
            row -> {
              @Nullable Integer at =
                  index.get(row.getObject("at", OffsetDateTime.class).toInstant());
              if (at != null) {
                var vm =
                    vms.computeIfAbsent(new VmId(row.getLong("vm_id")), _ -> VmSteps.empty(count));
                vm.cores()[at] = row.getDouble("cpu");
                vm.memory()[at] = row.getDouble("memory");
                vm.network()[at] = row.getDouble("network");
                vm.disk()[at] = row.getDouble("disk");
              }
            });
    return vms;
  }

  private Map<VmId, HostId> places(PoolId pool, TimeRange range) {
    var places = new HashMap<VmId, HostId>();
    about(
            """
            select distinct on (p.vm_id) p.vm_id, p.host_id
            from host h join vm v on v.host_id = h.id and v.gone_since is null
            join placement p on p.vm_id = v.id and p.since < :to and (p.until is null or p.until > :from)
            where h.pool_id = :pool and h.removed_at is null
            order by p.vm_id, p.since, p.id
            """,
            pool,
            range)
        .query(
            row -> {
              places.put(new VmId(row.getLong("vm_id")), new HostId(row.getLong("host_id")));
            });
    return places;
  }

  /** What takes longer than this is too much for a page: it is better told than waited for. */
  private void limitTime() {
    jdbc.sql(LONGEST).update();
  }

  private static String bin(String at) {
    return "date_bin(:step * interval '1 second', " + at + ", timestamptz '2000-01-01')";
  }

  private JdbcClient.StatementSpec about(String sql, PoolId pool, TimeRange range) {
    return jdbc.sql(sql)
        .param("pool", pool.value())
        .param("from", range.from().atOffset(ZoneOffset.UTC))
        .param("to", range.to().atOffset(ZoneOffset.UTC));
  }
}
