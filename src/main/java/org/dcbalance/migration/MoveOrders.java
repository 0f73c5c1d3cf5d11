package org.dcbalance.migration;

import java.util.List;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Levers;

/** Put a move and its levers into an order for the source's hypervisor. */
final class MoveOrders {
  private MoveOrders() {}

  /**
   * Order a move.
   *
   * @param copied the disks that are copied with it, by target
   */
  static MigrationOrder of(Vm vm, HostPool pool, Host target, Levers levers, List<String> copied) {
    boolean shared =
        DiskChecks.local(vm.disks(), pool::shares).stream()
            .allMatch(disk -> copied.contains(disk.target()));
    return new MigrationOrder(
        vm.uuid(),
        target.reachedAt(),
        null,
        tuning(levers),
        shared,
        encrypted(vm, pool),
        copied,
        pool::shares);
  }

  /** Name the disks that lie on one host alone, such as "vda"; media are left out. */
  static List<String> local(Vm vm, HostPool pool) {
    return DiskChecks.local(vm.disks(), pool::shares).stream()
        .filter(disk -> !disk.medium())
        .map(Guest.Disk::target)
        .toList();
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
