package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.migration.Aborts;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.PostgresForTests;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.annotation.DirtiesContext;

/** The simulated pool runs by itself, in a console of its own, where one bad move ends that. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "dcbalance.data-dir=target/automatic-pool-test",
      "dcbalance.admin.password=" + ConsoleTest.PASSWORD,
      "dcbalance.admin.token=" + ConsoleTest.TOKEN,
      "dcbalance.inventory.period=500ms",
      "dcbalance.telemetry.period=1s",
      "dcbalance.balancing.simulated.window=10s",
      "dcbalance.balancing.simulated.every=1s",
      "dcbalance.balancing.simulated.hold-rounds=1",
      // a busy machine misses samples
      "dcbalance.balancing.simulated.minimum-coverage=0.3",
      "dcbalance.balancing.simulated.cool-down=0s",
      "dcbalance.balancing.simulated.cool-down-most=0s",
      "dcbalance.balancing.fall-back-after=1"
    })
@Import(PostgresForTests.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("AutomaticPoolTest")
@DirtiesContext // else it decides every second beside all tests that follow
class AutomaticPoolTest {
  private static final Operator ANN = new Operator("ann");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @LocalServerPort private int port;
  @Autowired private Pools pools;
  @Autowired private Rounds rounds;
  @Autowired private Approvals approvals;
  @Autowired private Aborts aborts;
  @Autowired private JdbcClient jdbc;

  @Test
  void itMovesByItselfRestsInQuietHoursFallsBackAndMayBeSetAgain() {
    var pool = new PoolId(seen("the pool", "select id from pool where simulated"));
    var api = new PoolByApi(port, pool);
    var automatic =
        "{\"automation\": \"AUTOMATIC\", \"automaticFrom\": \"LOW\", \"quietHours\": \"%s\"}";
    seen("a proposal", proposedSince(0));

    api.change(automatic.formatted(PoolByApi.aroundNow()));
    long round = rounds.newest(pool).orElseThrow().number();
    seen("a proposal of a round in quiet hours", proposedSince(round + 3));
    assertThat(number("select count(*) from migration")).as("moves in quiet hours").isZero();

    api.change("{\"quietHours\": \"\"}");
    fallsBack(pool);
    assertThat(fallBacks()).isEqualTo(1);

    api.change(automatic.formatted(PoolByApi.aroundNow()));
    aPersonsMoveEndsBadly();
    assertThat(automation(pool))
        .as("set again, and only a person's move has ended since")
        .isEqualTo(HostPool.Automation.AUTOMATIC);
    assertThat(fallBacks()).isEqualTo(1);

    api.change("{\"quietHours\": \"\"}");
    fallsBack(pool);
    assertThat(fallBacks()).isEqualTo(2);
  }

  /** Aborts what is moved automatically until nothing is any more. */
  private void fallsBack(PoolId pool) {
    Await.until(
        "the pool is back to manual approval",
        PATIENCE,
        Duration.ofMillis(50),
        () -> {
          abortMovesOf(Operator.DCBALANCE);
          return automation(pool);
        },
        now -> now == HostPool.Automation.MANUAL);
    Await.until(
        "no move is under way",
        PATIENCE,
        () -> {
          abortMovesOf(Operator.DCBALANCE);
          return number("select count(*) from migration where state in ('PENDING', 'RUNNING')");
        },
        open -> open == 0);
  }

  private void aPersonsMoveEndsBadly() {
    long approved =
        Await.until("a person's approval", PATIENCE, this::approvedByAPerson, id -> true);
    Await.until(
        "its end",
        PATIENCE,
        Duration.ofMillis(50),
        () -> {
          abortMovesOf(ANN);
          return number(
              "select count(*) from recommendation where state = 'SETTLED' and id = " + approved);
        },
        settled -> settled == 1);
  }

  private @Nullable Long approvedByAPerson() {
    var proposed = jdbc.sql(proposedSince(0)).query(Long.class).optional().orElse(null);
    try {
      return proposed == null ? null : approvals.approve(proposed, ANN).getFirst().id();
    } catch (Problem overtaken) {
      return null;
    }
  }

  private void abortMovesOf(Operator by) {
    for (long id :
        jdbc.sql(
                """
                select id from migration where requested_by = :by and state in ('PENDING', 'RUNNING')
                  and abort_requested_by is null
                """)
            .param("by", by.name())
            .query(Long.class)
            .list()) {
      try {
        aborts.request(id, ANN);
      } catch (Problem ended) {
        // it was quicker
      }
    }
  }

  private HostPool.Automation automation(PoolId pool) {
    return pools.findById(pool.value()).orElseThrow().automation();
  }

  private long fallBacks() {
    return number("select count(*) from fleet_event where kind = 'automation-fell-back'");
  }

  private static String proposedSince(long round) {
    return """
    select r.id from recommendation r join round o on o.id = r.round_id
    where r.state = 'PROPOSED' and o.number >= %d order by r.id limit 1
    """
        .formatted(round);
  }

  private long seen(String what, String query) {
    return Await.until(
        what,
        PATIENCE,
        () -> jdbc.sql(query).query(Long.class).optional().orElse(null),
        found -> true);
  }

  private long number(String sql) {
    return Objects.requireNonNull(jdbc.sql(sql).query(Long.class).single());
  }
}
