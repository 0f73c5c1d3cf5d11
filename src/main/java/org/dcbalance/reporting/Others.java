package org.dcbalance.reporting;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keep a chart of many hosts or VMs readable: the six highest lines, and one more for the others.
 *
 * <p>Shares of different wholes do not add up, so the others' line is their mean. Cores, bytes and
 * rates do: it is their sum, what the others take together. One that has no sample at an instant
 * counts in neither.
 */
final class Others {
  static final int MOST = 6;

  private Others() {}

  /** The highest over the whole span stay, by name, so that lines keep their colours. */
  static List<Chart.Series> folded(List<Chart.Series> all) {
    if (all.size() <= MOST) {
      return all;
    }
    var byHeight =
        all.stream().sorted(Comparator.comparingDouble(Others::height).reversed()).toList();
    var kept = new ArrayList<>(byHeight.subList(0, MOST));
    kept.sort(Comparator.comparing((Chart.Series s) -> String.valueOf(s.title())));
    kept.add(others(byHeight.subList(MOST, byHeight.size())));
    return List.copyOf(kept);
  }

  private static double height(Chart.Series series) {
    return series.points().stream()
        .map(point -> point.get(1))
        .filter(Objects::nonNull)
        .mapToDouble(Number::doubleValue)
        .sum();
  }

  private static Chart.Series others(List<Chart.Series> others) {
    var unit = others.getFirst().unit();
    boolean mean = unit.equals("share");
    var sums = new TreeMap<Long, Double>();
    var counts = new TreeMap<Long, Integer>();
    for (var series : others) {
      for (var point : series.points()) {
        var at = point.get(0);
        var value = point.get(1);
        if (at != null && value != null) {
          sums.merge(at.longValue(), value.doubleValue(), Double::sum);
          counts.merge(at.longValue(), 1, Integer::sum);
        }
      }
    }
    var points = new ArrayList<List<@Nullable Number>>(sums.size());
    sums.forEach(
        (at, sum) -> points.add(List.of(at, mean ? sum / counts.getOrDefault(at, 1) : sum)));
    return new Chart.Series(
        "other",
        others.size()
            + (others.size() == 1 ? " other" : mean ? " others, mean" : " others, together"),
        unit,
        points,
        null);
  }
}
