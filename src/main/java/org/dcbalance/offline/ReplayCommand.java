package org.dcbalance.offline;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.dcbalance.replay.Contender;
import org.dcbalance.replay.RememberedDecisions;
import org.dcbalance.replay.Simulation;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.DynamicLoadBalancing;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Osvd;
import org.dcbalance.strategy.Strategy;
import org.jspecify.annotations.Nullable;

/** Compare strategies on recorded load: {@code replay --traces DIR --format FORMAT [options]}. */
final class ReplayCommand {
  static final String USAGE =
      """
      replay --traces DIR --format planetlab|bitbrains --hosts N --host-cores C --host-memory GIB
             [--host-mhz M] [--placement firstfit|spread] [--strategies none,dlb,osvd,dcbalance]
             [--vms N] [--days K] [--seed S] [--history-from N] [--json]

        --host-mhz    clock of the hosts, for traces that state CPU in MHz (2500)
        --placement   firstfit: the first host with room, or spread: the one with most (spread)
        --strategies  dlb and osvd are run with thresholds of 70, 80 and 90 %; "search" is DCbalance
                      without its record of past decisions
        --vms         use the recorded VMs more than once, with changes from the seed, or fewer
        --history-from  hosts from which on past decisions answer for "dcbalance" (100, as in the console)
        --days        repeat the recorded days as load that recurs, with changes from the seed
      """;

  private static final List<String> STRATEGIES = List.of("none", "dlb", "osvd", "dcbalance");

  private ReplayCommand() {}

  static void run(List<String> words, PrintStream out) {
    var arguments =
        new Arguments(
            words,
            Set.of(
                "--traces",
                "--format",
                "--hosts",
                "--host-cores",
                "--host-memory",
                "--host-mhz",
                "--placement",
                "--strategies",
                "--vms",
                "--days",
                "--seed",
                "--history-from"),
            Set.of("--json"));
    var folder = arguments.value("--traces");
    if (folder == null) {
      throw Arguments.problem("--traces is needed.", "Maybe see replay --help.");
    }
    var format = arguments.oneOf("--format", List.of("planetlab", "bitbrains"), "planetlab");
    int hosts = arguments.wholeNumber("--hosts", 1, 20);
    int cores = arguments.wholeNumber("--host-cores", 1, 16);
    int memory = arguments.wholeNumber("--host-memory", 1, 64);
    int mhz = arguments.wholeNumber("--host-mhz", 1, 2500);
    int days = arguments.wholeNumber("--days", 0, 0);
    int seed = arguments.wholeNumber("--seed", 0, 1);
    var recorded = TraceFiles.read(Path.of(folder), format, mhz);
    int vms = arguments.wholeNumber("--vms", 1, recorded.size());
    var traces = vms == recorded.size() ? recorded : Recurrence.copy(recorded, vms, seed);
    var played = days == 0 ? traces : Recurrence.repeat(traces, days, seed);
    boolean spread =
        arguments.oneOf("--placement", List.of("firstfit", "spread"), "spread").equals("spread");
    var placement = place(played, hosts, 1024.0 * memory, spread);
    var recording = TraceRecording.of(played, placement, hosts, cores, 1024.0 * memory);
    var results = new ArrayList<Map<String, Object>>();
    for (var contender :
        contenders(
            arguments.value("--strategies"), arguments.wholeNumber("--history-from", 1, 100))) {
      results.add(new Simulation(recording, contender, TraceRecording.YARDSTICK).run().figures());
    }
    out.print(arguments.has("--json") ? Json.of(results) : table(results));
    out.flush();
  }

  /** Put the VMs on hosts by their memory, in the order of their files. */
  static int[] place(List<Trace> traces, int hosts, double hostMiB, boolean spread) {
    var free = new double[hosts];
    Arrays.fill(free, hostMiB);
    var placement = new int[traces.size()];
    for (int vm = 0; vm < placement.length; vm++) {
      double needed = traces.get(vm).memoryMiB();
      int best = -1;
      for (int host = 0; host < hosts; host++) {
        boolean better = best < 0 || (spread && free[host] > free[best]);
        best = free[host] >= needed && better ? host : best;
      }
      if (best < 0) {
        throw Arguments.problem(
            "There is no room for " + traces.get(vm).vm() + ".",
            "Maybe give more --hosts or more --host-memory.");
      }
      placement[vm] = best;
      free[best] -= needed;
    }
    return placement;
  }

  private static List<Contender> contenders(@Nullable String names, int historyFrom) {
    var contenders = new ArrayList<Contender>();
    for (var name : names == null ? STRATEGIES : List.of(names.split(","))) {
      switch (name) {
        case "none" -> contenders.add(contender(name, null, null, Limits.DEFAULTS, false));
        case "search" ->
            contenders.add(contender(name, new DcBalance(), null, Limits.DEFAULTS, true));
        case "dcbalance" -> {
          var decisions = new RememberedDecisions();
          var strategy = new DcBalance(decisions, historyFrom);
          contenders.add(contender(name, strategy, decisions, Limits.DEFAULTS, true));
        }
        case "dlb", "osvd" -> {
          for (double threshold : new double[] {0.7, 0.8, 0.9}) {
            contenders.add(
                contender(
                    String.format(Locale.ROOT, "%s %.0f %%", name, 100 * threshold),
                    name.equals("dlb") ? new DynamicLoadBalancing() : new Osvd(),
                    null,
                    Limits.DEFAULTS.withCpuThreshold(threshold),
                    false));
          }
        }
        default ->
            throw Arguments.problem(
                "There is no strategy \"" + name + "\".",
                "Maybe choose from " + String.join(", ", STRATEGIES) + " or search.");
      }
    }
    return contenders;
  }

  /** Enter a strategy; only those with a memory know that VMs rest after a move. */
  private static Contender contender(
      String name,
      @Nullable Strategy strategy,
      @Nullable RememberedDecisions decisions,
      Limits limits,
      boolean rests) {
    return new Contender(
        name, strategy, decisions, limits, rests, TraceRecording.TEMPO, Contender.Approval.ALL);
  }

  private static String table(List<Map<String, Object>> results) {
    var out = new StringBuilder();
    var figures = results.getFirst().keySet();
    for (var figure : figures) {
      out.append(String.format(Locale.ROOT, "%-22s", figure));
      for (var result : results) {
        var value = result.get(figure);
        out.append(
            value instanceof Double number
                ? String.format(Locale.ROOT, number < 10 ? " %12.3f" : " %12.0f", number)
                : String.format(Locale.ROOT, " %12s", value));
      }
      out.append('\n');
    }
    return out.toString();
  }
}
