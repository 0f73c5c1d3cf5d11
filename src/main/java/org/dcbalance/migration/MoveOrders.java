package org.dcbalance.migration;

import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Levers;

/** Put a move and its levers into an order for the source's hypervisor. */
final class MoveOrders {
  /** QEMU's own first throttle and increment, in percent. */
  private static final int FIRST_THROTTLE = 20;

  private static final int MORE_THROTTLE = 10;

  private MoveOrders() {}

  static MigrationOrder of(Vm vm, HostPool pool, Host target, Levers levers) {
    boolean shared =
        vm.disks().stream()
            .allMatch(d -> d.source().isEmpty() || d.network() || pool.shares(d.source()));
    return new MigrationOrder(vm.uuid(), target.reachedAt(), null, tuning(levers), shared);
  }

  private static Tuning tuning(Levers levers) {
    int most = levers.throttle();
    int first = Math.min(FIRST_THROTTLE, most);
    return new Tuning(
        levers.live(),
        levers.pause(),
        levers.bandwidth(),
        most == 0 ? null : new Tuning.Throttle(first, Math.clamp(most - first, 1, MORE_THROTTLE)),
        levers.cache(),
        levers.connections(),
        levers.postCopy());
  }
}
