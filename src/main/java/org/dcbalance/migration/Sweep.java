package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/** Try again and again what migrations left to be done, in a thread of its own, some time apart. */
final class Sweep {
  private static final Duration BETWEEN_TRIES = Duration.ofSeconds(10);

  private final String name;
  private final Map<Long, Instant> tried = new ConcurrentHashMap<>();
  private final AtomicBoolean underWay = new AtomicBoolean();

  Sweep(String name) {
    this.name = name;
  }

  /** Try those whose last try is long enough ago, unless the last sweep still goes on. */
  <T> void over(List<T> all, ToLongFunction<T> migration, Consumer<T> once) {
    var now = Instant.now();
    var due =
        all.stream()
            .filter(
                left ->
                    !tried
                        .getOrDefault(migration.applyAsLong(left), Instant.EPOCH)
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
                  tried.put(migration.applyAsLong(left), Instant.now());
                  once.accept(left);
                }
              } finally {
                underWay.set(false);
              }
            });
  }

  /** Forget a migration that has left nothing any more. */
  void done(long migration) {
    tried.remove(migration);
  }
}
