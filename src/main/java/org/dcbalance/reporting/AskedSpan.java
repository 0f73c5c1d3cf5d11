package org.dcbalance.reporting;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.dcbalance.units.TimeRange;
import org.jspecify.annotations.Nullable;

/** The span of time that somebody asks a chart or a report for. */
final class AskedSpan {
  private static final Duration USUAL = Duration.ofHours(1);
  private static final Duration LONGEST = Duration.ofDays(400);

  private AskedSpan() {}

  /** Read that of a chart, which is an hour long without a beginning. */
  static TimeRange of(@Nullable Instant from, @Nullable Instant to, Instant now) {
    return of(from, to, USUAL, now);
  }

  /**
   * Read it: up to now without an end, and of the usual length without a beginning.
   *
   * @throws Problem BAD_REQUEST if it ends before it begins, or is too long
   */
  static TimeRange of(@Nullable Instant from, @Nullable Instant to, Duration usual, Instant now) {
    var end = to == null ? now : to;
    var start = from == null ? end.minus(usual) : from;
    if (!start.isBefore(end) || Duration.between(start, end).compareTo(LONGEST) > 0) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The time range from " + start + " to " + end + " cannot be shown.",
          "Maybe ask for a range of at most 400 days that ends after it begins.");
    }
    return new TimeRange(start, end);
  }
}
