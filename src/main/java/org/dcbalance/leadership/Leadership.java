package org.dcbalance.leadership;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Hold, or not hold, the lease under which one console of several collects, runs rounds and drives
 * migrations.
 *
 * <p>The lease is a row on the database's clock. Its epoch grows with each new holder and is the
 * fencing token: work under it is written only in a transaction that {@link #confirm} checked, so
 * that a holder that was asleep past its lease cannot write any more.
 */
@Component
public class Leadership implements DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(Leadership.class);
  private static final String NAME = "fleet";

  private final JdbcClient jdbc;
  private final Duration lease;
  private final Duration renewal;
  private final ScheduledExecutorService renewing =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lease").factory());
  private final String holder =
      ManagementFactory.getRuntimeMXBean().getName() + "/" + UUID.randomUUID();
  private volatile long epoch = -1;
  private volatile long heldUntil = Long.MIN_VALUE;

  Leadership(JdbcClient jdbc, LeadershipSettings settings) {
    this.jdbc = jdbc;
    this.lease = settings.lease();
    this.renewal = settings.renewal();
  }

  /**
   * Give the epoch if this console holds the lease by its own clock, otherwise nothing. Cheap; for
   * anything that must not be done twice, {@link #confirm} it as well.
   */
  public OptionalLong epoch() {
    return epoch >= 0 && System.nanoTime() - heldUntil < 0
        ? OptionalLong.of(epoch)
        : OptionalLong.empty();
  }

  public boolean held() {
    return epoch().isPresent();
  }

  /**
   * Lock the lease row until the surrounding transaction ends and make sure that it still carries
   * this epoch.
   *
   * @throws LeadershipLost if another console took over; the transaction must then be rolled back
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public void confirm(long expected) {
    var current =
        jdbc.sql(
                "select epoch from lease where name = :name and until > clock_timestamp() for share")
            .param("name", NAME)
            .query(Long.class)
            .optional();
    if (current.isEmpty() || current.get() != expected) {
      throw new LeadershipLost(expected);
    }
  }

  /** Tell who holds the lease, for operators; empty if nobody does. */
  public Optional<String> holder() {
    return jdbc.sql("select holder from lease where name = :name and until > clock_timestamp()")
        .param("name", NAME)
        .query(String.class)
        .optional();
  }

  /**
   * Renew it on a thread of its own: those of the schedule may wait for a host for longer than the
   * lease lasts.
   */
  @Scheduled(initialDelay = 0)
  void begin() {
    var _ =
        renewing.scheduleWithFixedDelay(this::renew, 0, renewal.toMillis(), TimeUnit.MILLISECONDS);
  }

  void renew() {
    long before = System.nanoTime();
    try {
      var now =
          jdbc.sql(
                  """
                  insert into lease (name, holder, epoch, until)
                  values (:name, :holder, 1, clock_timestamp() + :millis * interval '1 millisecond')
                  on conflict (name) do update
                  set epoch = case when lease.holder = excluded.holder and lease.until > clock_timestamp()
                                   then lease.epoch else lease.epoch + 1 end,
                      holder = excluded.holder,
                      until = excluded.until
                  where lease.holder = excluded.holder or lease.until <= clock_timestamp()
                  returning epoch
                  """)
              .param("name", NAME)
              .param("holder", holder)
              .param("millis", lease.toMillis())
              .query(Long.class)
              .optional();
      if (now.isPresent() && now.get() != epoch) {
        log.info("This console now collects, decides and executes (epoch {})", now.get());
      } else if (now.isEmpty() && epoch >= 0) {
        log.warn("Another console has taken over; this one only serves pages");
      }
      epoch = now.orElse(-1L);
      // counted from before the statement, so that our clock never outlives the database's
      heldUntil = before + lease.toNanos();
    } catch (RuntimeException e) {
      // whatever it was, the next attempt may succeed
      log.warn("The lease could not be renewed: {}", e.getMessage());
    }
  }

  @Override
  public void destroy() {
    renewing.shutdownNow();
    if (epoch < 0) {
      return;
    }
    try {
      jdbc.sql("update lease set until = clock_timestamp() where name = :name and holder = :holder")
          .param("name", NAME)
          .param("holder", holder)
          .update();
    } catch (DataAccessException e) {
      log.info("The lease was not given back; it runs out by itself");
    }
  }
}
