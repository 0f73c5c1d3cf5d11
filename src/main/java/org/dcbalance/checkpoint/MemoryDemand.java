package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;

/**
 * What a restore takes of its target's memory, and gives back where its VM is now.
 *
 * @param vm its name
 * @param host the target's name
 * @param free what the target has free now
 * @param needs what the VM had when it was captured
 * @param has what it has now
 * @param isOn the hosts on which it is now, where it is ended first
 */
record MemoryDemand(
    String vm,
    HostId target,
    String host,
    Memory free,
    Memory needs,
    Memory has,
    Set<HostId> isOn) {

  /**
   * Tell which hosts have not enough memory for all that go there, once all were ended where they
   * are.
   *
   * @return a sentence for each; empty if all have enough
   */
  static List<String> refusals(List<MemoryDemand> demands) {
    var refusals = new ArrayList<String>();
    demands.stream()
        .collect(
            Collectors.groupingBy(MemoryDemand::target, LinkedHashMap::new, Collectors.toList()))
        .forEach(
            (host, there) -> {
              var needed = sum(there.stream().map(MemoryDemand::needs).toList());
              var given =
                  sum(
                      demands.stream()
                          .filter(d -> d.isOn().contains(host))
                          .map(MemoryDemand::has)
                          .toList());
              // each read it for itself, one after the other
              var free =
                  there.stream()
                      .map(MemoryDemand::free)
                      .min(Memory::compareTo)
                      .orElseThrow()
                      .plus(given);
              if (needed.compareTo(free) > 0) {
                refusals.add(refusal(there, free, needed));
              }
            });
    return refusals;
  }

  private static Memory sum(List<Memory> amounts) {
    return amounts.stream().reduce(Memory.ZERO, Memory::plus);
  }

  private static String refusal(List<MemoryDemand> there, Memory free, Memory needed) {
    var host = there.getFirst().host();
    if (there.size() == 1) {
      return "%s has %d MiB of memory for it, and %s needs %d MiB."
          .formatted(host, free.mib(), there.getFirst().vm(), needed.mib());
    }
    return "%s has %d MiB of memory for them, and %s need %d MiB together."
        .formatted(
            host,
            free.mib(),
            CheckpointText.names(there.stream().map(MemoryDemand::vm).toList()),
            needed.mib());
  }
}
