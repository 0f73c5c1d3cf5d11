package org.dcbalance.story;

import java.time.Duration;
import java.util.Locale;

/** Print what a run measured, so that it can be found in the output of a build. */
final class Figures {
  private Figures() {}

  static void seconds(String what, Duration took) {
    System.out.printf(Locale.ROOT, "figure: %s: %.1f s%n", what, took.toMillis() / 1000.0);
  }

  static void print(String what, Object value) {
    System.out.printf(Locale.ROOT, "figure: %s: %s%n", what, value);
  }

  /** Measure from now on. */
  static Watch watch() {
    return new Watch(System.nanoTime());
  }

  record Watch(long begun) {
    Duration passed() {
      return Duration.ofNanos(System.nanoTime() - begun);
    }
  }
}
