package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.Imbalance.Part;
import org.dcbalance.units.HostId;
import org.jspecify.annotations.Nullable;

/**
 * Hold which VM counts on which open host while a plan is searched for, and score it. The score of
 * a placement that is one move away takes constant work, whatever the size of the pool.
 *
 * <p>A VM that is being moved counts for the score where it goes to, and takes room at both ends.
 */
final class Placement {
  private static final Resource[] RESOURCES = Resource.values();
  private static final int MEMORY = Resource.MEMORY.ordinal();

  final Limits limits;
  private final List<HostLoad> hosts;
  private final Map<HostId, Integer> indexes;

  /** The host of each VM, in the order in which they were given; -1 for VMs elsewhere. */
  final int[] homes;

  /** What a share of 1 is, by resource and host. */
  private final double[][] capacity;

  /** One over that: dividing anew for every host that is looked at would take most of the time. */
  final double[][] inverse;

  /** Mean share, by resource and host. */
  final double[][] share;

  /** Squares of the VMs' rises above their means, added up, as shares; by resource and host. */
  final double[][] rises;

  /** Share that is taken besides, by VMs on their way out; by resource and host. */
  final double[][] leaving;

  /** Memory promised to VMs, leaving ones included, the host's own use included; in bytes. */
  private final double[] promised;

  /** Sums of the shares and of their squares over hosts, by resource. */
  final double[] sums = new double[RESOURCES.length];

  final double[] squares = new double[RESOURCES.length];
  double overload;
  private final Wishes wishes;

  /** Place the VMs on the open hosts; VMs elsewhere are left out. */
  Placement(List<HostLoad> openHosts, List<VmLoad> vms, List<Rule> rules, Limits limits) {
    this.limits = limits;
    this.hosts = openHosts;
    int n = openHosts.size();
    indexes = HashMap.newHashMap(n);
    capacity = new double[RESOURCES.length][n];
    inverse = new double[RESOURCES.length][n];
    share = new double[RESOURCES.length][n];
    rises = new double[RESOURCES.length][n];
    leaving = new double[RESOURCES.length][n];
    promised = new double[n];
    for (int h = 0; h < n; h++) {
      var host = openHosts.get(h);
      indexes.put(host.id(), h);
      promised[h] = host.own().memory().bytes();
      for (int r = 0; r < RESOURCES.length; r++) {
        capacity[r][h] = RESOURCES[r].capacity(host);
        inverse[r][h] = 1 / capacity[r][h];
        share[r][h] = RESOURCES[r].amount(host.own()) * inverse[r][h];
      }
    }
    homes = new int[vms.size()];
    var counts = new int[vms.size()];
    for (int v = 0; v < counts.length; v++) {
      var vm = vms.get(v);
      int at = index(vm.host());
      homes[v] = at;
      int movingTo = index(vm.movingTo());
      int goal = movingTo < 0 ? at : movingTo;
      counts[v] = goal;
      if (goal >= 0) {
        add(vm, goal, 1);
        promised[goal] += vm.allocated().bytes();
      }
      if (at >= 0 && at != goal) {
        leave(vm, at);
        promised[at] += vm.allocated().bytes();
      }
    }
    wishes = new Wishes(openHosts, vms, counts, rules, limits);
    for (int v = 0; v < counts.length && !rules.isEmpty(); v++) {
      if (homes[v] >= 0 && homes[v] != counts[v]) {
        wishes.leave(vms.get(v), homes[v]);
      }
    }
    sumUp();
  }

  /** Take over how things stand, to try something out. */
  Placement(Placement other) {
    limits = other.limits;
    hosts = other.hosts;
    indexes = other.indexes;
    homes = other.homes;
    capacity = other.capacity;
    inverse = other.inverse;
    share = deep(other.share);
    rises = deep(other.rises);
    leaving = deep(other.leaving);
    promised = other.promised.clone();
    wishes = new Wishes(other.wishes);
    sumUp();
  }

