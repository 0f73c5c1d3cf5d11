package org.dcbalance.offline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Origin;

/** Add up how a strategy did, from the third hour on. */
final class Tally {
  /** Steps of the first two hours, in which nothing is counted. */
  static final int FIRST = 24;

  private static final double HOT = 0.8;

  final String strategy;
  double unmetCoreSeconds;
  double hotSeconds;
  double fullSeconds;
  int migrations;
  double gibMoved;
  double downtimeSeconds;
  int returns;
  private int proposals;
  private int recalled;
  private final List<Double> imbalances = new ArrayList<>();
  private final List<Double> latencies = new ArrayList<>();
  private final List<Double> cpu = new ArrayList<>();

  Tally(String strategy) {
    this.strategy = strategy;
  }

  /** Count a stretch of time in which hosts were asked for so much. */
  void hosts(double[] demand, double cores, double seconds) {
    for (double asked : demand) {
      unmetCoreSeconds += Math.max(0, asked - cores) * seconds;
      hotSeconds += asked > HOT * cores ? seconds : 0;
      fullSeconds += asked >= cores ? seconds : 0;
    }
  }

  /** Count how unevenly hosts are loaded: the standard deviation of their shares. */
  void imbalance(double[] demand, double cores) {
    double mean = 0;
    for (double asked : demand) {
      mean += asked / cores / demand.length;
    }
    double variance = 0;
    for (double asked : demand) {
      variance += Math.pow(asked / cores - mean, 2) / demand.length;
    }
    imbalances.add(Math.sqrt(variance));
  }

  /** Count a decision, how long it took, and how much of that it had a processor for. */
  void decision(Decision decision, double milliseconds, double cpuMilliseconds) {
    latencies.add(milliseconds);
    cpu.add(cpuMilliseconds);
    if (decision instanceof Decision.Proposal proposal) {
      proposals++;
      recalled += proposal.origin() instanceof Origin.History ? 1 : 0;
    }
  }

  static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElse(0);
  }

  static double quantile(List<Double> values, double share) {
    var sorted = values.stream().sorted().toList();
    return sorted.isEmpty()
        ? 0
        : sorted.get((int) Math.min(sorted.size() - 1, share * sorted.size()));
  }

  Map<String, Object> figures() {
    var figures = new LinkedHashMap<String, Object>();
    figures.put("strategy", strategy);
    figures.put("unmetCoreSeconds", unmetCoreSeconds);
    figures.put("hostSecondsAbove80", hotSeconds);
    figures.put("hostSecondsAt100", fullSeconds);
    figures.put("imbalanceMean", mean(imbalances));
    figures.put("imbalance95th", quantile(imbalances, 0.95));
    figures.put("migrations", migrations);
    figures.put("gibMoved", gibMoved);
    figures.put("downtimeSeconds", downtimeSeconds);
    figures.put("returnsWithinHour", returns);
    figures.put("latencyMeanMillis", mean(latencies));
    figures.put("latencyMedianMillis", quantile(latencies, 0.5));
    figures.put("latency95thMillis", quantile(latencies, 0.95));
    figures.put("latencyCpuMeanMillis", mean(cpu));
    figures.put("decisions", latencies.size());
    figures.put("proposals", proposals);
    figures.put("shareFromHistory", proposals == 0 ? 0.0 : (double) recalled / proposals);
    return figures;
  }
}
