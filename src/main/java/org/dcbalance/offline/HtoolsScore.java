package org.dcbalance.offline;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import org.dcbalance.offline.HtoolsCluster.Node;
import org.dcbalance.strategy.Imbalance.Part;
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
    var indexes = new int[cluster.nodes().size()];
    int count = 0;
    for (int n = 0; n < indexes.length; n++) {
      if (!cluster.nodes().get(n).offline()) {
        indexes[count++] = n;
      }
    }
    online = Arrays.copyOf(indexes, count);
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
    int nodes = cluster.nodes().size();
    var unused = new double[nodes];
    var forAll = new double[nodes];
    var disk = new double[nodes];
    var reserved = new double[nodes];
    var vcpus = new double[nodes];
    var spindles = new double[nodes];
    double failing = 0;
    double reservedInAll = 0;
    for (int n : online) {
      double total = node(n).total();
      unused[n] = unallocated(n, given, sums) / total;
      forAll[n] = freeForAll(n, given, sums) / total;
      disk[n] = freeDisk(n);
      reserved[n] = sums.reserved[n] / total;
      vcpus[n] = vcpus(n, sums);
      spindles[n] = spindles(n, sums);
      failing += failing(n, given, sums);
      reservedInAll += reserved[n];
    }
    double stranded = 0;
    double strandedPrimaries = 0;
    for (int n = 0; n < nodes; n++) {
      stranded += node(n).offline() ? sums.primaries[n] + sums.secondaries[n] : 0;
      strandedPrimaries += node(n).offline() ? sums.primaries[n] : 0;
    }
    return List.of(
        spread("free_mem_cv", 0.5, unused),
        spread("free_mem_cv_forth", 0.5, forAll),
        spread("free_disk_cv", 1, disk),
        spread("reserved_mem_cv", 1, reserved),
        spread("vcpu_ratio_cv", 1, vcpus),
        spread("spindles_cv", 1, spindles),
        spread("cpu_load_cv", 1, sums.load[0]),
        spread("mem_load_cv", 1, sums.load[1]),
        spread("disk_load_cv", 1, sums.load[2]),
        spread("net_load_cv", 1, sums.load[3]),
        new Term("n1_cnt", failing, 1, Part.SPREAD),
        new Term("reserved_mem_rtotal", reservedInAll, 0.25, Part.SPREAD),
        new Term("offline_all_cnt", stranded, OFFLINE, Part.SPREAD),
        new Term("offline_pri_cnt", strandedPrimaries, OFFLINE_PRIMARY, Part.SPREAD),
        new Term("pri_tags_score", sums.sharedTags, SHARED_TAG, Part.SPREAD));
  }

  static double value(List<Term> terms) {
    double value = 0;
    for (var term : terms) {
      value += term.contribution();
    }
    return value;
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

  private Term spread(String name, double weight, double[] values) {
    double mean = 0;
    for (int n : online) {
      mean += values[n] / online.length;
    }
    double variance = 0;
    for (int n : online) {
      variance += (values[n] - mean) * (values[n] - mean) / online.length;
    }
    return new Term(name, Math.sqrt(variance), weight, Part.SPREAD);
  }
}
