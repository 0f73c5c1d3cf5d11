package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Vm;

/** Ask hosts where a VM is. One that does not answer may run it. */
record Whereabouts(Connections connections, List<Host> hosts) {

  /**
   * The hosts that know it.
   *
   * @param running where it runs, or is more than a definition
   * @param defined where it is shut off
   */
  record Found(List<Host> running, List<Host> defined) {}

  /**
   * Ask all of them.
   *
   * @throws HypervisorException UNREACHABLE if one does not answer
   */
  Found of(Vm vm) {
    var running = new ArrayList<Host>();
    var defined = new ArrayList<Host>();
    for (var host : hosts) {
      try {
        connections
            .to(host)
            .status(vm.uuid())
            .ifPresent(
                status -> (status.state() == GuestState.SHUT_OFF ? defined : running).add(host));
      } catch (HypervisorException e) {
        throw new HypervisorException(
            Kind.UNREACHABLE,
            "%s does not answer, and %s may run there: %s"
                .formatted(host.name(), vm.name(), e.sentence()),
            e);
      }
    }
    return new Found(running, defined);
  }
}
