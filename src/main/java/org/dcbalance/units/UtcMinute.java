package org.dcbalance.units;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Write an instant into a sentence that is stored or read in several zones: to the minute, with the
 * zone that it is in.
 */
public final class UtcMinute {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private UtcMinute() {}

  /** Write an instant as "2026-03-02 10:00 UTC". */
  public static String of(Instant instant) {
    return TIME.format(instant);
  }
}
