package org.dcbalance.replay;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Origin;
import org.dcbalance.strategy.ProposedMove;

/** Add up how a strategy did, once the steps that do not count are over. */
public final class Tally {
  /** Moves that are told one by one. */
  private static final int MOST_TOLD = 20;

  private final String strategy;
  private final Yardstick yardstick;
  private double unmetCoreSeconds;
  private double hotSeconds;
  private double fullSeconds;
  private double seconds;
  private int migrations;
  private double gibMoved;
  private double downtimeSeconds;
  private int returns;
  private int proposals;
  private int recalled;
  private final List<Made> first = new ArrayList<>();
  private final List<Scored> scores = new ArrayList<>();
  private final List<Double> spreads = new ArrayList<>();
  private final List<Double> latencies = new ArrayList<>();
  private final List<Double> cpu = new ArrayList<>();

  /** A move that was made. */
  public record Made(Instant at, ProposedMove move, String source, String target) {}

  /** The imbalance at an instant, scored by the yardstick. */
  public record Scored(Instant at, double imbalance) {}

  Tally(String strategy, Yardstick yardstick) {
    this.strategy = strategy;
    this.yardstick = yardstick;
  }

  /** Count a stretch of time in which hosts were asked for so much. */
  void hosts(double[] demand, double[] cores, double length) {
    for (int host = 0; host < demand.length; host++) {
      unmetCoreSeconds += Math.max(0, demand[host] - cores[host]) * length;
      hotSeconds += demand[host] > yardstick.hot() * cores[host] ? length : 0;
      fullSeconds += demand[host] >= cores[host] ? length : 0;
    }
  }

  /** Count a step, and how unevenly hosts are loaded: the standard deviation of their shares. */
  void spread(double[] demand, double[] cores, double length) {
    seconds += length;
    double mean = 0;
    for (int host = 0; host < demand.length; host++) {
      mean += demand[host] / cores[host] / demand.length;
    }
    double variance = 0;
    for (int host = 0; host < demand.length; host++) {
      variance += Math.pow(demand[host] / cores[host] - mean, 2) / demand.length;
    }
    spreads.add(Math.sqrt(variance));
  }

  void score(Instant at, double imbalance) {
    scores.add(new Scored(at, imbalance));
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

  /** Count a move that begins. */
  void move(Made made, double memoryMiB, boolean back) {
    migrations++;
    gibMoved += memoryMiB / 1024;
    downtimeSeconds += made.move().cost().downtime().toNanos() / 1e9;
    returns += back ? 1 : 0;
    if (first.size() < MOST_TOLD) {
      first.add(made);
    }
  }

  /** Give the contender's name. */
  public String strategy() {
    return strategy;
  }

  /** Give the time that was counted. */
  public Duration counted() {
    return Duration.ofMillis(Math.round(1000 * seconds));
  }

  /** Give the CPU time that was asked for and not given. */
  public double unmetCoreSeconds() {
    return unmetCoreSeconds;
  }

  /** Give the time that hosts were asked for more than the yardstick's share, all added up. */
  public double hotSeconds() {
    return hotSeconds;
  }

  /** Give the time that hosts were asked for all they have, or more. */
  public double fullSeconds() {
    return fullSeconds;
  }

  public int migrations() {
    return migrations;
  }

  public double gibMoved() {
    return gibMoved;
  }

  /** Give the pauses that were expected of the moves. */
  public double downtimeSeconds() {
    return downtimeSeconds;
  }

  /** Count the moves back to a host that the VM left within the hour before. */
  public int returns() {
    return returns;
  }

  /** List the first moves. */
  public List<Made> first() {
    return List.copyOf(first);
  }

  /** List the imbalance over time. */
  public List<Scored> scores() {
    return List.copyOf(scores);
  }

  public double meanImbalance() {
    return scores.stream().mapToDouble(Scored::imbalance).average().orElse(0);
  }

  public double lastImbalance() {
    return scores.isEmpty() ? 0 : scores.getLast().imbalance();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElse(0);
  }

  private static double quantile(List<Double> values, double share) {
    var sorted = values.stream().sorted().toList();
    return sorted.isEmpty()
        ? 0
        : sorted.get((int) Math.min(sorted.size() - 1, share * sorted.size()));
  }

  /** Name all figures, as the command {@code replay} prints them. */
  public Map<String, Object> figures() {
    var figures = new LinkedHashMap<String, Object>();
    figures.put("strategy", strategy);
    figures.put("unmetCoreSeconds", unmetCoreSeconds);
    figures.put("hostSecondsAbove80", hotSeconds);
    figures.put("hostSecondsAt100", fullSeconds);
    figures.put("imbalanceMean", mean(spreads));
    figures.put("imbalance95th", quantile(spreads, 0.95));
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
