package org.dcbalance.offline;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.Imbalance.Term;
import org.dcbalance.strategy.MigrationCost;

/** Print an outcome, for people or for programs. */
final class OutcomeText {
  private OutcomeText() {}

  static String plain(Outcome outcome) {
    var out = new Lines();
    out.add(outcome.summary()).end();
    out.add(outcome.hosts()).add(" hosts, ").add(outcome.vms()).add(" VMs; score ");
    out.add(Outcome.value(outcome.before()), 8).add(" before, ");
    out.add(Outcome.value(outcome.after()), 8).add(" after (").add(outcome.score()).add("); ");
    out.add(outcome.moves().size()).add(" moves, ");
    out.add(outcome.memoryMiB() / 1024, 1).add(" GiB").end();
    out.end();
    out.add("term").to(28).add("      before        after   weight").end();
    for (int t = 0; t < outcome.before().size(); t++) {
      var before = outcome.before().get(t);
      out.add(before.name()).to(24).right(before.value(), 8, 14);
      out.right(outcome.after().get(t).value(), 8, 13).right(before.weight(), 2, 9).end();
    }
    if (!outcome.moves().isEmpty()) {
      out.end();
    }
    int number = 0;
    for (var move : outcome.moves()) {
      out.right(++number, 0, 4).add(". ").add(move.vm()).add(": ").add(move.source());
      out.add(" -> ").add(move.target()).add(", gain ").add(move.gain(), 8).add(", ");
      cost(out, move);
      out.end();
      out.add("      ").add(move.reason()).end();
    }
    stays(out, outcome);
    return out.toString();
  }

  private static void stays(Lines out, Outcome outcome) {
    // of many VMs that stay for the same reason, the names are enough
    var reasons = new LinkedHashMap<String, List<String>>();
    for (var stay : outcome.passedOver()) {
      reasons.computeIfAbsent(stay.reason(), _ -> new ArrayList<>()).add(stay.vm());
    }
    if (!reasons.isEmpty()) {
      out.end();
      out.add("Not moved:").end();
    }
    for (var reason : reasons.entrySet()) {
      out.add("  ").add(some(reason.getValue())).add(": ").add(reason.getKey()).end();
    }
  }

  private static String some(List<String> vms) {
    return vms.size() <= 5
        ? String.join(", ", vms)
        : String.join(", ", vms.subList(0, 4)) + " and " + (vms.size() - 4) + " more";
  }

  private static void cost(Lines out, Outcome.Move move) {
    var cost = move.cost();
    if (cost == null) {
      out.add(move.memoryMiB() / 1024, 1).add(" GiB");
      return;
    }
    out.add(cost.transferred().bytes() / (1024.0 * 1024 * 1024), 1).add(" GiB to copy in about ");
    out.add(seconds(cost.total()), 0).add(" s, pause about ").add(seconds(cost.downtime()), 2);
    out.add(cost.measuredDirtyRate() ? " s" : " s (assumed)");
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
}
