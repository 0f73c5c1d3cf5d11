package org.dcbalance.pages;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import java.util.List;
import java.util.Map;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Movability;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.telemetry.LoadHistory;
import org.dcbalance.telemetry.LoadHistory.DirtyMeasurement;
import org.dcbalance.telemetry.NewestLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Put the VMs that some host shows into lines. */
@Component
class VmLines {
  private final Vms vms;
  private final Hosts hosts;
  private final Pools pools;
  private final NewestLoad loads;
  private final LoadHistory history;

  VmLines(Vms vms, Hosts hosts, Pools pools, NewestLoad loads, LoadHistory history) {
    this.vms = vms;
    this.hosts = hosts;
    this.pools = pools;
    this.loads = loads;
    this.history = history;
  }

  /** List the VMs of a pool by name, of all pools with null. */
  List<VmLine> of(@Nullable PoolId pool) {
    var known = known();
    return vms.findByGoneSinceIsNullOrderByName().stream()
        .filter(vm -> pool == null || pool.equals(known.poolOf(vm)))
        .map(vm -> line(vm, known))
        .toList();
  }

  List<VmLine> ofHost(HostId host) {
    var known = known();
    return vms.findByHostIdInAndGoneSinceIsNullOrderByName(List.of(host.value())).stream()
        .map(vm -> line(vm, known))
        .toList();
  }

  VmLine line(Vm vm) {
    return line(vm, known());
  }

  private record Known(
      Map<HostId, Host> hosts,
      Map<PoolId, HostPool> pools,
      Map<VmId, NewestLoad.VmNow> loads,
      Map<Long, List<DirtyMeasurement>> changed) {
    @Nullable PoolId poolOf(Vm vm) {
      var host = hosts.get(vm.hostId());
      return host == null ? null : host.poolId();
    }
  }

  private Known known() {
    var all = pools.findAllByOrderByName();
    return new Known(
        hosts.findAllByOrderByName().stream().collect(toMap(Host::id, h -> h)),
        all.stream().collect(toMap(HostPool::id, p -> p)),
        loads.vms(),
        all.stream()
            .flatMap(p -> history.dirtyMeasurements(p.id()).stream())
            .collect(groupingBy(DirtyMeasurement::vmId)));
  }

  private static VmLine line(Vm vm, Known known) {
    var host = known.hosts().get(vm.hostId());
    var pool = host == null ? null : known.pools().get(host.poolId());
    var now = known.loads().get(vm.id());
    var changed = ChangedMemory.of(known.changed().getOrDefault(vm.id().value(), List.of()));
    return new VmLine(
        vm.id(),
        vm.uuid(),
        vm.name(),
        vm.goneSince() == null ? vm.state().name() : "GONE",
        vm.hostId(),
        host == null ? "a removed host" : host.name(),
        now == null ? null : now.cpuCores() / Math.max(1, vm.vcpus()),
        now == null ? null : now.cpuCores(),
        vm.vcpus(),
        vm.memory(),
        now == null ? null : new ByteRate(now.network()),
        now == null ? null : new ByteRate(now.disk()),
        changed == null ? null : changed.rate(),
        vm.lastMovedAt(),
        vm.addresses(),
        pool == null ? List.of("Its host is not in the inventory.") : Movability.ties(vm, pool),
        vm.neverMove());
  }
}
