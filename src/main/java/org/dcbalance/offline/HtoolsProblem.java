package org.dcbalance.offline;

import static java.util.Comparator.comparing;

import java.util.Arrays;
import java.util.HashMap;
import java.util.stream.IntStream;
import org.dcbalance.offline.HtoolsCluster.Instance;
import org.dcbalance.offline.HtoolsCluster.Node;
import org.dcbalance.strategy.BalancingProblem;
import org.dcbalance.strategy.BalancingProblem.Ceiling;
import org.dcbalance.strategy.BalancingProblem.Term;
import org.dcbalance.strategy.Plan;
import org.dcbalance.strategy.Planner;

/**
 * Put a cluster of htools before the search: their score, and their rules for what a node takes.
 * Nodes and instances are sorted by name, so that the order in the file decides nothing.
 */
final class HtoolsProblem {
  /** Where hbal(1) ends by default: --min-score, --min-gain-limit and --min-gain. */
  private static final double MIN_SCORE = 1e-9;

  private static final double MIN_GAIN_LIMIT = 0.1;
  private static final double MIN_GAIN = 0.01;

  /** What an instance on a node that is offline counts for, as an instance and as a primary. */
  private static final double STRANDED = 20;

  private static final double SHARED_TAG = 2;

  private final HtoolsCluster cluster;

  /** Nodes that are online and all instances, by the index that the search knows them by. */
  private final int[] nodes;

  private final int[] instances;
  private final int[] indexOfNode;
  private final BalancingProblem problem;

  HtoolsProblem(HtoolsCluster cluster) {
    this.cluster = cluster;
    nodes =
        IntStream.range(0, cluster.nodes().size())
            .filter(n -> !cluster.nodes().get(n).offline())
            .boxed()
            .sorted(comparing(n -> cluster.nodes().get(n).name()))
            .mapToInt(n -> n)
            .toArray();
    instances =
        IntStream.range(0, cluster.instances().size())
            .boxed()
            .sorted(comparing(i -> cluster.instances().get(i).name()))
            .mapToInt(i -> i)
            .toArray();
    indexOfNode = new int[cluster.nodes().size()];
    Arrays.fill(indexOfNode, BalancingProblem.ELSEWHERE);
    for (int n = 0; n < nodes.length; n++) {
      indexOfNode[nodes[n]] = n;
    }
    problem = build();
  }

  /** Search for a plan that moves so many instances at most. */
  Plan plan(int maxMoves) {
    return Planner.plan(problem, new Planner.Stop(MIN_SCORE, MIN_GAIN_LIMIT, MIN_GAIN, maxMoves));
  }

  Instance instance(int vm) {
    return cluster.instances().get(instances[vm]);
  }

  Node node(int host) {
    return cluster.nodes().get(nodes[host]);
  }

  /** Give the node of each instance of the cluster once a plan is carried out. */
  int[] after(Plan plan) {
    var placement = cluster.placement();
    plan.steps().forEach(step -> placement[instances[step.vm()]] = nodes[step.target()]);
    return placement;
  }

  @FunctionalInterface
  private interface OfNode {
    double of(Node node);
  }

  @FunctionalInterface
  private interface OfInstance {
    double of(Instance instance);
  }

  private double[] byNode(OfNode value) {
    return IntStream.of(nodes).mapToDouble(n -> value.of(cluster.nodes().get(n))).toArray();
  }

  private double[] byInstance(OfInstance value) {
    return IntStream.of(instances).mapToDouble(i -> value.of(cluster.instances().get(i))).toArray();
  }

  private BalancingProblem build() {
    var home =
        IntStream.of(instances)
            .map(i -> indexOfNode[cluster.instances().get(i).primary()])
            .toArray();
    var builder = new BalancingProblem.Builder(nodes.length, home);
    var movable = new boolean[instances.length];
    for (int i = 0; i < instances.length; i++) {
      movable[i] = instance(i).tied() == null && nodes.length > 0;
    }
    builder.movable(movable).memory(byInstance(Instance::memory)).leaving(STRANDED);
    memory(builder, home);
    vcpus(builder);
    loads(builder);
    builder.apart(tags(), SHARED_TAG);
    var counted = builder.build();
    // what the search does not change is what is missing from the whole score
    double whole = HtoolsScore.value(new HtoolsScore(cluster).terms(cluster.placement()));
    return builder.constant(whole - Planner.score(counted)).build();
  }

