package org.dcbalance.pages;

import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Movability;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.VmSummary;
import org.dcbalance.inventory.Vms;
import org.dcbalance.telemetry.ChangedMemory;
import org.dcbalance.telemetry.LoadHistory;
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
  private static final Comparator<VmSummary> BY_NAME =
      Comparator.comparing(VmSummary::name).thenComparing(VmSummary::id);

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

  /** In which order VMs are listed; those that are alike by name. */
  enum Order {
    CPU,
    MEMORY,
    NAME,
    MOVED
  }

  /** List the VMs that a host shows, by name: of a pool, of all pools with null. */
  List<VmSummary> all(@Nullable PoolId pool) {
    if (pool == null) {
      return vms.summaries();
    }
    var members =
        hosts.findByPoolIdOrderByName(pool.value()).stream().map(Host::id).collect(toSet());
    return vms.summaries().stream().filter(vm -> members.contains(vm.hostId())).toList();
  }

  /**
   * Page through those VMs that match. Only those on the page are read whole and put into lines,
   * which takes far more than to find them.
   */
  Excerpt<VmLine> page(List<VmSummary> all, String q, Order order, int page) {
    var found = all.stream().filter(vm -> matches(vm, q)).toList();
    return Excerpt.of(sorted(found, order), page).map(this::inThisOrder);
  }

  List<VmLine> ofHost(HostId host) {
    return lines(vms.findByHostIdInAndGoneSinceIsNullOrderByNameAscIdAsc(List.of(host.value())));
  }

  VmLine line(Vm vm) {
    return lines(List.of(vm)).getFirst();
  }

  private List<VmLine> inThisOrder(List<VmSummary> shown) {
    var ids = shown.stream().map(vm -> vm.id().value()).toList();
    var whole = vms.findByIdIn(ids).stream().collect(toMap(Vm::id, vm -> vm));
    // one that was forgotten in between is left out
    return lines(shown.stream().map(vm -> whole.get(vm.id())).filter(Objects::nonNull).toList());
  }

  static boolean matches(VmSummary vm, String q) {
    var wanted = q.strip().toLowerCase(Locale.ROOT);
    return vm.name().toLowerCase(Locale.ROOT).contains(wanted)
        || vm.uuid().toString().startsWith(wanted)
        || vm.addresses().stream().anyMatch(a -> a.toLowerCase(Locale.ROOT).contains(wanted));
  }

  private List<VmSummary> sorted(List<VmSummary> found, Order order) {
    return found.stream()
        .sorted(
            switch (order) {
              case NAME -> BY_NAME;
              case MEMORY ->
                  Comparator.comparing(VmSummary::memory).reversed().thenComparing(BY_NAME);
              case MOVED ->
                  Comparator.comparing(
                          VmSummary::lastMovedAt, Comparator.nullsLast(Comparator.reverseOrder()))
                      .thenComparing(BY_NAME);
              case CPU -> busiestFirst(found);
            })
        .toList();
  }

  private Comparator<VmSummary> busiestFirst(List<VmSummary> found) {
    var now = loads.vms(found.stream().map(VmSummary::id).toList());
    return Comparator.comparing(
            (VmSummary vm) -> share(vm.vcpus(), now.get(vm.id())),
            Comparator.nullsLast(Comparator.<Double>reverseOrder()))
        .thenComparing(BY_NAME);
  }

  private static @Nullable Double share(int vcpus, NewestLoad.@Nullable VmNow now) {
    return now == null ? null : now.cpuCores() / Math.max(1, vcpus);
  }

  private List<VmLine> lines(List<Vm> shown) {
    var ids = shown.stream().map(Vm::id).toList();
    var known =
        new Known(
            hosts.findAllByOrderByName().stream().collect(toMap(Host::id, h -> h)),
            pools.findAllByOrderByName().stream().collect(toMap(HostPool::id, p -> p)),
            loads.vms(ids),
            history.changedMemory(ids));
    return shown.stream().map(vm -> line(vm, known)).toList();
  }

  private record Known(
      Map<HostId, Host> hosts,
      Map<PoolId, HostPool> pools,
      Map<VmId, NewestLoad.VmNow> loads,
      Map<VmId, ChangedMemory> changed) {}

  private static VmLine line(Vm vm, Known known) {
    var host = known.hosts().get(vm.hostId());
    var pool = host == null ? null : known.pools().get(host.poolId());
    var now = known.loads().get(vm.id());
    var changed = known.changed().get(vm.id());
    return new VmLine(
        vm.id(),
        vm.uuid(),
        vm.name(),
        vm.goneSince() == null ? vm.state().name() : "GONE",
        vm.hostId(),
        host == null ? "a removed host" : host.name(),
        share(vm.vcpus(), now),
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
