package org.dcbalance.offline;

import java.util.Arrays;
import java.util.HashMap;
import java.util.SortedMap;
import java.util.TreeMap;
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
    var online = new TreeMap<String, Integer>();
    for (int n = 0; n < cluster.nodes().size(); n++) {
      if (!cluster.nodes().get(n).offline()) {
        online.put(cluster.nodes().get(n).name(), n);
      }
    }
    nodes = inOrder(online);
    var named = new TreeMap<String, Integer>();
    for (int i = 0; i < cluster.instances().size(); i++) {
      named.put(cluster.instances().get(i).name(), i);
    }
    instances = inOrder(named);
    indexOfNode = new int[cluster.nodes().size()];
    Arrays.fill(indexOfNode, BalancingProblem.ELSEWHERE);
    for (int n = 0; n < nodes.length; n++) {
      indexOfNode[nodes[n]] = n;
    }
    problem = build();
  }

  private static int[] inOrder(SortedMap<String, Integer> named) {
    var order = new int[named.size()];
    int next = 0;
    for (int index : named.values()) {
      order[next++] = index;
    }
    return order;
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
    for (var step : plan.steps()) {
      placement[instances[step.vm()]] = nodes[step.target()];
    }
    return placement;
  }

  private BalancingProblem build() {
    var home = new int[instances.length];
    for (int i = 0; i < home.length; i++) {
      home[i] = indexOfNode[instance(i).primary()];
    }
    var builder = new BalancingProblem.Builder(nodes.length, home);
    var movable = new boolean[instances.length];
    for (int i = 0; i < instances.length; i++) {
      movable[i] = instance(i).tied() == null && nodes.length > 0;
    }
    builder.movable(movable).leaving(STRANDED);
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
    var running = new double[instances.length];
    var all = new double[instances.length];
    for (int i = 0; i < home.length; i++) {
      all[i] = instance(i).memory();
      running[i] = instance(i).usesMemory() ? all[i] : 0;
    }
    builder.memory(all);
    var total = new double[nodes.length];
    var onNode = new double[nodes.length];
    for (int i = 0; i < home.length; i++) {
      if (home[i] >= 0) {
        onNode[home[i]] += running[i];
      }
    }
    // the books and the nodes may disagree on what is free; then the lower figure counts
    var unused = new double[nodes.length];
    var reported = new double[nodes.length];
    for (int n = 0; n < nodes.length; n++) {
      var node = node(n);
      total[n] = node.total();
      double books = total[n] - node.own() - onNode[n];
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
    for (int n = 0; n < limit.length; n++) {
      limit[n] = unused[n] - reserved[n] - 1;
    }
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
    var vcpus = new double[instances.length];
    for (int i = 0; i < vcpus.length; i++) {
      vcpus[i] = instance(i).usesCpu() ? instance(i).vcpus() : 0;
    }
    var own = new double[nodes.length];
    var share = new double[nodes.length];
    var capacity = new double[nodes.length];
    var limit = new double[nodes.length];
    for (int n = 0; n < nodes.length; n++) {
      own[n] = node(n).ownCpus();
      capacity[n] = node(n).cpus() * node(n).speed();
      share[n] = own[n] / capacity[n];
      limit[n] = node(n).cpus() * cluster.vcpuRatio();
    }
    builder.term(term("virtual CPUs per CPU", 1, share, capacity, vcpus));
    builder.ceiling(new Ceiling(own, limit, vcpus, new double[instances.length], true));
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
    var cpu = new double[instances.length];
    var memory = new double[instances.length];
    var disk = new double[instances.length];
    var network = new double[instances.length];
    for (int i = 0; i < instances.length; i++) {
      var load = instance(i).load();
      cpu[i] = load.cpu();
      memory[i] = load.memory();
      disk[i] = load.disk();
      network[i] = load.network();
    }
    var nothing = new double[nodes.length];
    builder.term(term("CPU load", 1, nothing, one, cpu));
    builder.term(term("memory load", 1, nothing, one, memory));
    builder.term(term("disk load", 1, mirrored, one, disk));
    builder.term(term("network load", 1, nothing, one, network));
  }

  private int[][] tags() {
    var numbers = new HashMap<String, Integer>();
    var tags = new int[instances.length][];
    for (int i = 0; i < instances.length; i++) {
      var names = instance(i).exclusionTags();
      tags[i] = new int[names.size()];
      for (int t = 0; t < names.size(); t++) {
        var number = numbers.get(names.get(t));
        if (number == null) {
          number = numbers.size();
          numbers.put(names.get(t), number);
        }
        tags[i][t] = number;
      }
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
    for (int n = 0; n < shares.length; n++) {
      shares[n] = -free[n] / total[n];
    }
    return shares;
  }
}
