package org.dcbalance.pages;

import java.time.Duration;
import org.dcbalance.testing.Await;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Find what tests look at in the simulated pool, and wait until it is there. */
record SimulatedFleet(JdbcClient jdbc) {
  long pool() {
    return waitFor("select id from pool where simulated");
  }

  long host(String name) {
    return waitFor(
        "select id from host where removed_at is null and memory_bytes > 0 and name = '"
            + name
            + "'");
  }

  /** Find one that was never reached. */
  long unreachable(String name) {
    return waitFor(
        "select id from host where removed_at is null and name = '"
            + name
            + "' order by id desc limit 1");
  }

  long vm(String name) {
    return waitFor("select id from vm where name = '" + name + "'");
  }

  long newestRecommendation() {
    return waitFor(
        """
        select r.id from recommendation r join pool p on p.id = r.pool_id
        where r.state = 'PROPOSED' and p.simulated order by r.id desc limit 1
        """);
  }

  long newestMigration() {
    return waitFor("select id from migration order by id desc limit 1");
  }

  private long waitFor(String query) {
    return Await.until(
        query,
        Duration.ofSeconds(30),
        () -> jdbc.sql(query).query(Long.class).optional().orElse(null),
        found -> true);
  }
}
