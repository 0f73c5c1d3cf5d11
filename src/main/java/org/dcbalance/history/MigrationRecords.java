package org.dcbalance.history;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Recall what became of earlier moves, and which are under way. */
@Component
public class MigrationRecords {
  private static final Duration DAY = Duration.ofDays(1);

  /**
   * Tell in SQL, of a migration called m, whether its figures are like those of others (plain;
   * never so of one that did not complete), what it sent, and whether its limit may have held it:
   * one that was half as fast may have been, since its time holds more than sending.
   */
  public static final String AS_IT_WENT =
      """
      cross join lateral (
        select m.state = 'COMPLETED' and m.method not in ('NOT_LIVE', 'POST_COPY', 'XBZRLE') and not m.with_storage,
          coalesce(m.bytes, m.guest_memory_bytes)) as how (plain, sent)
      cross join lateral (
        select coalesce(1000.0 * sent / nullif(m.total_millis, 0) >= 0.5 * m.bandwidth_limit,
          m.bandwidth_limit is not null)) as limited (held)
      """;

  private final JdbcClient jdbc;

  MigrationRecords(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** A move that is queued, runs, or is lost. */
  public record UnderWay(VmId vm, HostId source, HostId target) {}

  /**
   * How often a VM was moved, by DCbalance or by others.
   *
   * @param last when it last was; null if it never was
   */
  public record Moved(@Nullable Instant last, int inDay, int inWeek) {}

  /**
   * List the finished moves of a pool, newest first; refused ones never began and are left out.
   * What a limit or a method without passes made of a move says nothing of the next one, nor does
   * what was sent in vain, so such figures are left out. One that a person aborted says nothing of
   * its target, which would otherwise be barred for the VM as after a failure, so it is left out as
   * well.
   *
   * @param most how many at most
   */
  public List<PastMove> finished(PoolId pool, int most) {
    return jdbc.sql(
            """
            select vm_id, source_id, target_id, finished_at, state,
              case when plain and not held then total_millis end as total_millis,
              case when plain then downtime_millis end as downtime_millis,
              case when plain and not held then sent end as bytes
            from migration m
            """
                + AS_IT_WENT
                + """
                where pool_id = :pool and started_at is not null
                  and (state in ('COMPLETED', 'FAILED') or state = 'ABORTED' and given_up is not null)
                order by finished_at desc, id desc limit :most
                """)
        .param("pool", pool.value())
        .param("most", most)
        .query((row, n) -> pastMove(row))
        .list();
  }

  /**
   * List the hosts to which VMs of a pool could not move, as the checks right before a move found,
   * with what they said. A move that was refused for other reasons, such as its time, says nothing
   * of its target.
   *
   * @param since only refusals after this
   */
  public Map<VmId, Map<HostId, String>> refusals(PoolId pool, Instant since) {
    var refusals = new HashMap<VmId, Map<HostId, String>>();
    jdbc.sql(
            """
            select vm_id, target_id, sentence from migration
            where pool_id = :pool and target_refused and state = 'REFUSED' and finished_at > :since
            order by finished_at, id
            """)
        .param("pool", pool.value())
        .param("since", Timestamp.from(since))
        .query(
            row -> {
              refusals
                  .computeIfAbsent(new VmId(row.getLong("vm_id")), _ -> new HashMap<>())
                  .put(
                      new HostId(row.getLong("target_id")),
                      "a move there was refused: " + row.getString("sentence"));
            });
    return refusals;
  }

  /** List the moves of a pool that have not ended. */
  public List<UnderWay> underWay(PoolId pool) {
    return jdbc.sql(
            """
            select vm_id, source_id, target_id from migration
            where pool_id = :pool and state in ('PENDING', 'RUNNING', 'LOST') order by id
            """)
        .param("pool", pool.value())
        .query(
            (row, n) ->
                new UnderWay(
                    new VmId(row.getLong("vm_id")),
                    new HostId(row.getLong("source_id")),
                    new HostId(row.getLong("target_id"))))
        .list();
  }

  /**
   * Tell until when the VMs of a pool rest after being moved, or after a move that failed or was
   * refused for other reasons than its target: the base after one move, doubled for each further
   * one within 24 hours.
   *
   * @param most longest rest
   * @return only VMs that still rest at this instant
   */
  public Map<VmId, Instant> coolDowns(PoolId pool, Instant now, Duration base, Duration most) {
    var rests = new HashMap<VmId, Instant>();
    jdbc.sql(
            """
            with moved as (
              select p.vm_id, p.since as at from placement p
              where p.how <> 'found' and p.since > :since
              union all
              select m.vm_id, m.finished_at from migration m
              where (m.state in ('FAILED', 'ABORTED') or m.state = 'REFUSED' and not m.target_refused)
                and m.started_at is not null and m.finished_at > :since
                -- several attempts at one move are one
                and not exists (select from migration n where n.retry_of = m.id))
            select moved.vm_id, count(*) as times, max(at) as last
            from moved join vm v on v.id = moved.vm_id join host h on h.id = v.host_id
            where h.pool_id = :pool and v.gone_since is null
            group by moved.vm_id
            """)
        .param("since", Timestamp.from(now.minus(DAY)))
        .param("pool", pool.value())
        .query(
            row -> {
              var until =
                  row.getTimestamp("last").toInstant().plus(rest(row.getInt("times"), base, most));
              if (until.isAfter(now)) {
                rests.put(new VmId(row.getLong("vm_id")), until);
              }
            });
    return rests;
  }

  /** Give the rest after so many moves within 24 hours. */
  static Duration rest(int times, Duration base, Duration most) {
    if (times < 1) {
      return Duration.ZERO;
    }
    var rest = base;
    for (int i = 1; i < times && rest.compareTo(most) < 0; i++) {
      rest = rest.multipliedBy(2);
    }
    return rest.compareTo(most) > 0 ? most : rest;
  }

  /** Count the moves of one VM. */
  public Moved movesOf(VmId vm, Instant now) {
    return jdbc.sql(
            """
            select max(since) as last,
              count(*) filter (where since > :day) as in_day,
              count(*) filter (where since > :week) as in_week
            from placement where vm_id = :vm and how <> 'found'
            """)
        .param("day", Timestamp.from(now.minus(DAY)))
        .param("week", Timestamp.from(now.minus(Duration.ofDays(7))))
        .param("vm", vm.value())
        .query(
            (row, n) -> {
              var last = row.getTimestamp("last");
              return new Moved(
                  last == null ? null : last.toInstant(),
                  row.getInt("in_day"),
                  row.getInt("in_week"));
            })
        .single();
  }

  private static PastMove pastMove(ResultSet row) throws SQLException {
    var total = row.getObject("total_millis", Long.class);
    var downtime = row.getObject("downtime_millis", Long.class);
    var bytes = row.getObject("bytes", Long.class);
    return new PastMove(
        new VmId(row.getLong("vm_id")),
        new HostId(row.getLong("source_id")),
        new HostId(row.getLong("target_id")),
        row.getTimestamp("finished_at").toInstant(),
        row.getString("state").equals("COMPLETED"),
        total == null ? null : Duration.ofMillis(total),
        downtime == null ? null : Duration.ofMillis(downtime),
        bytes == null ? null : new Memory(bytes));
  }
}
