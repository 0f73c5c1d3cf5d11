package org.dcbalance.pages;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.dcbalance.reporting.MoveReport.Ends;
import org.dcbalance.reporting.Stretch;

/**
 * Stand the ends of moves side by side: a bar per day, or per week, month or year where days would
 * be too narrow.
 *
 * @param ends of the stretches in which a move ended, newest first
 * @param bars one per stretch, also where nothing moved
 * @param names of the axis below, as few as fit a phone
 */
record MovesChart(
    Stretch stretch,
    List<Ends> ends,
    List<Bar> bars,
    List<Axis.Tick> counts,
    List<Axis.Tick> names,
    String sentence) {
  private static final int MOST_NAMES = 5;

  /** Of the width that a stretch has. */
  private static final double FILLED = 0.72;

  /** What there is of a kind is seen, however little it is beside the rest. */
  private static final double LEAST = 0.02;

  /** A bar in shares of the width and height of all; its parts stand on one another. */
  record Bar(double left, double width, double completed, double failed, double lost) {
    public double completedTop() {
      return 1 - completed;
    }

    public double failedTop() {
      return completedTop() - failed;
    }

    public double lostTop() {
      return failedTop() - lost;
    }
  }

  static MovesChart of(LocalDate from, LocalDate to, Stretch stretch, List<Ends> found) {
    var byStart = found.stream().collect(Collectors.toMap(Ends::first, Function.identity()));
    var all = new ArrayList<Ends>();
    // anybody may ask for a thousand years
    boolean far = stretch == Stretch.YEAR && !found.isEmpty();
    var first = far ? found.getFirst().first() : stretch.start(from);
    var last = far ? found.getLast().first() : to;
    for (var day = first; !found.isEmpty() && !day.isAfter(last); day = stretch.next(day)) {
      all.add(byStart.getOrDefault(day, new Ends(day, 0, 0, 0, 0, 0)));
    }
    long most = all.stream().mapToLong(MovesChart::moves).max().orElse(0);
    var counts = Axis.fromZero(Math.max(1, most), 1, n -> String.valueOf(Math.round(n)));
    double room = 1.0 / Math.max(1, all.size());
    var bars = new ArrayList<Bar>();
    var names = new ArrayList<Axis.Tick>();
    int every = (all.size() + MOST_NAMES - 1) / MOST_NAMES;
    for (int i = 0; i < all.size(); i++) {
      var each = all.get(i);
      bars.add(
          new Bar(
              (i + (1 - FILLED) / 2) * room,
              FILLED * room,
              height(each.completed(), counts),
              height(notMoved(each), counts),
              height(each.lost(), counts)));
      if (i % every == 0) {
        names.add(new Axis.Tick((i + 0.5) * room, name(stretch, each.first())));
      }
    }
    return new MovesChart(
        stretch, found.reversed(), bars, counts.ticks(), names, sentence(from, to, stretch, found));
  }

  private static double height(long moves, Axis counts) {
    return moves == 0 ? 0 : Math.max(LEAST, counts.at(moves));
  }

  private static String sentence(LocalDate from, LocalDate to, Stretch stretch, List<Ends> found) {
    var busiest = found.stream().max(Comparator.comparingLong(MovesChart::moves));
    return "Moves per "
        + stretch.word()
        + " from "
        + from
        + " to "
        + to
        + ": "
        + sum(found, Ends::completed)
        + " completed, "
        + sum(found, MovesChart::notMoved)
        + " failed, aborted or refused, "
        + sum(found, Ends::lost)
        + " lost"
        + busiest.map(e -> "; most, " + moves(e) + ", " + in(stretch) + e.first()).orElse("")
        + ".";
  }

  private static String in(Stretch stretch) {
    return stretch == Stretch.DAY ? "on " : "in the " + stretch.word() + " from ";
  }

  private static long sum(List<Ends> ends, ToLongFunction<Ends> what) {
    return ends.stream().mapToLong(what).sum();
  }

  private static long moves(Ends ends) {
    return ends.completed() + notMoved(ends) + ends.lost();
  }

  private static long notMoved(Ends ends) {
    return ends.failed() + ends.aborted() + ends.refused();
  }

  private static String name(Stretch stretch, LocalDate day) {
    var pattern =
        switch (stretch) {
          case DAY, WEEK -> "MM-dd";
          case MONTH -> "uuuu-MM";
          case YEAR -> "uuuu";
        };
    return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).format(day);
  }
}