  private static double[][] deep(double[][] table) {
    var copy = table.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] = copy[i].clone();
    }
    return copy;
  }

  /** Place the VMs of a pool on its open hosts; both in the order of their ids. */
  static Placement of(Pool pool, Limits limits) {
    return new Placement(
        pool.hosts().stream()
            .filter(host -> host.closed() == null)
            .sorted(Comparator.comparing(HostLoad::id))
            .toList(),
        pool.vms().stream().sorted(Comparator.comparing(VmLoad::id)).toList(),
        pool.rules(),
        limits);
  }

  int hostCount() {
    return hosts.size();
  }

  HostLoad host(int index) {
    return hosts.get(index);
  }

  /** Give the index of an open host, -1 for any other. */
  int index(@Nullable HostId host) {
    return host == null ? -1 : indexes.getOrDefault(host, -1);
  }

  double share(Resource resource, int host) {
    return share[resource.ordinal()][host];
  }

  /** Give the part of a host's share that a VM causes. */
  double caused(Resource resource, VmLoad vm, int host) {
    return mean(vm, resource.ordinal(), host);
  }

  int mostLoaded(Resource resource) {
    int most = 0;
    for (int host = 1; host < hosts.size(); host++) {
      most = share(resource, host) > share(resource, most) ? host : most;
    }
    return most;
  }

  /** Tell how far the host is above the threshold that it is nearest to; negative below it. */
  double pressure(int host) {
    return Math.max(
        share(Resource.CPU, host) - limits.cpuThreshold(),
        share(Resource.MEMORY, host) - limits.memoryThreshold());
  }

  boolean overloaded(int host) {
    return overloaded(Resource.CPU, host) || overloaded(Resource.MEMORY, host);
  }

  boolean overloaded(Resource resource, int host) {
    return share(resource, host) > resource.threshold(limits);
  }

  /** Tell whether the host has the VM's memory to give, with the headroom above the threshold. */
  boolean hasRoom(VmLoad vm, int host) {
    return promised[host] + vm.allocated().bytes()
        <= capacity[MEMORY][host] * limits.memoryThreshold();
  }

  /** Score this placement term by term, from scratch. */
  Imbalance imbalance() {
    int n = hosts.size();
    var terms = new ArrayList<Imbalance.Term>();
    for (var resource : RESOURCES) {
      var shares = share[resource.ordinal()];
      double mean = 0;
      for (double x : shares) {
        mean += x / n;
      }
      double variance = 0;
      for (double x : shares) {
        variance += (x - mean) * (x - mean) / n;
      }
      terms.add(
          new Imbalance.Term(
              "spread of " + resource.words(),
              Math.sqrt(variance),
              resource.spreadWeight(),
              Part.SPREAD));
    }
    for (var resource : List.of(Resource.CPU, Resource.MEMORY)) {
      double above = 0;
      for (double x : share[resource.ordinal()]) {
        above += above(resource, x);
      }
      terms.add(
          new Imbalance.Term(
              "overload of " + resource.words(), above, Resource.OVERLOAD_WEIGHT, Part.OVERLOAD));
    }
    terms.addAll(wishes.terms());
    return new Imbalance(terms);
  }

  /** Give what is asked of the placement besides an even load. */
  Wishes wishes() {
    return wishes;
  }

  /** Tell whether load is spread too unevenly, or a host is overloaded, in constant work. */
  boolean uneven() {
    double score = Resource.OVERLOAD_WEIGHT * overload;
    for (int r = 0; r < RESOURCES.length; r++) {
      score += RESOURCES[r].spreadWeight() * deviation(sums[r], squares[r], hosts.size());
    }
    return overload > 0 || score > limits.imbalanceThreshold();
  }

  /** Give the score after one move, in constant work. */
  double scoreAfter(VmLoad vm, int source, int target) {
    return scoreAfter(new Departure(this, vm, source), vm, source, target);
  }

  /** The same for one of many targets. */
  double scoreAfter(Departure departure, VmLoad vm, int source, int target) {
    return departure.spreadAt(target) + wishes.costAfter(vm, source, target);
  }

  /**
   * Give the score after VMs on one host have moved as one.
   *
   * @param departure of all of them in one
   * @param sum all of them in one
   */
  double scoreAfter(Departure departure, List<VmLoad> several, VmLoad sum, int source, int target) {
    return departure.spreadAt(target) + wishes.costAfter(several, sum, source, target);
  }

  /** Count the VM on its target; at the source it keeps its room until it has left. */
  void move(VmLoad vm, int source, int target) {
    add(vm, source, -1);
    leave(vm, source);
    add(vm, target, 1);
    promised[target] += vm.allocated().bytes();
    wishes.move(vm, source, target);
    wishes.leave(vm, source);
    sumUp();
  }

  private void add(VmLoad vm, int host, int sign) {
    for (int r = 0; r < RESOURCES.length; r++) {
      double rise = rise(vm, r, host);
      share[r][host] += sign * mean(vm, r, host);
      rises[r][host] += sign * rise * rise;
    }
  }

  private void leave(VmLoad vm, int host) {
    for (int r = 0; r < RESOURCES.length; r++) {
      leaving[r][host] += mean(vm, r, host);
    }
  }

  private void sumUp() {
    overload = 0;
    for (int r = 0; r < RESOURCES.length; r++) {
      sums[r] = 0;
      squares[r] = 0;
      for (double x : share[r]) {
        sums[r] += x;
        squares[r] += x * x;
        overload += above(RESOURCES[r], x);
      }
    }
  }

  private double mean(VmLoad vm, int resource, int host) {
    return RESOURCES[resource].amount(vm.mean()) * inverse[resource][host];
  }

  private double rise(VmLoad vm, int resource, int host) {
    double above = RESOURCES[resource].amount(vm.high()) - RESOURCES[resource].amount(vm.mean());
    return Math.max(0, above) * inverse[resource][host];
  }

  private double above(Resource resource, double x) {
    return Math.max(0, x - resource.threshold(limits));
  }

  /** Give the standard deviation over hosts of shares that sum up to this. */
  static double deviation(double sum, double squares, int n) {
    double mean = sum / n;
    return Math.sqrt(Math.max(0, squares / n - mean * mean));
  }
}
