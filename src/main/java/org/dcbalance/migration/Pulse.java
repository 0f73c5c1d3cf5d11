package org.dcbalance.migration;

import java.time.Duration;
import java.util.UUID;
import org.dcbalance.hypervisor.Hypervisor;

/**
 * Tell whether a guest really runs, by its CPU time.
 *
 * <p>A Xen migration that fails late can leave the guest suspended while libvirt goes on calling it
 * running. A guest that runs uses some CPU time each second, if only for its timers.
 */
final class Pulse {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration BETWEEN = Duration.ofMillis(200);

  private Pulse() {}

  /**
   * Wait until the guest's CPU time has grown, but no longer than 10 s.
   *
   * @throws org.dcbalance.hypervisor.HypervisorException if the host does not tell
   */
  static boolean felt(Hypervisor host, UUID guest) {
    var first = host.cpuTime(guest);
    for (var waited = Duration.ZERO;
        waited.compareTo(PATIENCE) < 0;
        waited = waited.plus(BETWEEN)) {
      Pause.of(BETWEEN);
      if (host.cpuTime(guest).compareTo(first) > 0) {
        return true;
      }
    }
    return false;
  }
}
