package org.dcbalance.reporting;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
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

  /**
   * One line of a chart.
   *
   * @param unit "share", "cores", "bytes", "bytesPerSecond" or "score"
   * @param points pairs of epoch milliseconds and a value, null where there is none
   * @param max the most that the value can be, such as a host's memory; null if there is no such
   */
  public record Series(
      String name, String unit, List<List<@Nullable Number>> points, @Nullable Double max) {}

  /** A line above which a series is too high. */
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
    return new Series(name, unit, pairs, max);
  }
}
