package org.dcbalance.recommendation;

import java.time.Duration;
import org.dcbalance.history.PlacementRecords;
import org.dcbalance.leadership.Leadership;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Drop old rounds, earlier what rounds decided on, and decisions that no round looks up any more. A
 * round by which a recommendation was proposed or confirmed last stays, and so does one whose
 * decision is remembered.
 */
@Component
class RoundRetention {
  private static final Logger log = LoggerFactory.getLogger(RoundRetention.class);

  /** Rows at once, so that no statement takes long. */
  private static final int AT_ONCE = 5_000;

  private final JdbcClient jdbc;
  private final Leadership leadership;
  private final BalancingSettings settings;

  RoundRetention(JdbcClient jdbc, Leadership leadership, BalancingSettings settings) {
    this.jdbc = jdbc;
    this.leadership = leadership;
    this.settings = settings;
  }

  @Scheduled(fixedDelayString = "10m", initialDelayString = "1m")
  void tidy() {
    if (!leadership.held()) {
      return;
    }
    try {
      drop();
    } catch (DataAccessException | TransactionException e) {
      log.warn("Dropping old rounds waits for the database: {}", e.getMessage());
    }
  }

  void drop() {
    delete(
        """
        delete from round_input where round_id in (
          select round_id from round_input where at < now() - :age * interval '1 second'
          order by at limit :most)
        """,
        settings.keepInputs());
    // one that others were adapted from would take them along
    jdbc.sql(
            """
            delete from past_decision where id in (
              select p.id from past_decision p join (
                select pool_id, open_hosts, (array_agg(id order by id desc))[:kept] as oldest
                from past_decision group by 1, 2 having count(*) > :kept) k
                on k.pool_id = p.pool_id and k.open_hosts = p.open_hosts and p.id < k.oldest
              where not exists (select from past_decision d where d.adapted_from = p.id)
              order by p.id limit :most)
            """)
        .param("kept", PlacementRecords.MOST)
        .param("most", AT_ONCE)
        .update();
    // recommendations, and what is remembered of decisions, would go with their rounds
    delete(
        """
        delete from round where id in (
          select r.id from round r where r.at < now() - :age * interval '1 second'
            and not exists (select from recommendation c where c.round_id = r.id)
            and not exists (select from past_decision d where d.round_id = r.id)
            and r.number < (select max(n.number) from round n where n.pool_id = r.pool_id)
          order by r.at limit :most)
        """,
        settings.keepRounds());
  }

  private void delete(String sql, Duration age) {
    jdbc.sql(sql).param("age", age.toSeconds()).param("most", AT_ONCE).update();
  }
}
