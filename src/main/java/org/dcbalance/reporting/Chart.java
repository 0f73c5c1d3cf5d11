package org.dcbalance.reporting;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Answer what a chart draws.
 *
 * @param resolutionSeconds the step between two points; a longer hole is a gap
 * @param migrations moves to be marked, with their downtime to be shaded
 */
public record Chart(
    Instant from,
    Instant to,
    int resolutionSeconds,
    List<Series> series,
    List<Threshold> thresholds,
    List<Mark> migrations) {

  static final String EVERY = "*";

  /**
   * One line alone, with its thresholds and without marks.
   *
   * @throws Problem BAD_REQUEST if there is no such line
   */
  Chart only(String name) {
    var one = series.stream().filter(each -> each.name().equals(name)).toList();
    if (one.isEmpty()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "This chart has no series \"" + name + "\".",
          "Maybe ask for one of "
              + String.join(", ", series.stream().map(Series::name).toList())
              + ".");
    }
    return new Chart(
        from,
        to,
        resolutionSeconds,
        one,
        thresholds.stream()
            .filter(each -> each.series().equals(name) || each.series().equals(EVERY))
            .toList(),
        List.of());
  }

  /** The same chart with no more lines than can be told apart. */
  Chart readable() {
    return new Chart(from, to, resolutionSeconds, Others.folded(series), thresholds, migrations);
  }

  /**
   * One line of a chart.
   *
   * @param unit "share", "cores", "bytes", "bytesPerSecond" or "score"
   * @param points pairs of epoch milliseconds and a value, null where there is none
   * @param title what people call it; null where the name is of a kind, such as "cpu"
   * @param max the most that the value can be, such as a host's memory; null if there is no such
   */
  public record Series(
      String name,
      @Nullable String title,
      String unit,
      List<List<@Nullable Number>> points,
      @Nullable Double max) {
    Series called(String people) {
      return new Series(name, people, unit, points, max);
    }

    /** Name its column in a table, such as "network received bytes/s". */
    String column() {
      var words = name.replaceAll("(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
      return switch (unit) {
        case "score" -> words;
        case "bytesPerSecond" -> words + " bytes/s";
        default -> words + " " + unit;
      };
    }
  }

  /** A line above which a series is too high; each of them with {@link #EVERY}. */
  public record Threshold(String series, double value) {}

  /** A migration of the VM, or from or to the host. */
  public record Mark(
      long id,
      Instant at,
      String vm,
      String from,
      String to,
      @Nullable Instant startedAt,
      @Nullable Instant finishedAt,
      @Nullable Long downtimeMillis) {}

  static <P> Series series(
      String name,
      String unit,
      List<P> points,
      Function<P, Instant> at,
      Function<P, @Nullable Double> value,
      @Nullable Double max) {
    var pairs = new ArrayList<List<@Nullable Number>>(points.size());
    for (var point : points) {
      var pair = new ArrayList<@Nullable Number>(2);
      pair.add(at.apply(point).toEpochMilli());
      pair.add(value.apply(point));
      pairs.add(pair);
    }
    return new Series(name, null, unit, pairs, max);
  }
}
