package org.dcbalance.inventory;

import java.time.Instant;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.jspecify.annotations.Nullable;

/**
 * Say which events are wanted; null or empty leaves a thing open.
 *
 * @param severity the least one: WARN gives what is bad, too
 * @param host part of the host's name, whatever its case
 * @param vm part of the VM's name, whatever its case
 * @param from first moment, inclusive
 * @param to last moment, exclusive
 */
public record FleetEventFilter(
    @Nullable Long poolId,
    @Nullable Severity severity,
    @Nullable Long hostId,
    @Nullable Long vmId,
    @Nullable String host,
    @Nullable String vm,
    @Nullable Instant from,
    @Nullable Instant to) {
  public FleetEventFilter {
    host = host == null || host.isBlank() ? null : host.strip();
    vm = vm == null || vm.isBlank() ? null : vm.strip();
  }

  /** Tell whether anything of a pool is left out. */
  public boolean narrows() {
    return severity != null
        || hostId != null
        || vmId != null
        || host != null
        || vm != null
        || from != null
        || to != null;
  }
}
