package org.dcbalance.inventory;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Items;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/vms")
class VmApi {
  private final Vms vms;
  private final Hosts hosts;
  private final Pools pools;
  private final VmWishes wishes;

  VmApi(Vms vms, Hosts hosts, Pools pools, VmWishes wishes) {
    this.vms = vms;
    this.hosts = hosts;
    this.pools = pools;
    this.wishes = wishes;
  }

  /**
   * A VM as the API shows it: all that the hypervisor tells, and whether it can move.
   *
   * @param domainId the hypervisor's number of the running guest; null when it does not run
   * @param ties sentences that say why it cannot move; empty if it can
   * @param version of what is wished for it, for a change to tell what it has seen
   */
  record VmView(
      long id,
      UUID uuid,
      String name,
      long hostId,
      String host,
      @Nullable Integer domainId,
      String hypervisor,
      String osType,
      GuestState state,
      int cpus,
      double cpuTimeSeconds,
      long maxMemoryBytes,
      long memoryBytes,
      List<Guest.Disk> disks,
      List<String> addresses,
      List<String> networks,
      boolean movable,
      List<String> ties,
      boolean neverMove,
      String neverMoveNote,
      @Nullable String probeAddress,
      @Nullable Integer probePort,
      MoveOptions moveOptions,
      long version,
      @Nullable Instant lastMovedAt,
      @Nullable Long movingToHostId,
      Instant firstSeen,
      Instant lastSeen,
      @Nullable Instant goneSince) {}

  @Operation(
      summary =
          "List the VMs, of a pool, of a host or of all, or those whose name holds or whose"
              + " UUID begins with q.")
  @GetMapping
  Items<VmView> list(
      @RequestParam @Nullable Long hostId,
      @RequestParam @Nullable Long poolId,
      @RequestParam @Nullable String q) {
    var fleet = fleet();
    return new Items<>(
        vms.findByGoneSinceIsNullOrderByNameAscIdAsc().stream()
            .filter(vm -> hostId == null || vm.hostId().value() == hostId)
            .filter(vm -> q == null || matches(vm, q))
            .filter(
                vm -> {
                  var host = fleet.hosts().get(vm.hostId());
                  return poolId == null || (host != null && host.poolId().value() == poolId);
                })
            .map(vm -> view(vm, fleet))
            .toList(),
        null);
  }

  @Operation(summary = "Show a VM, and why it cannot move if it cannot.")
  @GetMapping("/{id}")
  VmView one(@PathVariable long id) {
    return view(wishes.find(id), fleet());
  }

  @Operation(
      summary =
          "Change what is wished for a VM: never move, how it may be moved, by what its"
              + " downtime is probed; what is left out stays.")
  @PatchMapping("/{id}")
  VmView change(
      @PathVariable long id,
      @RequestParam @Nullable Long version,
      @RequestBody VmWishes.Change change,
      CurrentOperator me) {
    return view(wishes.change(id, version, change, me.operator()), fleet());
  }

  private static boolean matches(Vm vm, String q) {
    var wanted = q.toLowerCase(Locale.ROOT);
    return vm.name().toLowerCase(Locale.ROOT).contains(wanted)
        || vm.uuid().toString().startsWith(wanted);
  }

  private record Fleet(Map<HostId, Host> hosts, Map<Long, HostPool> pools) {}

  private Fleet fleet() {
    return new Fleet(
        hosts.findAllByOrderByName().stream().collect(Collectors.toMap(Host::id, h -> h)),
        pools.findAllByOrderByName().stream()
            .collect(Collectors.toMap(p -> p.id().value(), p -> p)));
  }

  private static VmView view(Vm vm, Fleet fleet) {
    var host = fleet.hosts().get(vm.hostId());
    var pool = host == null ? null : fleet.pools().get(host.poolId().value());
    var ties =
        pool == null ? List.of("Its host is not in the inventory.") : Movability.ties(vm, pool);
    var movingTo = vm.movingTo();
    return new VmView(
        vm.id().value(),
        vm.uuid(),
        vm.name(),
        vm.hostId().value(),
        host == null ? "" : host.name(),
        vm.domainId() < 0 ? null : vm.domainId(),
        host == null ? "" : host.hypervisor(),
        vm.osType(),
        vm.state(),
        vm.vcpus(),
        vm.cpuTime().toMillis() / 1000.0,
        vm.maxMemory().bytes(),
        vm.memory().bytes(),
        vm.disks(),
        vm.addresses(),
        vm.networks(),
        ties.isEmpty(),
        ties,
        vm.neverMove(),
        vm.neverMoveNote(),
        vm.probeAddress(),
        vm.probePort(),
        vm.moveOptions(),
        vm.version(),
        vm.lastMovedAt(),
        movingTo == null ? null : movingTo.value(),
        vm.firstSeen(),
        vm.lastSeen(),
        vm.goneSince());
  }
}
