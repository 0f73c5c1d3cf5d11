package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sum up how loaded the open hosts of a pool are, so that situations can be compared. All shares
 * are in whole points: the load is put into buckets of one hundredth of a host.
 *
 * @param hosts how many hosts are open
 * @param placement digest of which VM is on which host
 * @param cpu CPU shares of the hosts from the least to the most loaded, {@link #POINTS} of them
 *     picked evenly
 * @param memory the same for memory
 * @param hottest CPU shares of the hosts that are nearest to or furthest above a threshold, then
 *     their memory shares
 */
public record Situation(
    int hosts, long placement, List<Integer> cpu, List<Integer> memory, List<Integer> hottest) {
  /** Shares kept of each distribution. */
  static final int POINTS = 16;

  private static final int HOTTEST = 8;

  public Situation {
    cpu = List.copyOf(cpu);
    memory = List.copyOf(memory);
    hottest = List.copyOf(hottest);
  }

  /**
   * Sum up how things stand.
   *
   * @param vms in the order of their ids
   */
  static Situation of(Placement placement, List<VmLoad> vms) {
    var hot = hottest(placement, HOTTEST);
    var shares = new ArrayList<Integer>();
    hot.forEach(host -> shares.add(points(placement.share(Resource.CPU, host))));
    hot.forEach(host -> shares.add(points(placement.share(Resource.MEMORY, host))));
    long digest = 1;
    for (var vm : vms) {
      digest = 31 * (31 * digest + vm.id().value()) + vm.host().value();
    }
    return new Situation(
        placement.hostCount(),
        digest,
        spread(placement, Resource.CPU),
        spread(placement, Resource.MEMORY),
        shares);
  }

  /** Give the hosts under most pressure, by the resource that is nearest to its threshold. */
  static List<Integer> hottest(Placement placement, int most) {
    return Least.of(placement.hostCount(), most, host -> -placement.pressure(host));
  }

  /**
   * Tell how far two situations are from each other: the largest of the mean differences between
   * the hosts' CPU shares, their memory shares, and the shares of the hottest hosts, each sorted.
   *
   * @return a share, 0 for the same; infinite where another number of hosts is open
   */
  public double distance(Situation other) {
    if (hosts != other.hosts) {
      return Double.POSITIVE_INFINITY;
    }
    return Math.max(
        difference(hottest, other.hottest),
        Math.max(difference(cpu, other.cpu), difference(memory, other.memory)));
  }

  private static double difference(List<Integer> one, List<Integer> other) {
    if (one.size() != other.size()) {
      return Double.POSITIVE_INFINITY;
    }
    double sum = 0;
    for (int i = 0; i < one.size(); i++) {
      sum += Math.abs(one.get(i) - other.get(i));
    }
    return sum / 100 / Math.max(1, one.size());
  }

  private static List<Integer> spread(Placement placement, Resource resource) {
    var shares = new double[placement.hostCount()];
    Arrays.setAll(shares, host -> placement.share(resource, host));
    Arrays.sort(shares);
    return IntStream.range(0, POINTS)
        .limit(shares.length == 0 ? 0 : POINTS)
        .map(i -> points(shares[(int) ((i + 0.5) / POINTS * shares.length)]))
        .boxed()
        .toList();
  }

  private static int points(double share) {
    return (int) Math.round(100 * share);
  }
}
