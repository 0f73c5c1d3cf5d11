package org.dcbalance.units;

import java.time.Duration;
import java.time.Instant;

/** Span from an instant (included) to a later one (excluded). */
public record TimeRange(Instant from, Instant to) {
  public TimeRange {
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException(
          "The time range ends (" + to + ") before it begins (" + from + ").");
    }
  }

  public static TimeRange last(Duration length, Instant now) {
    return new TimeRange(now.minus(length), now);
  }

  public Duration length() {
    return Duration.between(from, to);
  }
}
