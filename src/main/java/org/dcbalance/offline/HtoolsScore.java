package org.dcbalance.offline;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.dcbalance.offline.HtoolsCluster.Node;
import org.dcbalance.strategy.Imbalance.Term;

/**
 * Score a placement by the terms and weights that hbal(1) of Ganeti 3.0 publishes and prints with
 * {@code hbal -l 0 -v -v}: standard deviations over the nodes that are online, and counts.
 *
 * <p>Every figure is worked out anew from the placement, so that it checks the search, which counts
 * differences.
 */
final class HtoolsScore {
  private static final double OFFLINE = 4;
  private static final double OFFLINE_PRIMARY = 16;
  private static final double SHARED_TAG = 2;

  private final HtoolsCluster cluster;
  private final int[] online;

  HtoolsScore(HtoolsCluster cluster) {
    this.cluster = cluster;
    online =
        IntStream.range(0, cluster.nodes().size())
            .filter(node -> !cluster.nodes().get(node).offline())
            .toArray();
  }

  private Node node(int index) {
    return cluster.nodes().get(index);
  }

  /** What a placement adds up to, by node. */
  private static final class Sums {
    final double[] memory;
    final double[] memoryDown;
    final double[] vcpus;
    final double[] spindles;
    final double[][] load;
    final double[] reserved;
    final int[] primaries;
    final int[] secondaries;
    int sharedTags;

    Sums(int nodes) {
      memory = new double[nodes];
      memoryDown = new double[nodes];
      vcpus = new double[nodes];
      spindles = new double[nodes];
      load = new double[4][nodes];
      reserved = new double[nodes];
      primaries = new int[nodes];
      secondaries = new int[nodes];
    }
  }

  private Sums sums(int[] placement) {
    int nodes = cluster.nodes().size();
    var sums = new Sums(nodes);
    var mirrored = new HashMap<Long, Double>();
    var tags = new HashMap<String, Integer>();
    for (int i = 0; i < placement.length; i++) {
      var instance = cluster.instances().get(i);
      int at = placement[i];
      sums.primaries[at]++;
      (instance.usesMemory() ? sums.memory : sums.memoryDown)[at] += instance.memory();
      sums.vcpus[at] += instance.usesCpu() ? instance.vcpus() : 0;
      sums.spindles[at] += instance.usesLocalDisk() ? instance.spindles() : 0;
      sums.load[0][at] += instance.load().cpu();
      sums.load[1][at] += instance.load().memory();
      sums.load[2][at] += instance.load().disk();
      sums.load[3][at] += instance.load().network();
      for (var tag : instance.exclusionTags()) {
        sums.sharedTags +=
            !node(at).offline() && tags.merge(at + " " + tag, 1, Integer::sum) > 1 ? 1 : 0;
      }
      int mirror = instance.secondary();
      if (mirror >= 0) {
        sums.secondaries[mirror]++;
        sums.load[2][mirror] += instance.load().disk();
        sums.spindles[mirror] += instance.usesLocalDisk() ? instance.spindles() : 0;
        double memory = instance.reservesMemory() ? instance.memory() : 0;
        double kept = mirrored.merge((long) mirror * nodes + at, memory, Double::sum);
        sums.reserved[mirror] = Math.max(sums.reserved[mirror], kept);
      }
    }
    return sums;
  }

  /** Give the terms of the score, as hbal names them. */
  List<Term> terms(int[] placement) {
    var given = sums(cluster.placement());
    var sums = sums(placement);
    var terms = new ArrayList<Term>();
    terms.add(spread("free_mem_cv", 0.5, n -> unallocated(n, given, sums) / node(n).total()));
    terms.add(spread("free_mem_cv_forth", 0.5, n -> freeForAll(n, given, sums) / node(n).total()));
    terms.add(spread("free_disk_cv", 1, this::freeDisk));
    terms.add(spread("reserved_mem_cv", 1, n -> sums.reserved[n] / node(n).total()));
    terms.add(spread("vcpu_ratio_cv", 1, n -> vcpus(n, sums)));
    terms.add(spread("spindles_cv", 1, n -> spindles(n, sums)));
    var loads = List.of("cpu_load_cv", "mem_load_cv", "disk_load_cv", "net_load_cv");
    for (int kind = 0; kind < loads.size(); kind++) {
      var load = sums.load[kind];
      terms.add(spread(loads.get(kind), 1, n -> load[n]));
    }
    terms.add(count("n1_cnt", 1, n -> failing(n, given, sums)));
    terms.add(count("reserved_mem_rtotal", 0.25, n -> sums.reserved[n] / node(n).total()));
    terms.add(offline("offline_all_cnt", OFFLINE, n -> sums.primaries[n] + sums.secondaries[n]));
    terms.add(offline("offline_pri_cnt", OFFLINE_PRIMARY, n -> sums.primaries[n]));
    terms.add(new Term("pri_tags_score", sums.sharedTags, SHARED_TAG, false));
    return terms;
  }

  static double value(List<Term> terms) {
    return terms.stream().mapToDouble(Term::contribution).sum();
  }

  /** Give the memory that neither the node nor its instances use, by the books or by the node. */
  private double unallocated(int n, Sums given, Sums sums) {
    double books = node(n).total() - node(n).own() - given.memory[n];
    return Math.min(books, node(n).free()) + given.memory[n] - sums.memory[n];
  }

  /** Give the free memory that is left if the instances that are down are started as well. */
  private double freeForAll(int n, Sums given, Sums sums) {
    return node(n).free() + given.memory[n] - sums.memory[n] - sums.memoryDown[n];
  }

  private double freeDisk(int n) {
    return node(n).totalDisk() == 0 ? 1 : (double) node(n).freeDisk() / node(n).totalDisk();
  }

  private double vcpus(int n, Sums sums) {
    return (node(n).ownCpus() + sums.vcpus[n]) / (node(n).cpus() * node(n).speed());
  }

  private double spindles(int n, Sums sums) {
    double most = cluster.spindleRatio() * node(n).spindles();
    return most == 0 ? 0 : sums.spindles[n] / most;
  }

  private double failing(int n, Sums given, Sums sums) {
    boolean fails = unallocated(n, given, sums) < sums.reserved[n];
    return fails ? sums.primaries[n] + sums.secondaries[n] : 0;
  }

  private Term spread(String name, double weight, IntToValue value) {
    double mean = 0;
    for (int n : online) {
      mean += value.of(n) / online.length;
    }
    double variance = 0;
    for (int n : online) {
      variance += Math.pow(value.of(n) - mean, 2) / online.length;
    }
    return new Term(name, Math.sqrt(variance), weight, false);
  }

  private Term count(String name, double weight, IntToValue value) {
    return new Term(name, IntStream.of(online).mapToDouble(value::of).sum(), weight, false);
  }

  private Term offline(String name, double weight, IntToValue value) {
    double sum =
        IntStream.range(0, cluster.nodes().size())
            .filter(n -> node(n).offline())
            .mapToDouble(value::of)
            .sum();
    return new Term(name, sum, weight, false);
  }

  @FunctionalInterface
  private interface IntToValue {
    double of(int node);
  }
}
