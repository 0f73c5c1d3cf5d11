package org.dcbalance.strategy;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sort hosts into four domains by their weighted utilisation, and move from the overloaded ones to
 * the light ones, as far as the load is no momentary peak. After Yang, Gu, Zhao and Sun (ChinaGrid
 * 2011); what their paper leaves open is settled in docs/strategy.md under "OSVD".
 */
public final class Osvd extends ThresholdStrategy {
  private static final double CPU_WEIGHT = 0.6;
  private static final double MEMORY_WEIGHT = 0.3;
  private static final double NETWORK_WEIGHT = 0.1;

  /** Where the domains end, as shares of the threshold. */
  private static final double LIGHT = 0.5;

  private static final double NORMAL = 0.85;

  /** Domain of a host. */
  private enum Domain {
    LIGHT,
    NORMAL,
    HIGH,
    OVERLOADED
  }

  @Override
  public String name() {
    return "OSVD";
  }

  /** A peak is momentary until it has lasted for as many rounds as the limits hold back. */
  @Override
  int hold(Limits limits) {
    return limits.holdRounds();
  }

  @Override
  Candidates.Look.@Nullable Move next(Turn turn) {
    var placement = turn.placement;
    var limits = turn.limits;
    var overloaded =
        IntStream.range(0, placement.hostCount())
            .filter(host -> domain(placement, host, limits) == Domain.OVERLOADED)
            .boxed()
            .sorted(
                comparingDouble((Integer host) -> -utilisation(placement, host))
                    .thenComparing(h -> h))
            .toList();
    for (int source : overloaded) {
      var mostReliefForItsMemory =
          turn.movable(source).stream()
              .sorted(
                  comparingDouble((VmLoad vm) -> -relief(placement, vm, source))
                      .thenComparing(comparing(VmLoad::id)))
              .toList();
      for (var vm : mostReliefForItsMemory) {
        for (var domain : List.of(Domain.LIGHT, Domain.NORMAL)) {
          int target = best(vm, source, domain, turn);
          if (target >= 0) {
            return turn.move(vm, source, target);
          }
        }
      }
    }
    return null;
  }

  private static double relief(Placement placement, VmLoad vm, int host) {
    double caused =
        CPU_WEIGHT * placement.caused(Resource.CPU, vm, host)
            + MEMORY_WEIGHT * placement.caused(Resource.MEMORY, vm, host)
            + NETWORK_WEIGHT * placement.caused(Resource.NETWORK, vm, host);
    return caused / Math.max(1, vm.mean().memory().mib());
  }

  private static int best(VmLoad vm, int source, Domain domain, Turn turn) {
    var placement = turn.placement;
    int best = -1;
    for (int host = 0; host < placement.hostCount(); host++) {
      if (host != source
          && domain(placement, host, turn.limits) == domain
          && turn.takes(vm, host)
          && (best < 0 || utilisation(placement, host) < utilisation(placement, best))) {
        best = host;
      }
    }
    return best;
  }

  private static Domain domain(Placement placement, int host, Limits limits) {
    double utilisation = utilisation(placement, host);
    if (placement.overloaded(host) || utilisation > limits.cpuThreshold()) {
      return Domain.OVERLOADED;
    }
    if (utilisation < LIGHT * limits.cpuThreshold()) {
      return Domain.LIGHT;
    }
    return utilisation < NORMAL * limits.cpuThreshold() ? Domain.NORMAL : Domain.HIGH;
  }

  private static double utilisation(Placement placement, int host) {
    return CPU_WEIGHT * placement.share(Resource.CPU, host)
        + MEMORY_WEIGHT * placement.share(Resource.MEMORY, host)
        + NETWORK_WEIGHT * placement.share(Resource.NETWORK, host);
  }
}
