package org.dcbalance.strategy;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Relieve hosts above a threshold, greedily and at once: the largest VM of the most loaded host
 * goes to the least loaded host that can take it. It looks at no cost and remembers nothing. The
 * exact procedure is in docs/strategy.md under "DLB".
 */
public final class DynamicLoadBalancing extends ThresholdStrategy {
  @Override
  public String name() {
    return "DLB";
  }

  @Override
  int hold(Limits limits) {
    return 1;
  }

  @Override
  Candidates.Look.@Nullable Move next(Turn turn) {
    var placement = turn.placement;
    var hot =
        IntStream.range(0, placement.hostCount())
            .filter(placement::overloaded)
            .boxed()
            .sorted(comparingDouble((Integer host) -> -load(placement, host)).thenComparing(h -> h))
            .toList();
    for (int source : hot) {
      var resource = placement.overloaded(Resource.CPU, source) ? Resource.CPU : Resource.MEMORY;
      var largestFirst =
          turn.movable(source).stream()
              .sorted(
                  comparingDouble((VmLoad vm) -> -resource.amount(vm.mean()))
                      .thenComparing(comparing(VmLoad::id)))
              .toList();
      for (var vm : largestFirst) {
        int target = leastLoaded(vm, source, turn);
        if (target >= 0) {
          return turn.move(vm, source, target);
        }
      }
    }
    return null;
  }

  private static int leastLoaded(VmLoad vm, int source, Turn turn) {
    var placement = turn.placement;
    int best = -1;
    for (int host = 0; host < placement.hostCount(); host++) {
      if (host != source
          && turn.takes(vm, host)
          && (best < 0 || load(placement, host) < load(placement, best))) {
        best = host;
      }
    }
    return best;
  }

  private static double load(Placement placement, int host) {
    return Math.max(placement.share(Resource.CPU, host), placement.share(Resource.MEMORY, host));
  }
}
