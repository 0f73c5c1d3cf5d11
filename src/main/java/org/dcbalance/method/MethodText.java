package org.dcbalance.method;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dcbalance.method.Choice.Considered;
import org.dcbalance.units.Memory;

/** Put the choice of a method into words. */
public final class MethodText {
  private MethodText() {}

  /** Say why this method, and what stood against the milder ones. */
  public static String why(Choice choice) {
    var sentences = new ArrayList<String>();
    for (var each : choice.considered()) {
      if (!(each.verdict() instanceof Verdict.NotAllowed)) {
        sentences.add(sentence(each));
      }
    }
    if (choice instanceof Choice.Move move) {
      var set = set(move.levers());
      if (!set.isEmpty()) {
        sentences.add("Set for it: " + String.join(", ", set) + ".");
      }
    }
    return String.join(" ", sentences);
  }

  /** Say why it does not move now, and what an operator may do. */
  public static String wait(String vm, Choice.Wait wait) {
    var forbidden =
        wait.considered().stream()
            .filter(c -> c.verdict() instanceof Verdict.NotAllowed)
            .map(c -> c.method().words().toLowerCase(Locale.ROOT))
            .toList();
    return vm
        + " was not moved, since no method that is allowed does it. "
        + why(wait)
        + (forbidden.isEmpty()
            ? " Maybe try again when it is quieter."
            : " Maybe try again when it is quieter, or allow it: "
                + String.join("; ", forbidden)
                + ".");
  }

  static String sentence(Considered considered) {
    var name = considered.method().words();
    return switch (considered.verdict()) {
      case Verdict.Fits() -> name + ": expected to do.";
      case Verdict.Guessed() ->
          name
              + ": what it costs is not known yet, so the copy is watched and what is allowed is"
              + " used as needed.";
      case Verdict.AskedFor() -> name + ", as asked for.";
      case Verdict.LeastPause(var downtime, var allowed) ->
          "%s: expected to pause it for %s, more than the %s that are accepted, but least of all that is allowed."
              .formatted(name, time(downtime), time(allowed));
      case Verdict.PausesTooLong(var downtime, var allowed) ->
          "%s: would pause it for %s, and %s are accepted."
              .formatted(name, time(downtime), time(allowed));
      case Verdict.NeverEnds() -> name + ": would not end, since it changes memory too fast.";
      case Verdict.TakesTooLong(var total, var deadline) ->
          "%s: would take %s, and %s are given.".formatted(name, time(total), time(deadline));
      case Verdict.NotAllowed() -> name + ": not allowed for it.";
      case Verdict.HostCannot(var reason) -> name + ": " + reason + ".";
      case Verdict.NothingToGain(var has, var least) ->
          "%s: it has %s and must keep %s.".formatted(name, mib(has), mib(least));
      case Verdict.LeastUnknown() ->
          name + ": it does not tell what it uses, and nobody set the least memory that it needs.";
      case Verdict.UseUnknown() ->
          name
              + ": it does not tell what it uses now. Maybe look whether its balloon driver runs and"
              + " its statistics are collected.";
      case Verdict.Tried() ->
          name + ": whether that does is not known, so it is tried, and given up if it does not.";
      case Verdict.TooMuchCache(var cache) ->
          "%s: would take %s of its host's memory, so it is done by hand alone."
              .formatted(name, mib(cache));
      case Verdict.InVain() -> name + ": did not do when it was tried last.";
    };
  }

  private static List<String> set(Levers levers) {
    var set = new ArrayList<String>();
    var balloon = levers.balloonTo();
    if (balloon != null) {
      set.add("memory ballooned to " + mib(balloon));
    }
    if (levers.cap() > 0) {
      set.add("CPU capped at " + levers.cap() + " % of one CPU");
    }
    if (!levers.live()) {
      set.add("stopped for the whole copy");
    }
    var pause = levers.pause();
    if (pause != null) {
      set.add("a pause of " + time(pause) + " at first");
    }
    if (levers.throttle() > 0) {
      set.add(
          levers.firstThrottle() > Levers.FIRST_THROTTLE
              ? "slowed down by %d %% at first and at most %d %%"
                  .formatted(levers.firstThrottle(), levers.throttle())
              : "slowed down by at most " + levers.throttle() + " %");
    }
    var cache = levers.cache();
    if (cache != null) {
      set.add("a cache of " + mib(cache));
    }
    if (levers.connections() > 1) {
      set.add(levers.connections() + " connections");
    }
    if (levers.postCopy()) {
      set.add("post-copy where pre-copy does not end");
    }
    var bandwidth = levers.bandwidth();
    if (bandwidth != null) {
      set.add(
          String.format(Locale.ROOT, "at most %.0f MiB/s", bandwidth.bytesPerSecond() / (1 << 20)));
    }
    return set;
  }

  static String time(Duration duration) {
    double seconds = duration.toNanos() / 1e9;
    return seconds < 1
        ? String.format(Locale.ROOT, "%.0f ms", seconds * 1000)
        : String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
  }

  static String mib(Memory memory) {
    return memory.mib() + " MiB";
  }
}
