package org.dcbalance.hypervisor.simulated;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.dcbalance.units.Memory;

/**
 * Lay out a simulated pool of any size from the standard one's guests: they come again and again,
 * numbered on, each from half as busy as its model to a fifth busier, the same for the same seed.
 * Hosts have 16 cores and 64 GiB for each dozen guests that start on them. With 4 hosts and 24
 * guests it is the standard pool.
 */
record FleetOfAnySize(List<HostPlan> hosts, List<GuestPlan> guests) {
  private static final int DOZEN = 12;
  private static final double LEAST_BUSY = 0.5;
  private static final double MOST_BUSY = 1.2;
  private static final double BUSIEST = 0.9;

  FleetOfAnySize {
    hosts = List.copyOf(hosts);
    guests = List.copyOf(guests);
  }

  static FleetOfAnySize of(int hosts, int guests, long seed) {
    int dozens = Math.ceilDiv(Math.ceilDiv(guests, hosts), DOZEN);
    var names = hostNames(hosts);
    var models = Fleet.standard(seed);
    var plans = new ArrayList<GuestPlan>();
    for (int i = 0; i < guests; i++) {
      var host = names.get((int) ((long) i * hosts / guests));
      int round = i / models.size();
      var model = models.get(i % models.size());
      plans.add(round == 0 ? model.at(host) : again(model, round, models, host, seed));
    }
    return new FleetOfAnySize(
        names.stream()
            .map(
                name ->
                    new HostPlan(
                        name, dozens * Fleet.CORES, new Memory(dozens * Fleet.MEMORY.bytes())))
            .toList(),
        plans);
  }

  static List<String> hostNames(int hosts) {
    return IntStream.rangeClosed(1, hosts).mapToObj("sim-%02d"::formatted).toList();
  }

  private static GuestPlan again(
      GuestPlan model, int round, List<GuestPlan> models, String host, long seed) {
    var kind = kind(model);
    long ofKind = models.stream().filter(other -> kind(other).equals(kind)).count();
    var name = "%s-%02d".formatted(kind, number(model) + round * ofKind);
    long own = seed * 1_000_003 + name.hashCode();
    double factor = new SplittableRandom(own).nextDouble(LEAST_BUSY, MOST_BUSY);
    var pattern = model.pattern();
    return model.like(
        name,
        host,
        new LoadPattern(
            own,
            Math.min(BUSIEST, pattern.base() * factor),
            pattern.daily(),
            pattern.peakHour(),
            pattern.noise()));
  }

  private static String kind(GuestPlan plan) {
    return plan.name().substring(0, plan.name().lastIndexOf('-'));
  }

  private static int number(GuestPlan plan) {
    return Integer.parseInt(plan.name().substring(plan.name().lastIndexOf('-') + 1));
  }
}
