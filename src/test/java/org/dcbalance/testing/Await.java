package org.dcbalance.testing;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Wait for what a console or a host does in its own time. */
public final class Await {
  private static final Duration BETWEEN = Duration.ofMillis(200);

  /** What is said to be patient enough is so on an idle machine; others get more. */
  private static final int BUSY_MACHINE = 3;

  /** It costs nothing to wait for longer, but where a test fails. */
  private static final Duration LEAST = Duration.ofMinutes(1);

  private Await() {}

  /**
   * Look until there is something to see, and give it.
   *
   * @param what says what is waited for, for the failure
   * @throws AssertionError with what was seen last, if it takes too long
   */
  public static <T> T until(
      String what, Duration patience, Supplier<? extends @Nullable T> look, Predicate<T> wanted) {
    return until(what, patience, BETWEEN, look, wanted);
  }

  /** Look as often as told, where what is waited for does not last. */
  public static <T> T until(
      String what,
      Duration patience,
      Duration between,
      Supplier<? extends @Nullable T> look,
      Predicate<T> wanted) {
    var busy = patience.multipliedBy(BUSY_MACHINE);
    var most = busy.compareTo(LEAST) < 0 ? LEAST : busy;
    long until = System.nanoTime() + most.toNanos();
    while (true) {
      @Nullable T seen = look.get();
      if (seen != null && wanted.test(seen)) {
        return seen;
      }
      if (System.nanoTime() > until) {
        throw new AssertionError(
            "Not seen within " + most.toSeconds() + " s: " + what + ". Seen last: " + seen);
      }
      pause(between);
    }
  }

  public static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted.", e);
    }
  }
}
