package org.dcbalance.testing;

import java.time.Duration;
import java.util.Locale;

/** Print what a run measured, so that it can be found in the output of a build. */
public final class Figures {
  private Figures() {}

  public static void seconds(String what, Duration took) {
    System.out.printf(Locale.ROOT, "figure: %s: %.1f s%n", what, took.toMillis() / 1000.0);
  }

  public static void print(String what, Object value) {
    System.out.printf(Locale.ROOT, "figure: %s: %s%n", what, value);
  }

  /** Measure from now on. */
  public static Watch watch() {
    return new Watch(System.nanoTime());
  }

  public record Watch(long begun) {
    public Duration passed() {
      return Duration.ofNanos(System.nanoTime() - begun);
    }
  }
}
