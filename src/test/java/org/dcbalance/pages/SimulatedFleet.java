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

  /**
   * Propose a move of a machine to the first other host by name, from a pool without hosts: no
   * round confirms or withdraws it meanwhile.
   *
   * @param expires when, such as "1 hour" from now
   */
  long propose(long pool, String vm, String expires) {
    long id = vm(vm);
    jdbc.sql(
            "update recommendation set state = 'SUPERSEDED' where state = 'PROPOSED' and vm_id = :vm")
        .param("vm", id)
        .update();
    return jdbc.sql(
            """
            insert into recommendation (pool_id, vm_id, source_id, target_id, priority, state, why,
              why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
            select :pool, v.id, v.host_id, t.id, 'LOW', 'PROPOSED', 'Its host is hot.', 'There is room.', '[]',
              '{"bytes": 1073741824, "millis": 9000, "downtimeMillis": 300, "converges": true, "pastMoves": 0,
                "measuredDirtyRate": true, "measuredBandwidth": true}', 0.2, 0.4, 0.2, now(),
              now() + cast(:expires as interval)
            from vm v join host s on s.id = v.host_id
            join host t on t.pool_id = s.pool_id and t.id <> s.id and t.removed_at is null
            where v.id = :vm order by t.name limit 1 returning id
            """)
        .param("pool", pool)
        .param("vm", id)
        .param("expires", expires)
        .query(Long.class)
        .single();
  }

  /** Find a host that is not the proposed target: the last one by name. */
  long otherTarget(long recommendation) {
    return jdbc.sql(
            """
            select h.id from recommendation r join host s on s.id = r.source_id
            join host h on h.pool_id = s.pool_id and h.id not in (r.source_id, r.target_id)
            where r.id = :id and h.removed_at is null order by h.name desc limit 1
            """)
        .param("id", recommendation)
        .query(Long.class)
        .single();
  }

  private long waitFor(String query) {
    return Await.until(
        query,
        Duration.ofSeconds(30),
        () -> jdbc.sql(query).query(Long.class).optional().orElse(null),
        found -> true);
  }
}
