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
    long until = System.nanoTime() + patience.multipliedBy(BUSY_MACHINE).toNanos();
    while (true) {
      @Nullable T seen = look.get();
      if (seen != null && wanted.test(seen)) {
        return seen;
      }
      if (System.nanoTime() > until) {
        throw new AssertionError(
            "Not seen within "
                + patience.multipliedBy(BUSY_MACHINE).toSeconds()
                + " s: "
                + what
                + ". Seen last: "
                + seen);
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
