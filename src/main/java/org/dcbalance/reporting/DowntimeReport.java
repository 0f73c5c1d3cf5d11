package org.dcbalance.reporting;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Report how long guests stood still while they moved, idle and loaded ones apart, and how far the
 * expectation was off.
 *
 * <p>A guest counts as loaded if it took at least {@value #LOADED_PERCENT} % of its CPUs in the
 * last minute before its move, by the finest record that is still kept, and of means by those that
 * were over by then, since the move itself takes CPU; where none is, it is not known.
 */
@Component
public class DowntimeReport {
  static final int LOADED_PERCENT = 20;

  /** So many say little as quartiles, and can be shown one by one. */
  static final int FEW = 8;

  /** Completed and measured moves with what the guest did before; newest first in each group. */
  private static final String MOVES =
      """
      with moves as (
        select m.vm_id, v.name as vm, m.method, m.downtime_millis, m.guest_downtime_millis,
          m.expected_downtime_millis,
          -- the hypervisor's own time does not hold the ballooning that is expected with it
          case when m.method = 'BALLOON_FIRST' or m.guest_memory_bytes < v.memory_bytes then null
            else abs(m.total_millis - m.expected_millis) / nullif(m.total_millis, 0)::float8
            end as time_error,
          case
            when coalesce(sample.cores, minute.cores, hour.cores) is null then 'UNKNOWN'
            when coalesce(sample.cores, minute.cores, hour.cores) * 100 >= v.vcpus * :loaded then 'LOADED'
            else 'IDLE' end as load
        from migration m join vm v on v.id = m.vm_id
        join host s on s.id = m.source_id join host t on t.id = m.target_id
        left join lateral (select avg(cpu_cores) as cores from vm_sample
          where vm_id = m.vm_id and at > m.started_at - interval '1 minute' and at <= m.started_at)
          sample on true
        left join lateral (select cpu_cores as cores from vm_rollup
          where vm_id = m.vm_id and resolution = 60 and at <= m.started_at - interval '1 minute'
            and at > m.started_at - interval '3 minutes' order by at desc limit 1) minute on true
        left join lateral (select cpu_cores as cores from vm_rollup
          where vm_id = m.vm_id and resolution = 3600 and at <= m.started_at - interval '1 hour'
            and at > m.started_at - interval '3 hours' order by at desc limit 1) hour on true
        where m.state = 'COMPLETED' and m.downtime_millis is not null and\s"""
          + ReportFilter.CONDITIONS
          + ")";

  private static final String FIGURES =
      """
       count(*) as moves,
        percentile_cont(0.5) within group (order by downtime_millis) as median,
        percentile_cont(0.95) within group (order by downtime_millis) as p95,
        max(downtime_millis) as longest,
        percentile_cont(0.5) within group (order by guest_downtime_millis) as guest_median,
        percentile_cont(0.5) within group (order by expected_downtime_millis) as expected_median,
        count(expected_downtime_millis) as expected,
        percentile_cont(0.5) within group (order by
          abs(downtime_millis - expected_downtime_millis)) as error_median,
        avg(case when expected_downtime_millis is null then null
          when downtime_millis > expected_downtime_millis then 1.0 else 0.0 end) as longer_share
      """;

  private final JdbcClient jdbc;

  DowntimeReport(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * The measured pauses of some moves, in milliseconds.
   *
   * @param load IDLE, LOADED or UNKNOWN
   * @param guestMedian what probes saw; null where none did
   * @param expectedMedian null where nothing was expected
   * @param expected of how many moves something was expected
   * @param errorMedian median of the distance between measured and expected
   * @param longerShare share of moves that took longer than expected
   */
  public record Pauses(
      @Nullable Long vmId,
      @Nullable String vm,
      @Nullable String method,
      String load,
      long moves,
      double median,
      double p95,
      long longest,
      @Nullable Double guestMedian,
      @Nullable Double expectedMedian,
      long expected,
      @Nullable Double errorMedian,
      @Nullable Double longerShare) {}

  /**
   * How far the expected whole time of moves was from the measured one, as a share of that.
   *
   * @param moves of which both are known
   * @param median null without any, like the next
   * @param p90 what nine of ten were not further off than
   */
  public record TimeError(long moves, @Nullable Double median, @Nullable Double p90) {}

  /** Tell how far off the whole time was expected. */
  public TimeError timeError(ReportFilter filter) {
    return jdbc.sql(
            MOVES
                + """
                select count(time_error) as moves,
                  percentile_cont(0.5) within group (order by time_error) as median,
                  percentile_cont(0.9) within group (order by time_error) as p90
                from moves
                """)
        .params(filter.params())
        .param("loaded", LOADED_PERCENT)
        .query(new SimplePropertyRowMapper<>(TimeError.class))
        .single();
  }

  /** Sum up all moves, one line for idle and one for loaded guests. */
  public List<Pauses> overall(ReportFilter filter) {
    return query(
        filter,
        "select cast(null as bigint) as vm_id, cast(null as text) as vm, cast(null as text) as method,"
            + " load,"
            + FIGURES
            + " from moves group by load order by load");
  }

  /** Sum up per VM, method and load; the longest first. */
  public List<Pauses> perVm(ReportFilter filter, int most) {
    return query(
        filter,
        "select vm_id, vm, method, load,"
            + FIGURES
            + " from moves group by vm_id, vm, method, load"
            + " order by longest desc, vm, vm_id, method, load limit "
            + most);
  }

  /**
   * How the measured pauses of some moves spread, in milliseconds.
   *
   * @param vm null for a method's, like its id
   * @param method null for a VM's
   * @param load IDLE, LOADED or UNKNOWN
   * @param lower what a quarter of them was not above
   * @param upper what three quarters of them were not above
   * @param each all of them, rising, where they are at most {@value #FEW}; else empty
   */
  public record Spread(
      @Nullable Long vmId,
      @Nullable String vm,
      @Nullable String method,
      String load,
      long moves,
      long shortest,
      double lower,
      double median,
      double upper,
      double p95,
      long longest,
      List<Long> each) {}

  /**
   * The spreads of each method's pauses, and of each VM's by whatever method.
   *
   * @param vms empty where there are more than asked for
   */
  public record Spreads(List<Spread> methods, List<Spread> vms) {}

  /** Tell how pauses spread, idle and loaded guests apart. */
  public Spreads spreads(ReportFilter filter, int mostVms) {
    var all =
        jdbc.sql(
                MOVES
                    + """
                    select vm_id, vm, method, load, count(*) as moves,
                      min(downtime_millis) as shortest,
                      percentile_cont(0.25) within group (order by downtime_millis) as lower,
                      percentile_cont(0.5) within group (order by downtime_millis) as median,
                      percentile_cont(0.75) within group (order by downtime_millis) as upper,
                      percentile_cont(0.95) within group (order by downtime_millis) as p95,
                      max(downtime_millis) as longest,
                      case when count(*) <= :few then array_agg(downtime_millis order by downtime_millis)
                        end as each
                    from moves group by grouping sets ((method, load), (vm_id, vm, load))
                    order by vm nulls first, vm_id, method, load
                    """)
            .params(filter.params())
            .param("loaded", LOADED_PERCENT)
            .param("few", FEW)
            .query(DowntimeReport::spread)
            .list();
    var vms = all.stream().filter(s -> s.vmId() != null).toList();
    boolean few = vms.stream().map(Spread::vmId).distinct().count() <= mostVms;
    return new Spreads(all.stream().filter(s -> s.vmId() == null).toList(), few ? vms : List.of());
  }

  private static Spread spread(ResultSet row, int number) throws SQLException {
    var each = row.getArray("each");
    return new Spread(
        row.getObject("vm_id", Long.class),
        row.getString("vm"),
        row.getString("method"),
        row.getString("load"),
        row.getLong("moves"),
        row.getLong("shortest"),
        row.getDouble("lower"),
        row.getDouble("median"),
        row.getDouble("upper"),
        row.getDouble("p95"),
        row.getLong("longest"),
        each == null ? List.of() : List.of((Long[]) each.getArray()));
  }

  private List<Pauses> query(ReportFilter filter, String select) {
    return jdbc.sql(MOVES + select)
        .params(filter.params())
        .param("loaded", LOADED_PERCENT)
        .query(new SimplePropertyRowMapper<>(Pauses.class))
        .list();
  }
}
