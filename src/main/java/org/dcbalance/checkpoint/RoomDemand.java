package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.units.Memory;

/**
 * What is to be stored of a VM, or for it. Storage pools of one name are taken for one, since the
 * hosts of a pool share them.
 *
 * @param vm its name
 * @param storage the name of the storage pool
 * @param host that told what is free
 * @param free what the storage pool has free now
 * @param needs what may be stored at most
 */
record RoomDemand(String vm, String storage, String host, Memory free, Memory needs) {

  /**
   * Make sure that all of this has room.
   *
   * @throws HypervisorException FAILED with all refusals
   */
  static void require(List<RoomDemand> demands) {
    var refusals = refusals(demands);
    if (!refusals.isEmpty()) {
      throw new HypervisorException(Kind.FAILED, String.join(" ", refusals), null);
    }
  }

  /**
   * Tell which storage pools have not enough room for all of this.
   *
   * @return a sentence for each; empty if all have enough
   */
  static List<String> refusals(List<RoomDemand> demands) {
    var refusals = new ArrayList<String>();
    demands.stream()
        .collect(
            Collectors.groupingBy(RoomDemand::storage, LinkedHashMap::new, Collectors.toList()))
        .forEach(
            (storage, there) -> {
              var needed = there.stream().map(RoomDemand::needs).reduce(Memory.ZERO, Memory::plus);
              var free = there.stream().map(RoomDemand::free).min(Memory::compareTo).orElseThrow();
              if (needed.compareTo(free) > 0) {
                refusals.add(
                    "The storage pool %s of %s has %d MiB free, and %s may need %d MiB%s."
                        .formatted(
                            storage,
                            there.getFirst().host(),
                            free.mib(),
                            CheckpointText.names(there.stream().map(RoomDemand::vm).toList()),
                            needed.mib(),
                            there.size() == 1 ? "" : " together"));
              }
            });
    return refusals;
  }
}
