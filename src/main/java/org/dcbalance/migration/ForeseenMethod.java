package org.dcbalance.migration;

import java.util.Optional;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vms;
import org.dcbalance.method.Choice;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.springframework.stereotype.Component;

/**
 * Foresee how a VM would be moved, from what is recorded and without asking a host. The choice that
 * counts is made when the move starts, from fresh figures.
 */
@Component
public class ForeseenMethod {
  private final MoveFacts facts;
  private final Vms vms;
  private final Hosts hosts;
  private final Pools pools;

  ForeseenMethod(MoveFacts facts, Vms vms, Hosts hosts, Pools pools) {
    this.facts = facts;
    this.vms = vms;
    this.hosts = hosts;
    this.pools = pools;
  }

  /** Choose as if the move began now; empty if the VM or one of the hosts is gone. */
  public Optional<Choice> of(VmId vmId, HostId targetId) {
    var target = hosts.findById(targetId.value());
    var vm = vms.findById(vmId.value()).filter(known -> known.goneSince() == null);
    var source = vm.flatMap(known -> hosts.findById(known.hostId().value()));
    var pool = target.flatMap(to -> pools.findById(to.poolId().value()));
    return vm.isEmpty() || source.isEmpty() || target.isEmpty() || pool.isEmpty()
        ? Optional.empty()
        : Optional.of(facts.foresee(vm.get(), source.get(), target.get(), pool.get()));
  }
}
