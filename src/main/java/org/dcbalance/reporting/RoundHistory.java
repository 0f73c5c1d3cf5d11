package org.dcbalance.reporting;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Tell what rounds came to, what they knew, and what stood after them. */
@Component
public class RoundHistory {
  private final JdbcClient jdbc;

  RoundHistory(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * A round in a list.
   *
   * @param decidedInMicros time that deciding took
   * @param cameFrom where its proposal came from; null without one
   */
  public record RoundLine(
      long id,
      long poolId,
      String pool,
      long number,
      Instant at,
      String outcome,
      @Nullable Double imbalance,
      @Nullable Double imbalanceAfter,
      double threshold,
      String sentence,
      String requestedBy,
      @Nullable String cameFrom,
      long decidedInMicros) {}

  /**
   * What a round knew of one host.
   *
   * @param newest null where the window held no sample (any more)
   * @param samples within its window
   */
  public record Input(long hostId, String host, @Nullable Instant newest, long samples) {}

  /** A recommendation that was open when the round had ended. */
  public record Standing(
      long id,
      String vm,
      long vmId,
      String source,
      String target,
      String priority,
      String state,
      String why,
      double gain,
      Instant createdAt) {}

  /** List rounds with an id below the given one, newest first. */
  public List<RoundLine> list(
      @Nullable Long pool, @Nullable String outcome, long before, int most) {
    return jdbc.sql(
            """
            select r.id, r.pool_id, p.name as pool, r.number, r.at, r.outcome, r.imbalance,
              r.imbalance_after, r.threshold, r.sentence, r.requested_by, r.came_from, r.decided_in_micros
            from round r join pool p on p.id = r.pool_id
            where %s (cast(:outcome as text) is null or r.outcome = :outcome)
              and r.id < :before
            order by r.id desc limit :most
            """
                // the index is used where the statement always names a pool
                .formatted(pool == null ? "" : "r.pool_id = :pool and"))
        .param("pool", pool)
        .param("outcome", outcome)
        .param("before", before)
        .param("most", most)
        .query(new SimplePropertyRowMapper<>(RoundLine.class))
        .list();
  }

  /**
   * List what the round's window held of each host of its pool, as far as samples are still kept.
   */
  public List<Input> inputs(long round) {
    return jdbc.sql(
            """
            select h.id as host_id, h.name as host, max(s.at) as newest, count(s.at) as samples
            from round r
            join host h on h.pool_id = r.pool_id and h.added_at <= r.at
              and (h.removed_at is null or h.removed_at > r.at)
            left join host_sample s on s.host_id = h.id and s.at <= r.at
              and s.at > r.at - r.window_seconds * interval '1 second'
            where r.id = :round group by h.id, h.name order by h.name, h.id
            """)
        .param("round", round)
        .query(new SimplePropertyRowMapper<>(Input.class))
        .list();
  }

  /** List the recommendations that were open when the round had ended. */
  public List<Standing> standing(long round) {
    return jdbc.sql(
            """
            select c.id, v.name as vm, c.vm_id, s.name as source, t.name as target, c.priority, c.state,
              c.why, c.gain, c.created_at
            from round r join recommendation c on c.pool_id = r.pool_id
              and c.created_at <= r.at + r.took_millis * interval '1 millisecond' + interval '1 second'
              and (c.decided_at is null or c.decided_at > r.at + r.took_millis * interval '1 millisecond')
              and c.expires_at > r.at
            join vm v on v.id = c.vm_id
            join host s on s.id = c.source_id join host t on t.id = c.target_id
            where r.id = :round order by c.gain desc, c.id
            """)
        .param("round", round)
        .query(new SimplePropertyRowMapper<>(Standing.class))
        .list();
  }

  /** Give the rounds before and after a round of the same pool; null where there is none. */
  public Neighbours neighbours(long round) {
    return jdbc.sql(
            """
            select (select max(o.id) from round o where o.pool_id = r.pool_id and o.id < r.id) as earlier,
              (select min(o.id) from round o where o.pool_id = r.pool_id and o.id > r.id) as later
            from round r where r.id = :round
            """)
        .param("round", round)
        .query(new SimplePropertyRowMapper<>(Neighbours.class))
        .single();
  }

  /** The rounds beside a round. */
  public record Neighbours(@Nullable Long earlier, @Nullable Long later) {}
}
