package org.dcbalance.evacuation;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.dcbalance.strategy.Evacuation;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;

/**
 * Foresee what emptying a host takes.
 *
 * @param leaving in the order in which they would be queued
 * @param expected for all whose cost is known, one after the other: they share the host's link
 * @param downtime the longest of any of them
 * @param unknown how many have no known cost, since their copies may not end by themselves
 * @param filling what all of them do to the hosts that take them
 */
public record Preview(
    List<Leaving> leaving,
    List<Staying> staying,
    Memory bytes,
    Duration expected,
    Duration downtime,
    int unknown,
    List<Filling> filling) {

  /**
   * One guest that would leave, to where, and what that is expected to cost.
   *
   * @param ends whether its copy is expected to end by itself; if not, the cost is no expectation
   */
  public record Leaving(
      VmId vmId,
      String vm,
      HostId targetHostId,
      String target,
      Memory bytes,
      Duration expected,
      Duration downtime,
      boolean ends) {}

  /** One host that takes guests: shares of its CPU and memory before and after, 0 to 1. */
  public record Filling(
      HostId hostId,
      String host,
      double cpuBefore,
      double cpuAfter,
      double memoryBefore,
      double memoryAfter) {}

  /** One guest that cannot leave, and why. */
  public record Staying(VmId vmId, String vm, String why) {}

  /**
   * Sum up what emptying a host takes.
   *
   * @param stopped who stays since it does not run
   */
  static Preview of(Evacuation plan, List<Staying> stopped, Map<HostId, String> names) {
    var leaving =
        ordered(plan).stream()
            .map(
                m ->
                    new Leaving(
                        m.vm().id(),
                        m.vm().name(),
                        m.target(),
                        Objects.requireNonNull(names.get(m.target())),
                        m.cost().transferred(),
                        m.cost().total(),
                        m.cost().downtime(),
                        m.cost().converges()))
            .toList();
    var known = leaving.stream().filter(Leaving::ends).toList();
    return new Preview(
        leaving,
        Stream.concat(staying(plan).stream(), stopped.stream()).toList(),
        known.stream().map(Leaving::bytes).reduce(Memory.ZERO, Memory::plus),
        known.stream().map(Leaving::expected).reduce(Duration.ZERO, Duration::plus),
        known.stream().map(Leaving::downtime).max(Duration::compareTo).orElse(Duration.ZERO),
        leaving.size() - known.size(),
        plan.effects().stream()
            .map(
                e ->
                    new Filling(
                        e.host(),
                        e.hostName(),
                        e.cpuBefore(),
                        e.cpuAfter(),
                        e.memoryBefore(),
                        e.memoryAfter()))
            .toList());
  }

  /** What takes longest goes first: the others then share its time. */
  static List<Evacuation.Move> ordered(Evacuation plan) {
    return plan.moves().stream()
        .sorted(
            Comparator.comparing((Evacuation.Move m) -> m.cost().total())
                .reversed()
                .thenComparing(m -> m.vm().name()))
        .toList();
  }

  static List<Staying> staying(Evacuation plan) {
    return plan.staying().stream()
        .map(s -> new Staying(s.vm(), s.vmName(), ReasonText.of(s.reason())))
        .toList();
  }
}
