package org.dcbalance.console;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * Write figures as people read them: a space before the unit, a 24-hour clock, an en dash for what
 * is not known. Templates know it as {@code @format}; the front end's units.ts writes the same.
 */
@Component("format")
public final class Format {
  private static final String NOT_KNOWN = "–";
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final Pattern BEFORE_UNIT =
      Pattern.compile("(?<=\\d) (?=%|(?:s|ms|min|h|d|B|[KMGTP]iB|Mbit)\\b)");
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
  private static final DateTimeFormatter ZONE = DateTimeFormatter.ofPattern("z", Locale.ROOT);
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("uuuu-MM-dd", Locale.ROOT);

  private final Clock clock;
  private final ZoneId zone;

  @Autowired
  public Format() {
    this(Clock.system(ZoneId.systemDefault()));
  }

  Format(Clock clock) {
    this.clock = clock;
    this.zone = clock.getZone();
  }

  /** Keep each number of a sentence on one line with its unit. */
  public @Nullable String tied(@Nullable String sentence) {
    return sentence == null ? null : BEFORE_UNIT.matcher(sentence).replaceAll("\u00a0");
  }

  /** Write a share of 0 to 1 as "91 %". */
  public String percent(@Nullable Double share) {
    return share == null ? NOT_KNOWN : Math.round(share * 100) + " %";
  }

  /** Write how a share changes: "91 → 60 %". */
  public String change(double before, double after) {
    return Math.round(before * 100) + " → " + Math.round(after * 100) + " %";
  }

  /** Write an imbalance with two digits: "0.31". */
  public String score(@Nullable Double value) {
    return value == null ? NOT_KNOWN : String.format(Locale.ROOT, "%.2f", value);
  }

  /** Write a figure with so many digits behind the point, whatever the reader's language. */
  public String decimal(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** Write a count with a thin gap between thousands: "1 842". */
  public String count(@Nullable Long number) {
    return number == null
        ? NOT_KNOWN
        : String.format(Locale.ROOT, "%,d", number).replace(',', '\u202f');
  }

  /** Write a count and its noun: "1 move", "3 moves". */
  public String plural(long number, String one, String many) {
    return count(number) + " " + (number == 1 ? one : many);
  }

  /** Write an amount of memory or data: "2.0 GiB". */
  public String bytes(@Nullable Memory amount) {
    return amount == null ? NOT_KNOWN : bytes(amount.bytes());
  }

  /** Write bytes with a binary prefix: "2.0 GiB", "512 B". */
  public String bytes(long bytes) {
    return scaled(bytes);
  }

  /** Write a rate: "180 MiB/s". */
  public String rate(@Nullable ByteRate rate) {
    return rate == null ? NOT_KNOWN : rate(rate.bytesPerSecond());
  }

  /** Write bytes per second: "180 MiB/s". */
  public String rate(double bytesPerSecond) {
    return scaled(bytesPerSecond) + "/s";
  }

  /** Write a length of time: "0.31 s", "24 s", "1 min 50 s", "3 h 5 min", "2 d 4 h". */
  public String duration(@Nullable Duration duration) {
    return duration == null ? NOT_KNOWN : millis(duration.toMillis());
  }

  /** Write a length of time that was set, not measured: "5 s", "10 min". */
  public String period(@Nullable Duration set) {
    return set != null && set.toMillis() < 60_000 && set.toMillisPart() == 0
        ? set.toSeconds() + " s"
        : duration(set);
  }

  /** Write a length of time given in milliseconds. */
  public String millis(@Nullable Long millis) {
    if (millis == null) {
      return NOT_KNOWN;
    }
    if (millis < 9_995) {
      return String.format(Locale.ROOT, "%.2f s", millis / 1000.0);
    }
    long seconds = Math.round(millis / 1000.0);
    if (seconds < 60) {
      return seconds + " s";
    }
    long minutes = seconds / 60;
    if (minutes < 60) {
      return joined(minutes, "min", seconds % 60, "s");
    }
    long hours = minutes / 60;
    return hours < 24
        ? joined(hours, "h", minutes % 60, "min")
        : joined(hours / 24, "d", hours % 24, "h");
  }

  /** Write a time of day: "14:02", with the date before it unless it is today's. */
  public String clock(@Nullable Instant instant) {
    return at(instant, CLOCK);
  }

  /**
   * Write a time of day to the second: "14:02:10", with the date before it unless it is today's.
   */
  public String clockSeconds(@Nullable Instant instant) {
    return at(instant, SECONDS);
  }

  /**
   * Write a time within a sentence, where no script turns it into the reader's own: "14:02:10 CET".
   */
  public String moment(@Nullable Instant instant) {
    return instant == null
        ? NOT_KNOWN
        : clockSeconds(instant) + " " + ZONE.format(instant.atZone(zone));
  }

  /** Name the zone in which days begin and end: "Europe/Berlin", or "UTC" by any of its ids. */
  public String zone() {
    return zone.normalized().equals(ZoneOffset.UTC) ? "UTC" : zone.getId();
  }

  /** Write how long ago an instant was: "8 s", "4 min", "3 h", "2 d"; one ahead of us is "0 s". */
  public String age(@Nullable Instant instant) {
    return instant == null ? NOT_KNOWN : coarse(Duration.between(instant, clock.instant()));
  }

  /**
   * Write how long it is until an instant: "in 2 min"; one behind us, or less than a second ahead,
   * is "now".
   */
  public String until(@Nullable Instant instant) {
    if (instant == null) {
      return NOT_KNOWN;
    }
    var left = Duration.between(clock.instant(), instant);
    return left.toSeconds() > 0 ? "in " + coarse(left) : "now";
  }

  /** Give a share as the length of a bar of 100, in the digits that SVG reads. */
  public String length(double share) {
    return String.format(Locale.ROOT, "%.1f", Math.clamp(share, 0.0, 1.0) * 100);
  }

  /** Give a share as a place along the side of a drawing that is as wide as its page: "31.0%". */
  public String place(double share) {
    return length(share) + "%";
  }

  /** Write an enum's name as a word: POST_COPY becomes "Post copy". */
  public String word(Object name) {
    var text = name.toString().replace('_', ' ').toLowerCase(Locale.ROOT);
    return text.isEmpty() ? NOT_KNOWN : Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private String at(@Nullable Instant instant, DateTimeFormatter pattern) {
    if (instant == null) {
      return NOT_KNOWN;
    }
    var local = instant.atZone(zone);
    var today = local.toLocalDate().equals(clock.instant().atZone(zone).toLocalDate());
    return today ? local.format(pattern) : local.format(DAY) + " " + local.format(pattern);
  }

  private static String coarse(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 90) {
      return seconds + " s";
    }
    long minutes = seconds / 60;
    if (minutes < 90) {
      return minutes + " min";
    }
    long hours = minutes / 60;
    return hours < 48 ? hours + " h" : hours / 24 + " d";
  }

  private static String scaled(double bytes) {
    double left = bytes;
    int step = 0;
    while (left >= 1023.95 && step < BINARY.length - 1) {
      left /= 1024;
      step++;
    }
    var digits = step == 0 || left >= 99.95 ? "%.0f" : "%.1f";
    return String.format(Locale.ROOT, digits, left) + " " + BINARY[step];
  }

  private static String joined(long large, String largeUnit, long small, String smallUnit) {
    var head = large + " " + largeUnit;
    return small == 0 ? head : head + " " + small + " " + smallUnit;
  }
}