  private void memory(BalancingProblem.Builder builder, int[] home) {
    var running = byInstance(i -> i.usesMemory() ? i.memory() : 0);
    var all = byInstance(Instance::memory);
    var total = byNode(Node::total);
    var onNode = new double[nodes.length];
    var downOnNode = new double[nodes.length];
    for (int i = 0; i < home.length; i++) {
      if (home[i] >= 0) {
        onNode[home[i]] += running[i];
        downOnNode[home[i]] += all[i] - running[i];
      }
    }
    // the books and the nodes may disagree on what is free; then the lower figure counts
    var unused = new double[nodes.length];
    var reported = new double[nodes.length];
    for (int n = 0; n < nodes.length; n++) {
      var node = node(n);
      double books = node.total() - node.own() - onNode[n];
      unused[n] = Math.min(books, node.free()) + onNode[n];
      reported[n] = node.free() + onNode[n];
    }
    if (Arrays.equals(unused, reported) && Arrays.equals(running, all)) {
      builder.term(term("free memory", 1, shares(unused, total), total, running));
    } else {
      builder.term(term("free memory", 0.5, shares(unused, total), total, running));
      builder.term(term("free memory, all started", 0.5, shares(reported, total), total, all));
    }
    var reserved = reserved();
    var limit = new double[nodes.length];
    Arrays.setAll(limit, n -> unused[n] - reserved[n] - 1);
    builder.ceiling(
        new Ceiling(new double[nodes.length], limit, running, new double[home.length], false));
  }

  /** Give the most memory that any one other node's failure would call for. */
  private double[] reserved() {
    var kept = new HashMap<Long, Double>();
    var most = new double[nodes.length];
    for (var instance : cluster.instances()) {
      int mirror = instance.secondary() < 0 ? -1 : indexOfNode[instance.secondary()];
      if (mirror >= 0 && instance.reservesMemory()) {
        long pair = (long) mirror * cluster.nodes().size() + instance.primary();
        double memory = kept.merge(pair, (double) instance.memory(), Double::sum);
        most[mirror] = Math.max(most[mirror], memory);
      }
    }
    return most;
  }

  private void vcpus(BalancingProblem.Builder builder) {
    var vcpus = byInstance(i -> i.usesCpu() ? i.vcpus() : 0);
    var capacity = byNode(n -> n.cpus() * n.speed());
    builder.term(
        term(
            "virtual CPUs per CPU",
            1,
            byNode(n -> n.ownCpus() / (n.cpus() * n.speed())),
            capacity,
            vcpus));
    builder.ceiling(
        new Ceiling(
            byNode(Node::ownCpus),
            byNode(n -> n.cpus() * cluster.vcpuRatio()),
            vcpus,
            new double[instances.length],
            true));
  }

  private void loads(BalancingProblem.Builder builder) {
    var one = new double[nodes.length];
    Arrays.fill(one, 1);
    var mirrored = new double[nodes.length];
    for (var instance : cluster.instances()) {
      if (instance.secondary() >= 0 && indexOfNode[instance.secondary()] >= 0) {
        mirrored[indexOfNode[instance.secondary()]] += instance.load().disk();
      }
    }
    var nothing = new double[nodes.length];
    builder.term(term("CPU load", 1, nothing, one, byInstance(i -> i.load().cpu())));
    builder.term(term("memory load", 1, nothing, one, byInstance(i -> i.load().memory())));
    builder.term(term("disk load", 1, mirrored, one, byInstance(i -> i.load().disk())));
    builder.term(term("network load", 1, nothing, one, byInstance(i -> i.load().network())));
  }

  private int[][] tags() {
    var numbers = new HashMap<String, Integer>();
    var tags = new int[instances.length][];
    for (int i = 0; i < instances.length; i++) {
      tags[i] =
          instance(i).exclusionTags().stream()
              .mapToInt(tag -> numbers.computeIfAbsent(tag, _ -> numbers.size()))
              .toArray();
    }
    return tags;
  }

  private static Term term(
      String name, double weight, double[] base, double[] capacity, double[] amount) {
    return new Term(name, weight, base, capacity, amount, Double.POSITIVE_INFINITY, 0);
  }

  /** Turn what is free without any instance into used shares: what is free counts down. */
  private static double[] shares(double[] free, double[] total) {
    var shares = new double[free.length];
    Arrays.setAll(shares, n -> -free[n] / total[n]);
    return shares;
  }
}
