package org.dcbalance.inventory;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.regex.Pattern;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/**
 * Name the hours of each day in which nothing starts without a person.
 *
 * @param from first minute
 * @param until first minute after them; before {@code from} where they last over midnight
 */
public record QuietHours(LocalTime from, LocalTime until, ZoneId zone) {
  private static final Pattern TEXT =
      Pattern.compile("(\\d\\d:\\d\\d)\\s*-\\s*(\\d\\d:\\d\\d)(?:\\s+(\\S+))?");

  /**
   * Read "22:00-06:00 Europe/Berlin"; without a zone it is UTC.
   *
   * @throws Problem if it is something else
   */
  public static QuietHours parse(String text) {
    var matcher = TEXT.matcher(text.strip());
    if (matcher.matches()) {
      try {
        var zone = matcher.group(3);
        var hours =
            new QuietHours(
                LocalTime.parse(matcher.group(1)),
                LocalTime.parse(matcher.group(2)),
                ZoneId.of(zone == null ? "UTC" : zone));
        if (!hours.from.equals(hours.until)) {
          return hours;
        }
      } catch (DateTimeException e) {
        // said below
      }
    }
    throw new Problem(
        ErrorCode.BAD_REQUEST,
        "\"" + text + "\" is no time of day from when until when.",
        "Maybe write 22:00-06:00 Europe/Berlin.");
  }

  public boolean contain(Instant instant) {
    var time = instant.atZone(zone).toLocalTime();
    return from.isBefore(until)
        ? !time.isBefore(from) && time.isBefore(until)
        : !time.isBefore(from) || time.isBefore(until);
  }

  /** Write it as it is read. */
  @Override
  public String toString() {
    return from + "-" + until + " " + zone;
  }
}
