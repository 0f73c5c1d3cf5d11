package org.dcbalance.reporting;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.dcbalance.migration.MigrationRows;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Report what was moved, why, at whose word, what it cost, and whether it helped. */
@Component
public class MoveReport {
  private static final String FROM =
      """
      from migration m join vm v on v.id = m.vm_id
      join host s on s.id = m.source_id join host t on t.id = m.target_id
      left join recommendation r on r.id = m.recommendation_id
      -- of several attempts, what was measured is due to the one that completed
      left join recommendation e on e.id = r.id and m.state = 'COMPLETED'
      where\s"""
          + ReportFilter.CONDITIONS;

  /** Whether a move kept at least half of what it promised, as recommendations have it. */
  private static final String HELPED =
      """
      case when e.imbalance_measured is null then null
        else e.imbalance_before - e.imbalance_measured
          >= (e.imbalance_before - e.imbalance_after) / 2 end
      """;

  private final JdbcClient jdbc;

  MoveReport(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * One ended migration. Times in milliseconds; null where a thing was not expected or measured.
   *
   * @param guestDowntimeMillis the longest time without an answer to the VM's probe
   * @param guestSilentMillis all times without an answer together
   * @param decidedBy who approved it or asked for it
   * @param recommendationId null for a move by hand
   * @param method null for one that ended before a method was chosen
   * @param imbalanceBefore the pool's when the move was proposed
   * @param imbalancePromised what it was to lead to
   * @param imbalanceMeasured the pool's once a whole window lay behind the move; null for an
   *     attempt that did not complete
   * @param helped whether at least half of the promise was kept
   */
  public record Move(
      long id,
      @Nullable Instant startedAt,
      Instant finishedAt,
      String state,
      long vmId,
      String vm,
      String source,
      String target,
      String why,
      String decidedBy,
      @Nullable Long recommendationId,
      @Nullable String method,
      @Nullable Long expectedMillis,
      @Nullable Long totalMillis,
      @Nullable Long expectedDowntimeMillis,
      @Nullable Long downtimeMillis,
      @Nullable Long guestDowntimeMillis,
      @Nullable Long guestSilentMillis,
      @Nullable Long bytes,
      @Nullable Double imbalanceBefore,
      @Nullable Double imbalancePromised,
      @Nullable Double imbalanceMeasured,
      @Nullable Boolean helped,
      String sentence) {}

  /**
   * The whole in figures; medians and 95th percentiles over completed moves that were measured.
   *
   * @param judged how many moves were looked back at, of which {@code helped} helped
   * @param imbalanceBefore mean of those that were looked back at
   * @param imbalanceAfter mean of what was measured for the same
   */
  public record Totals(
      long moves,
      long completed,
      long failed,
      long bytes,
      @Nullable Double downtimeMedian,
      @Nullable Double downtime95,
      @Nullable Double totalMedian,
      @Nullable Double total95,
      long judged,
      long helped,
      @Nullable Double imbalanceBefore,
      @Nullable Double imbalanceAfter) {}

  /** List ended migrations with an id below the given one, newest first. */
  public List<Move> list(ReportFilter filter, long before, int most) {
    return jdbc.sql(
            """
            select m.id, m.started_at, m.finished_at, m.state, m.vm_id, v.name as vm, s.name as source,
              t.name as target, m.why, coalesce(r.decided_by, m.requested_by) as decided_by,
              m.recommendation_id, %s as method, m.expected_millis, m.total_millis,
              m.expected_downtime_millis, m.downtime_millis, m.guest_downtime_millis,
              m.guest_silent_millis, m.bytes, m.imbalance_before, m.imbalance_promised,
              e.imbalance_measured,
            """
                    .formatted(MigrationRows.METHOD)
                + HELPED
                + " as helped, m.sentence "
                + FROM
                + " and m.id < :before order by m.id desc limit :most")
        .params(filter.params())
        .param("before", before)
        .param("most", most)
        .query(new SimplePropertyRowMapper<>(Move.class))
        .list();
  }

  /**
   * How the moves of a stretch of days ended.
   *
   * @param first its first day
   * @param lost of those that began in it, how many are lost still
   */
  public record Ends(
      LocalDate first, long completed, long failed, long aborted, long refused, long lost) {}

  /** Count how moves ended, per stretch; those without any are left out. */
  public List<Ends> ends(ReportFilter filter, Stretch stretch, ZoneId zone) {
    return jdbc.sql(
            """
            select cast(date_trunc(:stretch, %s at time zone :zone) as date) as first,
              count(*) filter (where m.state = 'COMPLETED') as completed,
              count(*) filter (where m.state = 'FAILED') as failed,
              count(*) filter (where m.state = 'ABORTED') as aborted,
              count(*) filter (where m.state = 'REFUSED') as refused,
              count(*) filter (where m.state = 'LOST') as lost
            from migration m join vm v on v.id = m.vm_id
            join host s on s.id = m.source_id join host t on t.id = m.target_id
            where %s group by 1 order by 1
            """
                .formatted(ReportFilter.ENDED_OR_LOST, ReportFilter.CONDITIONS_WITH_LOST))
        .params(filter.params())
        .param("stretch", stretch.name())
        .param("zone", posix(zone))
        .query(new SimplePropertyRowMapper<>(Ends.class))
        .list();
  }

  /** PostgreSQL counts a bare offset westwards, as POSIX does. */
  private static String posix(ZoneId zone) {
    return zone.normalized() instanceof ZoneOffset fixed
        ? ZoneOffset.ofTotalSeconds(-fixed.getTotalSeconds()).getId()
        : zone.getId();
  }

  public Totals totals(ReportFilter filter) {
    return jdbc.sql(
            """
            select count(*) as moves,
              count(*) filter (where m.state = 'COMPLETED') as completed,
              count(*) filter (where m.state = 'FAILED') as failed,
              cast(coalesce(sum(m.bytes), 0) as bigint) as bytes,
              percentile_cont(0.5) within group (order by m.downtime_millis)
                filter (where m.state = 'COMPLETED') as downtime_median,
              percentile_cont(0.95) within group (order by m.downtime_millis)
                filter (where m.state = 'COMPLETED') as downtime95,
              percentile_cont(0.5) within group (order by m.total_millis)
                filter (where m.state = 'COMPLETED') as total_median,
              percentile_cont(0.95) within group (order by m.total_millis)
                filter (where m.state = 'COMPLETED') as total95,
              count(e.imbalance_measured) as judged,
            """
                + "count(*) filter (where "
                + HELPED
                + ") as helped,"
                + """
                 avg(e.imbalance_before) filter (where e.imbalance_measured is not null)
                  as imbalance_before,
                avg(e.imbalance_measured) as imbalance_after
                """
                + FROM)
        .params(filter.params())
        .query(new SimplePropertyRowMapper<>(Totals.class))
        .single();
  }
}
