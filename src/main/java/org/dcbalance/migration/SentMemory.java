package org.dcbalance.migration;

import static java.util.stream.Collectors.toMap;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Foresee how memory goes over the network, from what is set and what hosts can do. Simulated hosts
 * send nothing, so nothing is said of them.
 */
@Component
public class SentMemory {
  private final Vms vms;
  private final Hosts hosts;
  private final Pools pools;

  SentMemory(Vms vms, Hosts hosts, Pools pools) {
    this.vms = vms;
    this.hosts = hosts;
    this.pools = pools;
  }

  /**
   * How the memory of a VM would be sent.
   *
   * @param encrypted whether by TLS or not at all
   * @param cannot why its host could not encrypt it; null if it could
   */
  public record Way(boolean encrypted, @Nullable String cannot) {
    /** Say it beside an amount. */
    public String words() {
      return encrypted ? "by TLS" : "not encrypted";
    }

    public String sentence() {
      if (encrypted) {
        return "Its memory goes over the network by TLS, or not at all.";
      }
      return "Its memory goes over the network unencrypted"
          + (cannot == null ? "." : ": " + cannot + ".");
    }
  }

  /** Foresee it of a VM; empty where nothing goes over a network. */
  public Optional<Way> of(Vm vm) {
    return Optional.ofNullable(ofAll(List.of(vm.id())).get(vm.id()));
  }

  /** Foresee it of several; those of which nothing goes over a network are left out. */
  public Map<VmId, Way> ofAll(Collection<VmId> ids) {
    var ways = new HashMap<VmId, Way>();
    if (ids.isEmpty()) {
      return ways;
    }
    var byId = hosts.findAllByOrderByName().stream().collect(toMap(Host::id, host -> host));
    var known = pools.findAllByOrderByName().stream().collect(toMap(HostPool::id, pool -> pool));
    for (var vm : vms.findByIdIn(ids.stream().map(VmId::value).toList())) {
      var host = byId.get(vm.hostId());
      var pool = host == null ? null : known.get(host.poolId());
      if (host != null && pool != null && !pool.simulated()) {
        ways.put(
            vm.id(),
            new Way(MoveOrders.encrypted(vm, pool), host.missing().get(Capability.ENCRYPTION)));
      }
    }
    return ways;
  }

  /** Say how a host's VMs are sent; empty where they are not, and where it is not known yet. */
  public Optional<String> from(Host host) {
    return host.hypervisor().isEmpty()
        ? Optional.empty()
        : pools
            .findById(host.poolId().value())
            .filter(pool -> !pool.simulated())
            .map(pool -> words(pool, host.missing().get(Capability.ENCRYPTION)));
  }

  private static String words(HostPool pool, @Nullable String cannot) {
    if (Boolean.TRUE.equals(pool.moveOptions().encrypted())) {
      return cannot == null
          ? "sent by TLS, or not at all: its pool requires it"
          : "not sent at all, since its pool requires TLS: " + cannot;
    }
    return cannot == null
        ? "not encrypted, but for VMs that require it"
        : "not encrypted: " + cannot;
  }
}
