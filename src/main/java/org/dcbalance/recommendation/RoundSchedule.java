package org.dcbalance.recommendation;

import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Run the rounds of every pool when they are due or asked for; on the lease holder alone. */
@Component
class RoundSchedule implements DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(RoundSchedule.class);

  private final Pools pools;
  private final Hosts hosts;
  private final BalancingRound round;
  private final Automation automation;
  private final BalancingSettings settings;
  private final Leadership leadership;
  private final JdbcClient jdbc;
  private final Clock clock;
  private final Map<PoolId, Instant> last = new ConcurrentHashMap<>();
  private final Set<PoolId> underWay = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  RoundSchedule(
      Pools pools,
      Hosts hosts,
      BalancingRound round,
      Automation automation,
      BalancingSettings settings,
      Leadership leadership,
      JdbcClient jdbc,
      Clock clock) {
    this.pools = pools;
    this.hosts = hosts;
    this.round = round;
    this.automation = automation;
    this.settings = settings;
    this.leadership = leadership;
    this.jdbc = jdbc;
    this.clock = clock;
  }

  @Scheduled(fixedDelayString = "500ms", initialDelayString = "2s")
  void tick() {
    var epoch = leadership.epoch();
    if (epoch.isEmpty()) {
      return;
    }
    try {
      for (var pool : pools.findAllByOrderByName()) {
        var asked = requested(pool.id());
        if ((asked != null || due(pool))
            && hosts.countByPoolId(pool.id().value()) > 0
            && underWay.add(pool.id())) {
          last.put(pool.id(), clock.instant());
          threads.execute(() -> run(pool, epoch.getAsLong(), asked));
        }
      }
    } catch (DataAccessException | TransactionException e) {
      log.warn("No rounds for now, since the database does not answer: {}", e.getMessage());
    }
  }

  private boolean due(HostPool pool) {
    var every = settings.pace(pool.simulated()).every();
    return !pool.paused()
        && !clock.instant().isBefore(last.getOrDefault(pool.id(), Instant.EPOCH).plus(every));
  }

  private @Nullable String requested(PoolId pool) {
    return jdbc
        .sql("select round_requested_by from pool where id = :id")
        .param("id", pool.value())
        .query((row, n) -> row.getString(1))
        .list()
        .stream()
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private void run(HostPool pool, long epoch, @Nullable String askedBy) {
    try {
      var by = askedBy == null ? Operator.DCBALANCE : new Operator(askedBy);
      round.run(pool, epoch, by);
      if (askedBy != null) {
        // somebody else may have asked since, for a round of their own
        jdbc.sql(
                "update pool set round_requested_by = null where id = :id"
                    + " and round_requested_by = :by")
            .param("id", pool.id().value())
            .param("by", askedBy)
            .update();
      }
      automation.approveWhatMayBe(pool.id());
    } catch (LeadershipLost e) {
      log.info("A round of {} was dropped: {}", pool.name(), e.getMessage());
    } catch (DataAccessException | TransactionException e) {
      log.warn("A round of {} could not be recorded: {}", pool.name(), e.getMessage());
    } catch (RuntimeException e) {
      log.error("A round of {} failed", pool.name(), e);
    } finally {
      underWay.remove(pool.id());
    }
  }

  @Override
  public void destroy() {
    threads.shutdownNow();
  }
}
