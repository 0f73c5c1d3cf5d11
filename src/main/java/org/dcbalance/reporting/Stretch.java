package org.dcbalance.reporting;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;

/** Name the stretches of time that moves are counted by; weeks begin on Monday. */
public enum Stretch {
  DAY(ChronoUnit.DAYS),
  WEEK(ChronoUnit.WEEKS),
  MONTH(ChronoUnit.MONTHS),
  YEAR(ChronoUnit.YEARS);

  private static final int MOST = 62;

  private final ChronoUnit unit;

  Stretch(ChronoUnit unit) {
    this.unit = unit;
  }

  /** Choose the shortest that does not cut the time from the first to the last day too finely. */
  public static Stretch of(LocalDate first, LocalDate last) {
    for (var each : values()) {
      if (each.unit.between(first, last) < MOST) {
        return each;
      }
    }
    return YEAR;
  }

  /** Give the first day of the stretch that a day is in. */
  public LocalDate start(LocalDate day) {
    return switch (this) {
      case DAY -> day;
      case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      case MONTH -> day.withDayOfMonth(1);
      case YEAR -> day.withDayOfYear(1);
    };
  }

  /** Give the first day of the next stretch. */
  public LocalDate next(LocalDate start) {
    return start.plus(1, unit);
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
