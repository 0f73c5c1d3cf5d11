package org.dcbalance.offline;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcbalance.strategy.Imbalance.Term;
import org.dcbalance.strategy.MigrationCost;

/** Print an outcome, for people or for programs. */
final class OutcomeText {
  private OutcomeText() {}

  static String plain(Outcome outcome) {
    var out = new StringBuilder();
    line(out, "%s", outcome.summary());
    line(
        out,
        "%d hosts, %d VMs; score %.8f before, %.8f after (%s); %d moves, %.1f GiB",
        outcome.hosts(),
        outcome.vms(),
        Outcome.value(outcome.before()),
        Outcome.value(outcome.after()),
        outcome.score(),
        outcome.moves().size(),
        outcome.memoryMiB() / 1024);
    line(out, "");
    line(out, "%-28s %12s %12s %8s", "term", "before", "after", "weight");
    for (int t = 0; t < outcome.before().size(); t++) {
      var before = outcome.before().get(t);
      var after = outcome.after().get(t);
      line(
          out,
          "%-28s %12.8f %12.8f %8.2f",
          before.name(),
          before.value(),
          after.value(),
          before.weight());
    }
    if (!outcome.moves().isEmpty()) {
      line(out, "");
    }
    int number = 0;
    for (var move : outcome.moves()) {
      line(
          out,
          "%4d. %s: %s -> %s, gain %.8f, %s",
          ++number,
          move.vm(),
          move.source(),
          move.target(),
          move.gain(),
          cost(move));
      line(out, "      %s", move.reason());
    }
    // of many VMs that stay for the same reason, the names are enough
    var reasons =
        outcome.passedOver().stream()
            .collect(
                Collectors.groupingBy(
                    Outcome.Stay::reason,
                    LinkedHashMap::new,
                    Collectors.mapping(Outcome.Stay::vm, Collectors.toList())));
    if (!reasons.isEmpty()) {
      line(out, "");
      line(out, "Not moved:");
    }
    reasons.forEach((reason, vms) -> line(out, "  %s: %s", some(vms), reason));
    return out.toString();
  }

  private static String some(List<String> vms) {
    return vms.size() <= 5
        ? String.join(", ", vms)
        : String.join(", ", vms.subList(0, 4)) + " and " + (vms.size() - 4) + " more";
  }

  private static String cost(Outcome.Move move) {
    var cost = move.cost();
    return cost == null
        ? format("%.1f GiB", move.memoryMiB() / 1024)
        : format(
            "%.1f GiB to copy in about %.0f s, pause about %.2f s%s",
            cost.transferred().bytes() / (1024.0 * 1024 * 1024),
            seconds(cost.total()),
            seconds(cost.downtime()),
            cost.measuredDirtyRate() ? "" : " (assumed)");
  }

  static String json(Outcome outcome) {
    var all = new LinkedHashMap<String, Object>();
    all.put("strategy", outcome.strategy());
    all.put("score", outcome.score());
    all.put("summary", outcome.summary());
    all.put("hosts", outcome.hosts());
    all.put("vms", outcome.vms());
    all.put("before", score(outcome.before()));
    all.put("after", score(outcome.after()));
    all.put("memoryMiB", outcome.memoryMiB());
    all.put("moves", outcome.moves().stream().map(OutcomeText::move).toList());
    all.put("passedOver", outcome.passedOver().stream().map(OutcomeText::stay).toList());
    return Json.of(all);
  }

  private static Map<String, Object> stay(Outcome.Stay stay) {
    var one = new LinkedHashMap<String, Object>();
    one.put("vm", stay.vm());
    one.put("reason", stay.reason());
    return one;
  }

  private static Map<String, Object> score(List<Term> terms) {
    var score = new LinkedHashMap<String, Object>();
    score.put("value", Outcome.value(terms));
    score.put(
        "terms",
        terms.stream()
            .map(
                term -> {
                  var one = new LinkedHashMap<String, Object>();
                  one.put("name", term.name());
                  one.put("value", term.value());
                  one.put("weight", term.weight());
                  return one;
                })
            .toList());
    return score;
  }

  private static Map<String, Object> move(Outcome.Move move) {
    var one = new LinkedHashMap<String, Object>();
    one.put("vm", move.vm());
    one.put("source", move.source());
    one.put("target", move.target());
    one.put("gain", move.gain());
    one.put("memoryMiB", move.memoryMiB());
    one.put("reason", move.reason());
    if (move.cost() != null) {
      one.put("cost", cost(move.cost()));
    }
    return one;
  }

  private static Map<String, Object> cost(MigrationCost cost) {
    var one = new LinkedHashMap<String, Object>();
    one.put("transferredMiB", cost.transferred().bytes() / (1024.0 * 1024));
    one.put("seconds", seconds(cost.total()));
    one.put("downtimeSeconds", seconds(cost.downtime()));
    one.put("converges", cost.converges());
    one.put("dirtyRateMeasured", cost.measuredDirtyRate());
    return one;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(format(format, values)).append('\n');
  }
}
