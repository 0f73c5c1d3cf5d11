package org.dcbalance.notification;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Send what waits in the outbox, on any console: rows decide who sends what. One message at a time
 * to each destination, and a few destinations at a time, so that a slow one delays itself alone.
 */
@Component
class Courier implements DisposableBean {
  static final Duration FIRST_WAIT = Duration.ofSeconds(15);
  static final Duration LONGEST_WAIT = Duration.ofHours(2);

  private static final Logger log = LoggerFactory.getLogger(Courier.class);
  private static final int AT_ONCE = 16;

  /** A claim outlives the attempt by this, so that nobody else begins while it is recorded. */
  private static final Duration RECORDING = Duration.ofSeconds(40);

  private static final Duration ALLOWANCE = Duration.ofSeconds(10);

  private final Outbox outbox;
  private final Destinations destinations;
  private final Sending sending;
  private final NotificationSettings settings;
  private final MeterRegistry meters;
  private final Clock clock;
  private final Semaphore free = new Semaphore(AT_ONCE);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Courier(
      Outbox outbox,
      Destinations destinations,
      Sending sending,
      NotificationSettings settings,
      MeterRegistry meters,
      Clock clock) {
    this.outbox = outbox;
    this.destinations = destinations;
    this.sending = sending;
    this.settings = settings;
    this.meters = meters;
    this.clock = clock;
    for (var outcome : Counted.values()) {
      // a rate that begins with the first failure would not show it
      count(outcome, 0);
    }
  }

  private enum Counted {
    SENT("sent"),
    FAILED("failed"),
    GIVEN_UP("given_up");

    private final String label;

    Counted(String label) {
      this.label = label;
    }
  }

  @Scheduled(fixedDelayString = "${dcbalance.notification.every:1s}")
  void look() {
    try {
      for (var destination : outbox.due()) {
        if (!free.tryAcquire()) {
          return;
        }
        threads.execute(
            () -> {
              try {
                serve(destination);
              } finally {
                free.release();
              }
            });
      }
    } catch (DataAccessException | TransactionException e) {
      log.warn("Notifications wait: {}", e.getMessage());
    }
  }

  @Scheduled(fixedDelayString = "1h", initialDelayString = "1m")
  void forget() {
    try {
      outbox.forget(settings.keep());
    } catch (DataAccessException e) {
      log.warn("Old deliveries stay for now: {}", e.getMessage());
    }
  }

  /** Send what waits for a destination, until nothing does or an attempt fails. */
  void serve(long id) {
    try {
      while (!threads.isShutdown()) {
        var claimed = outbox.claim(id, settings.deadline().plus(RECORDING));
        if (claimed.isEmpty() || !deliver(claimed.get())) {
          return;
        }
      }
    } catch (DataAccessException | TransactionException e) {
      log.warn("A notification waits: {}", e.getMessage());
    } catch (RuntimeException e) {
      // the claim runs out, and it is tried again
      log.error("Sending to destination {} failed", id, e);
    }
  }

  private boolean deliver(Delivery claimed) {
    var to = destinations.find(claimed.destinationId());
    if (to.isEmpty()) {
      return false;
    }
    var outcome = sending.send(to.get(), Message.of(claimed, settings.consoleUrl()));
    if (outcome.delivered()) {
      record(() -> outbox.sent(claimed, outcome.sentence()));
      count(Counted.SENT, 1);
      return true;
    }
    var wait = waitAfter(claimed.attempts());
    if (clock.instant().plus(wait).isAfter(claimed.at().plus(settings.giveUpAfter()))) {
      record(() -> outbox.givenUp(claimed, outcome.sentence()));
      count(Counted.GIVEN_UP, 1);
      log.warn("A notification to {} is given up: {}", to.get().name(), outcome.sentence());
    } else {
      record(() -> outbox.failed(claimed, outcome.sentence(), wait));
      count(Counted.FAILED, 1);
      log.info("A notification to {} is tried again: {}", to.get().name(), outcome.sentence());
    }
    return false;
  }

  /**
   * Record what came of an attempt, for as long as its claim lasts: what is not recorded would be
   * sent again.
   */
  private void record(Runnable outcome) {
    long until = System.nanoTime() + RECORDING.toNanos() - ALLOWANCE.toNanos();
    while (true) {
      try {
        outcome.run();
        return;
      } catch (DataAccessException | TransactionException e) {
        if (threads.isShutdown() || System.nanoTime() > until) {
          throw e;
        }
        log.warn("The outcome of a notification is not recorded yet: {}", e.getMessage());
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** 15 s after the first attempt, twice as long after each further one, at most 2 h. */
  static Duration waitAfter(int attempts) {
    var doubled = FIRST_WAIT.multipliedBy(1L << Math.min(20, Math.max(0, attempts - 1)));
    return doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT;
  }

  private void count(Counted outcome, double by) {
    meters.counter("dcbalance.notifications", "outcome", outcome.label).increment(by);
  }

  @Override
  public void destroy() {
    threads.shutdownNow();
  }
}
