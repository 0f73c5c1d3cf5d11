package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.HostId;

/**
 * Ask hosts where a VM is. One that does not answer may run it, unless an administrator says that
 * it is off and nothing is heard of it.
 *
 * @param connections give the connection to a host
 * @param off name the hosts of which that is so now: the word may be taken back, or the host heard
 *     of, while a restore runs
 */
record Whereabouts(
    Function<Host, Hypervisor> connections, List<Host> hosts, Supplier<Set<HostId>> off) {

  /**
   * Ask all hosts that share a pool with the one where it is, or with the one where it shall be:
   * those, too, on which nothing can be restored, since it may have been moved there.
   */
  static Whereabouts around(
      Function<Host, Hypervisor> connections,
      Hosts hosts,
      Supplier<Set<HostId>> off,
      Vm vm,
      Host target) {
    return around(
        connections,
        hosts,
        off,
        Stream.concat(Stream.of(target), hosts.findById(vm.hostId().value()).stream()).toList());
  }

  /** Ask all hosts that share a pool with one of these. */
  static Whereabouts around(
      Function<Host, Hypervisor> connections,
      Hosts hosts,
      Supplier<Set<HostId>> off,
      List<Host> near) {
    var pools = near.stream().map(Host::poolId).toList();
    return new Whereabouts(
        connections,
        hosts.findAllByOrderByName().stream().filter(h -> pools.contains(h.poolId())).toList(),
        off);
  }

  boolean isOff(Host host) {
    return off.get().contains(host.id());
  }

  Hypervisor to(Host host) {
    return connections.apply(host);
  }

  /**
   * The hosts that know it.
   *
   * @param running where it runs, or is more than a definition
   * @param defined where it is shut off
   */
  record Found(List<Host> running, List<Host> defined) {
    boolean runsOn(Host host) {
      return running.stream().anyMatch(h -> h.id().equals(host.id()));
    }
  }

  /**
   * Ask all of them.
   *
   * @throws HypervisorException UNREACHABLE if one does not answer
   */
  Found of(Vm vm) {
    return of(vm.uuid(), vm.name());
  }

  /** Ask all of them for a guest, which they may know although the inventory does not. */
  Found of(UUID guest, String name) {
    var running = new ArrayList<Host>();
    var defined = new ArrayList<Host>();
    for (var host : hosts) {
      try {
        to(host)
            .status(guest)
            .ifPresent(
                status -> (status.state() == GuestState.SHUT_OFF ? defined : running).add(host));
      } catch (HypervisorException e) {
        if (e.kind() == Kind.UNREACHABLE && isOff(host)) {
          continue;
        }
        throw new HypervisorException(
            Kind.UNREACHABLE,
            "%s does not answer, and %s may run there: %s"
                .formatted(host.name(), name, e.sentence()),
            e);
      }
    }
    return new Found(running, defined);
  }
}
