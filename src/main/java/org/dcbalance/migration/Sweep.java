package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.units.VmId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Try again and again what migrations left to be done, in a thread of its own, some time apart, and
 * never on a VM that moves, is captured or is restored.
 */
final class Sweep {
  private static final Logger log = LoggerFactory.getLogger(Sweep.class);
  private static final Duration BETWEEN_TRIES = Duration.ofSeconds(10);

  private final String name;
  private final JdbcClient jdbc;
  private final VmClaims claims;
  private final MigrationWork migrations;
  private final Map<Long, Instant> tried = new ConcurrentHashMap<>();
  private final Map<Long, Object> locks = new ConcurrentHashMap<>();
  private final AtomicBoolean underWay = new AtomicBoolean();

  Sweep(String name, JdbcClient jdbc, VmClaims claims, MigrationWork migrations) {
    this.name = name;
    this.jdbc = jdbc;
    this.claims = claims;
    this.migrations = migrations;
  }

  /** What a migration left to be done on a VM. */
  record Left<T>(long migration, long vm, T what) {}

  /**
   * Try those whose last try is long enough ago, unless the last sweep still goes on.
   *
   * @param confirm throws once this console may not act any more
   */
  <T> void over(List<Left<T>> all, Runnable confirm, Consumer<Left<T>> once) {
    var now = Instant.now();
    var due =
        all.stream()
            .filter(
                left ->
                    !tried
                        .getOrDefault(left.migration(), Instant.EPOCH)
                        .plus(BETWEEN_TRIES)
                        .isAfter(now))
            .toList();
    if (due.isEmpty() || !underWay.compareAndSet(false, true)) {
      return;
    }
    Thread.ofPlatform()
        .daemon()
        .name(name)
        .start(
            () -> {
              try {
                for (var left : due) {
                  tried.put(left.migration(), Instant.now());
                  tryOnce(left, confirm, once);
                }
              } finally {
                underWay.set(false);
              }
            });
  }

  private <T> void tryOnce(Left<T> left, Runnable confirm, Consumer<Left<T>> once) {
    try {
      confirm.run();
      alone(
          left.vm(),
          () -> {
            if (isFree(left.vm())) {
              once.accept(left);
            }
            return true;
          });
    } catch (RuntimeException e) {
      log.warn("{}: migration {} still has something to be done", name, left.migration(), e);
    }
  }

  /** Work on what is left of a VM with nobody else doing so. */
  <T> T alone(long vm, Supplier<T> work) {
    synchronized (locks.computeIfAbsent(vm, _ -> new Object())) {
      return work.get();
    }
  }

  /** Tell whether nobody moves, captures or restores a VM now. */
  boolean isFree(long vm) {
    return !moves(vm) && claims.otherThan(migrations, new VmId(vm)).isEmpty();
  }

  /** One that is only queued may stay so for hours, and looks itself before it begins. */
  private boolean moves(long vm) {
    return jdbc.sql(
            "select exists (select from migration where vm_id = :vm and state in ('RUNNING', 'LOST'))")
        .param("vm", vm)
        .query(Boolean.class)
        .single();
  }

  /** Forget a migration that has left nothing any more. */
  void done(long migration) {
    tried.remove(migration);
  }
}
