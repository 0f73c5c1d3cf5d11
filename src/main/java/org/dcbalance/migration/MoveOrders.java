package org.dcbalance.migration;

import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Levers;

/** Put a move and its levers into an order for the source's hypervisor. */
final class MoveOrders {
  private MoveOrders() {}

  static MigrationOrder of(Vm vm, HostPool pool, Host target, Levers levers) {
    boolean shared =
        vm.disks().stream()
            .allMatch(d -> d.source().isEmpty() || d.network() || pool.shares(d.source()));
    return new MigrationOrder(
        vm.uuid(), target.reachedAt(), null, tuning(levers), shared, encrypted(vm, pool));
  }

  /** Tell whether the memory of a VM must be encrypted on its way. */
  static boolean encrypted(Vm vm, HostPool pool) {
    return Boolean.TRUE.equals(vm.moveOptions().over(pool.moveOptions()).encrypted());
  }

  private static Tuning tuning(Levers levers) {
    return new Tuning(
        levers.live(),
        levers.pause(),
        levers.bandwidth(),
        levers.throttle() == 0
            ? null
            : new Tuning.Throttle(levers.firstThrottle(), levers.throttleStep()),
        levers.cache(),
        levers.connections(),
        levers.postCopy());
  }
}
