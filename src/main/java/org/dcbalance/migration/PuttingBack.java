package org.dcbalance.migration;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Host;

/** Put back on a guest what was changed for its move. Doing it twice does no harm. */
final class PuttingBack {
  private PuttingBack() {}

  /**
   * Put everything back that the host can.
   *
   * @param stayed whether the guest never left this host; what only its process here remembers is
   *     gone otherwise
   * @return what failed, as sentences; empty if all is as it was
   */
  static List<String> on(Host host, Hypervisor hypervisor, UUID guest, Undo undo, boolean stayed) {
    var failed = new ArrayList<String>();
    var cap = undo.cap();
    // a host that knows no caps has none to take off
    if (cap != null && host.can(Capability.CPU_CAP)) {
      tried(failed, () -> hypervisor.setCap(guest, cap));
    }
    var memory = undo.memory();
    if (memory != null) {
      tried(failed, () -> hypervisor.setMemory(guest, memory));
    }
    var pause = undo.pause();
    if (pause != null && stayed && host.can(Capability.MAX_DOWNTIME)) {
      tried(failed, () -> hypervisor.setMaxDowntime(guest, pause));
    }
    return List.copyOf(failed);
  }

  private static void tried(List<String> failed, Runnable call) {
    try {
      call.run();
    } catch (HypervisorException e) {
      failed.add(e.sentence());
    }
  }
}
