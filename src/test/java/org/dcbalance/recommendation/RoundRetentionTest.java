package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.dcbalance.history.PlacementRecords;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

@ConsoleTest
class RoundRetentionTest {
  @Autowired private RoundRetention retention;
  @Autowired private JdbcClient jdbc;

  @Test
  void oldRoundsGoUnlessSomethingRefersToThemOrNoneIsNewer() {
    try (var pool = new RecordedPool(jdbc, "old-" + UUID.randomUUID(), 5)) {
      long proposed = round(pool.id(), 1, 200);
      long remembered = round(pool.id(), 2, 200);
      long idle = round(pool.id(), 3, 200);
      long young = round(pool.id(), 4, 89);
      jdbc.sql(
              """
              insert into past_decision (pool_id, round_id, at, open_hosts, situation, choices)
              values (:pool, :round, now(), 3, '{}', '[]')
              """)
          .param("round", remembered)
          .param("pool", pool.id())
          .update();
      jdbc.sql(
              """
              insert into recommendation (pool_id, round_id, vm_id, source_id, target_id, priority, state, why,
                why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
              select h.pool_id, :round, v.id, h.id, h.id, 'LOW', 'EXPIRED', '', '', '[]', '{}', 0, 0, 0, now(), now()
              from host h join vm v on v.host_id = h.id where h.pool_id = :pool limit 1
              """)
          .param("round", proposed)
          .param("pool", pool.id())
          .update();
      retention.drop();
      assertThat(rounds(pool.id())).isEqualTo(proposed + " " + remembered + " " + young);
      jdbc.sql("update round set at = now() - interval '200 days' where id = :round")
          .param("round", young)
          .update();
      retention.drop();
      assertThat(rounds(pool.id()))
          .as("the newest says for how long the pool has been out of bounds")
          .isEqualTo(proposed + " " + remembered + " " + young)
          .doesNotContain("" + idle);
    }
  }

  @Test
  void whatARoundDecidedOnGoesAfterADay() {
    try (var pool = new RecordedPool(jdbc, "inputs-" + UUID.randomUUID(), 5)) {
      long old = round(pool.id(), 1, 0);
      long young = round(pool.id(), 2, 0);
      jdbc.sql(
              """
              insert into round_input (round_id, at, decided_by, input) values
                (:old, now() - interval '25 hours', '{}', ''), (:young, now() - interval '23 hours', '{}', '')
              """)
          .param("old", old)
          .param("young", young)
          .update();
      retention.drop();
      assertThat(
              jdbc.sql("select round_id from round_input where round_id in (:old, :young)")
                  .param("old", old)
                  .param("young", young)
                  .query(Long.class)
                  .list())
          .containsExactly(young);
    }
  }

  @Test
  void decisionsThatNobodyLooksUpGoUnlessOthersWereAdaptedFromThem() {
    try (var pool = new RecordedPool(jdbc, "decisions-" + UUID.randomUUID(), 5)) {
      long round = round(pool.id(), 1, 0);
      long first = decisions(pool.id(), round, 3, PlacementRecords.MOST + 2);
      decisions(pool.id(), round, 4, 2);
      jdbc.sql(
              """
              update past_decision set adapted_from = :first
              where id = (select max(id) from past_decision where pool_id = :pool and open_hosts = 3)
              """)
          .param("first", first)
          .param("pool", pool.id())
          .update();
      retention.drop();
      assertThat(
              jdbc.sql(
                      """
                      select open_hosts || ': ' || count(*) from past_decision
                      where pool_id = :pool and id <> :second group by open_hosts order by open_hosts
                      """)
                  .param("pool", pool.id())
                  .param("second", first + 1)
                  .query(String.class)
                  .list())
          .containsExactly("3: " + (PlacementRecords.MOST + 1), "4: 2");
      assertThat(
              jdbc.sql("select id from past_decision where pool_id = :pool order by id limit 2")
                  .param("pool", pool.id())
                  .query(Long.class)
                  .list())
          .as("the first stays for what was made of it, the second goes")
          .containsExactly(first, first + 2);
    }
  }

  /** Record so many decisions, and give the first. */
  private long decisions(long pool, long round, int hosts, int count) {
    return jdbc.sql(
            """
            with made as (
              insert into past_decision (pool_id, round_id, at, open_hosts, situation, choices)
              select :pool, :round, now(), :hosts, '{}', '[]' from generate_series(1, :count) returning id)
            select min(id) from made
            """)
        .param("pool", pool)
        .param("round", round)
        .param("hosts", hosts)
        .param("count", count)
        .query(Long.class)
        .single();
  }

  private long round(long pool, int number, int daysAgo) {
    return jdbc.sql(
            """
            insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold, window_seconds,
              sentence, requested_by, decided_in_micros)
            values (:pool, :number, now() - :days * interval '1 day', 1, 'DCbalance', 'BALANCED', 0.15, 600, '', 'amy', 1)
            returning id
            """)
        .param("pool", pool)
        .param("number", number)
        .param("days", daysAgo)
        .query(Long.class)
        .single();
  }

  private String rounds(long pool) {
    return jdbc.sql(
            "select coalesce(string_agg(id::text, ' ' order by id), '') from round where pool_id = :pool")
        .param("pool", pool)
        .query(String.class)
        .single();
  }
}
