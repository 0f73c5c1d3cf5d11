package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.dcbalance.history.MigrationRecords;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Movability;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.telemetry.LoadHistory;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Put together what is known of one VM. */
@Component
class VmDetails {
  private static final int MOST_PLACES = 20;
  private static final String OUTSIDE = "moved outside DCbalance";
  private static final Duration DAY = Duration.ofDays(1);

  private final VmLines lines;
  private final Hosts hosts;
  private final Pools pools;
  private final Placements placements;
  private final MigrationRecords records;
  private final LoadHistory history;
  private final BalancingSettings settings;
  private final Clock clock;

  VmDetails(
      VmLines lines,
      Hosts hosts,
      Pools pools,
      Placements placements,
      MigrationRecords records,
      LoadHistory history,
      BalancingSettings settings,
      Clock clock) {
    this.lines = lines;
    this.hosts = hosts;
    this.pools = pools;
    this.placements = placements;
    this.records = records;
    this.history = history;
    this.settings = settings;
    this.clock = clock;
  }

  VmDetail of(Vm vm) {
    var line = lines.line(vm);
    var host = hosts.findById(vm.hostId().value()).orElse(null);
    var pool = host == null ? null : pools.findById(host.poolId().value()).orElse(null);
    var changed = history.changedMemory(List.of(vm.id())).get(vm.id());
    var target = vm.movingTo();
    var outside = outside(vm);
    Map<Capability, String> cannot = host == null ? Map.of() : host.missing();
    boolean byDisks = pool != null && Movability.onlyByDisks(vm, pool);
    return new VmDetail(
        vm.id(),
        vm.name(),
        line.state(),
        vm.hostId(),
        line.host(),
        pool == null ? null : pool.id(),
        pool == null ? "" : pool.name(),
        host == null ? "" : (host.hypervisor() + " " + host.hypervisorVersion()).strip(),
        vm.osType(),
        vm.domainId() < 0 ? null : vm.domainId(),
        vm.vcpus(),
        vm.cpuTime(),
        vm.maxMemory(),
        vm.memory(),
        vm.uuid(),
        vm.addresses(),
        line.cpu(),
        changed == null ? null : changed.rate(),
        changed == null ? null : changed.workingSet(),
        vm.lastMovedAt(),
        pool == null ? null : restsUntil(vm, pool),
        line.ties(),
        byDisks && cannot.get(Capability.DISK_COPY) == null,
        byDisks ? disksStay(line.host(), cannot.get(Capability.DISK_COPY)) : null,
        cannot.get(Capability.ABORT),
        vm.neverMove(),
        vm.neverMoveNote(),
        target == null
            ? null
            : hosts.findById(target.value()).map(Host::name).orElse("a removed host"),
        outside == null ? null : outside.at(),
        outside == null ? null : outside.from(),
        vm.probeAddress(),
        vm.probePort(),
        vm.moveOptions(),
        (pool == null ? MoveOptions.NONE : pool.moveOptions()).over(MoveOptions.DEFAULTS),
        host == null ? Map.of() : IdleOption.of(host, vm.moveOptions()),
        cannot.get(Capability.MAX_DOWNTIME),
        vm.version());
  }

  private static @Nullable String disksStay(String host, @Nullable String reason) {
    return reason == null
        ? null
        : "Its disks lie on %s alone, and are not copied with it: %s.".formatted(host, reason);
  }

  List<Placements.Stay> placements(Vm vm) {
    return placements.of(vm.id(), MOST_PLACES);
  }

  List<VmDetail.DiskLine> disks(Vm vm) {
    var pool = hosts.findById(vm.hostId().value()).flatMap(h -> pools.findById(h.poolId().value()));
    return vm.disks().stream()
        .filter(d -> !d.source().isEmpty())
        .map(
            d ->
                new VmDetail.DiskLine(
                    d.target(),
                    d.source(),
                    d.format(),
                    d.network() || pool.filter(p -> p.shares(d.source())).isPresent()))
        .toList();
  }

  private @Nullable Instant restsUntil(Vm vm, HostPool pool) {
    var pace = settings.pace(pool);
    return records
        .coolDowns(pool.id(), clock.instant(), pace.coolDown(), pace.coolDownMost())
        .get(vm.id());
  }

  private record Outside(Instant at, String from) {}

  private @Nullable Outside outside(Vm vm) {
    var stays = placements.of(vm.id(), 2);
    if (stays.size() < 2) {
      return null;
    }
    var now = stays.getFirst();
    return now.how().equals(OUTSIDE) && now.since().isAfter(clock.instant().minus(DAY))
        ? new Outside(now.since(), stays.getLast().hostName())
        : null;
  }
}
