package org.dcbalance.pages;

import java.util.LinkedHashMap;
import java.util.Map;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.MoveOptions;
import org.jspecify.annotations.Nullable;

/**
 * An option for moving a VM that has no effect on the host that it is on.
 *
 * @param value what is set for the VM all the same; null for nothing
 * @param reason in the host's words
 */
record IdleOption(@Nullable Object value, String reason) {
  /** Find them, by the names of their fields. */
  static Map<String, IdleOption> of(Host host, MoveOptions own) {
    var idle = new LinkedHashMap<String, IdleOption>();
    var missing = host.missing();
    add(idle, missing, Capability.AUTO_CONVERGE, "throttlePercent", own.throttlePercent());
    add(idle, missing, Capability.CPU_CAP, "capPercent", own.capPercent());
    add(idle, missing, Capability.BANDWIDTH_LIMIT, "bandwidthMiB", own.bandwidthMiB());
    add(idle, missing, Capability.PARALLEL, "connections", own.connections());
    if (!host.hypervisor().equals("Xen")) {
      // there the CPU that a VM uses stands for what it changes
      add(idle, missing, Capability.DIRTY_RATE, "quietWaitSeconds", own.quietWaitSeconds());
    }
    add(idle, missing, Capability.POST_COPY, "postCopy", own.postCopy());
    add(idle, missing, Capability.POST_COPY, "postCopyAfterPercent", own.postCopyAfterPercent());
    return idle;
  }

  private static void add(
      Map<String, IdleOption> idle,
      Map<Capability, String> missing,
      Capability capability,
      String field,
      @Nullable Object value) {
    var reason = missing.get(capability);
    if (reason != null) {
      idle.put(field, new IdleOption(value, reason));
    }
  }
}
