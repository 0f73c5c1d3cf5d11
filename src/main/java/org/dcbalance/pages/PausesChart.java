package org.dcbalance.pages;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dcbalance.console.Format;
import org.dcbalance.reporting.DowntimeReport.Spread;

/**
 * Lay the spreads of pauses below one another on one axis. It is linear from 0 while that leaves
 * each of them readable: a stop of half a minute would press all live moves into a line.
 *
 * @param sentence what somebody hears who does not see it
 */
record PausesChart(List<Lane> lanes, Axis axis, String sentence) {
  private static final int LINEAR_UP_TO = 20;

  /** Nothing is measured more finely. */
  private static final double LEAST_MILLIS = 10;

  /** One spread; the places are shares of the axis. */
  record Lane(
      String name,
      String load,
      Spread spread,
      double shortest,
      double lower,
      double median,
      double upper,
      double p95,
      double longest,
      List<Double> each) {
    /** How long the box is that holds the middle half. */
    public double half() {
      return upper - lower;
    }

    public String tone() {
      return spread.load().toLowerCase(Locale.ROOT);
    }
  }

  static PausesChart of(
      String what, List<Spread> spreads, Function<Spread, String> name, Format format) {
    double longest = spreads.stream().mapToDouble(Spread::longest).max().orElse(0);
    double lowest =
        Math.max(LEAST_MILLIS, spreads.stream().mapToDouble(Spread::median).min().orElse(0));
    var axis =
        longest > lowest * LINEAR_UP_TO
            ? Axis.ofPowers(
                Math.max(
                    LEAST_MILLIS, spreads.stream().mapToDouble(Spread::shortest).min().orElse(0)),
                longest,
                millis -> format.millis(Math.round(millis)))
            : Axis.fromZero(
                Math.max(LEAST_MILLIS, longest),
                LEAST_MILLIS,
                millis -> millis == 0 ? "0" : format.millis(Math.round(millis)));
    return new PausesChart(
        spreads.stream().map(s -> lane(s, name.apply(s), axis)).toList(),
        axis,
        what
            + spreads.stream()
                .map(s -> told(s, name.apply(s), format))
                .collect(Collectors.joining("; ", ": ", ".")));
  }

  private static Lane lane(Spread spread, String name, Axis axis) {
    return new Lane(
        name,
        load(spread),
        spread,
        axis.at(spread.shortest()),
        axis.at(spread.lower()),
        axis.at(spread.median()),
        axis.at(spread.upper()),
        axis.at(spread.p95()),
        axis.at(spread.longest()),
        spread.each().stream().map(millis -> axis.at(millis)).toList());
  }

  private static String told(Spread spread, String name, Format format) {
    var begin =
        name + ", " + load(spread) + ": " + format.plural(spread.moves(), "move", "moves") + ", ";
    return spread.moves() == 1
        ? begin + format.millis(spread.longest())
        : begin
            + "half of them from "
            + format.millis(Math.round(spread.lower()))
            + " to "
            + format.millis(Math.round(spread.upper()))
            + ", median "
            + format.millis(Math.round(spread.median()))
            + ", longest "
            + format.millis(spread.longest());
  }

  private static String load(Spread spread) {
    return spread.load().equals("UNKNOWN")
        ? "load not known"
        : spread.load().toLowerCase(Locale.ROOT);
  }
}
