package org.dcbalance.migration;

import java.util.List;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.springframework.stereotype.Component;

/** Queue moves that an operator asks for without a recommendation. */
@Component
public class MovesByHand {
  private final PreFlightChecks checks;
  private final MigrationQueue queue;
  private final Vms vms;
  private final Hosts hosts;
  private final Installation installation;

  MovesByHand(
      PreFlightChecks checks,
      MigrationQueue queue,
      Vms vms,
      Hosts hosts,
      Installation installation) {
    this.checks = checks;
    this.queue = queue;
    this.vms = vms;
    this.hosts = hosts;
    this.installation = installation;
  }

  /**
   * Check that the VM can move there, and queue the move.
   *
   * @return the id of the migration
   * @throws Problem NOT_FOUND, REFUSED with all reasons, or CONFLICT if another move of it is open
   *     or the database is doubted
   */
  public long request(VmId vmId, HostId target, Operator by) {
    installation.requireConfirmed();
    var failed = checks.of(vmId, target).stream().filter(c -> !c.ok()).toList();
    if (!failed.isEmpty()) {
      throw new Problem(
          ErrorCode.REFUSED,
          sentences(failed),
          "Maybe choose another host, or mend what is named.");
    }
    var vm =
        vms.findById(vmId.value())
            .orElseThrow(
                () ->
                    new Problem(
                        ErrorCode.NOT_FOUND, "There is no virtual machine " + vmId + ".", null));
    var pool = hosts.findById(target.value()).orElseThrow().poolId();
    return queue.add(
        new MigrationQueue.Wish(
            null,
            pool.value(),
            vmId.value(),
            vm.hostId().value(),
            target.value(),
            "Asked for by hand.",
            by.name(),
            null,
            null,
            null,
            null,
            null));
  }

  static String sentences(List<Check> failed) {
    return String.join(" ", failed.stream().map(Check::sentence).toList());
  }
}
