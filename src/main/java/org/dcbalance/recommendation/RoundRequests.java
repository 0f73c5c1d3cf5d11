package org.dcbalance.recommendation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Thing;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/** Ask for a round now, whichever console runs them, and wait for its outcome. */
@Component
public class RoundRequests {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Pools pools;
  private final Hosts hosts;
  private final Rounds rounds;
  private final JdbcClient jdbc;
  private final AuditLog audit;
  private final TransactionOperations transactions;

  RoundRequests(
      Pools pools,
      Hosts hosts,
      Rounds rounds,
      JdbcClient jdbc,
      AuditLog audit,
      TransactionOperations transactions) {
    this.pools = pools;
    this.hosts = hosts;
    this.rounds = rounds;
    this.jdbc = jdbc;
    this.audit = audit;
    this.transactions = transactions;
  }

  /**
   * Run a round of a pool, or of every pool that has hosts.
   *
   * @throws Problem if the pool is paused or has no hosts, or if no console ran it in time
   */
  public List<Round> runNow(@Nullable PoolId only, Operator by) {
    var asked = new ArrayList<HostPool>();
    for (var pool : pools.findAllByOrderByName()) {
      if ((only == null || pool.id().equals(only))
          && hosts.countByPoolId(pool.id().value()) > 0
          && !(only == null && pool.paused())) {
        asked.add(pool);
      }
    }
    if (asked.isEmpty()) {
      throw new Problem(
          ErrorCode.CONFLICT, "There is no host to look at yet.", "Maybe add a host first.");
    }
    var before = new ArrayList<Long>();
    var since = Instant.now();
    for (var pool : asked) {
      if (pool.paused()) {
        throw new Problem(
            ErrorCode.CONFLICT,
            "Balancing of " + pool.name() + " is paused.",
            "Maybe resume it first.");
      }
      before.add(rounds.newest(pool.id()).map(Round::number).orElse(0L));
      transactions.executeWithoutResult(status -> ask(pool, by));
    }
    var done = new ArrayList<Round>();
    var giveUp = Instant.now().plus(PATIENCE);
    for (int i = 0; i < asked.size(); i++) {
      done.add(await(asked.get(i), before.get(i), by, since, giveUp));
    }
    return done;
  }

  private void ask(HostPool pool, Operator by) {
    jdbc.sql("update pool set round_requested_by = :by where id = :id")
        .param("by", by.name())
        .param("id", pool.id().value())
        .update();
    audit.note(by, Act.ROUND_ASKED, Thing.pool(pool.id(), pool.name()));
  }

  /** One that somebody else asked for at the same time does as well. */
  private Round await(HostPool pool, long after, Operator by, Instant since, Instant giveUp) {
    while (Instant.now().isBefore(giveUp)) {
      for (var round : rounds.list(pool.id(), Long.MAX_VALUE, 3)) {
        if (round.number() > after
            && (round.requestedBy().equals(by.name()) || round.at().isAfter(since))) {
          return round;
        }
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new Problem(
        ErrorCode.UNAVAILABLE,
        "No console has run the round of " + pool.name() + " yet; it stays asked for.",
        "Maybe look again in a moment.");
  }
}
