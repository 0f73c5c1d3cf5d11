package org.dcbalance.recommendation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.dcbalance.history.MigrationRecords;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.CpuFits;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Movability;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.MoveTerms;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.Rule;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.telemetry.ChangedMemory;
import org.dcbalance.telemetry.LoadHistory;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.TimeRange;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Gather what a decision needs to know of a pool: its hosts and VMs, their windowed load, the past.
 */
@Component
class PoolSnapshots {
  /** A host that was not listed for this long may have changed: it takes no guests. */
  private static final Duration FRESH = Duration.ofSeconds(30);

  /** What ties a VM whose window is not filled well enough, where that matters. */
  private static final String TOO_LITTLE = "Too little of its load is recorded yet.";

  private static final int PAST_MOVES = 500;

  /**
   * A target that refused a VM is left alone for so long: somebody may have mended that by then.
   */
  private static final Duration REFUSAL_REMEMBERED = Duration.ofMinutes(30);

  /** Peaks are taken over so long, if at least so many minutes of it are recorded. */
  private static final Duration PEAKS_OVER = Duration.ofDays(1);

  private static final int PEAK_MINUTES = 6 * 60;

  /** A day's peaks hardly change in so long, and take long to find out in a large pool. */
  private static final Duration PEAKS_KEPT = Duration.ofMinutes(15);

  private record Peaks(Instant at, Map<VmId, Double> cores) {}

  private final Map<PoolId, Peaks> peaks = new ConcurrentHashMap<>();

  private record Windows(
      Instant at,
      Duration length,
      Map<HostId, LoadHistory.HostWindow> hosts,
      Map<VmId, LoadHistory.VmWindow> vms) {}

  private final Map<PoolId, Windows> windows = new ConcurrentHashMap<>();

  private final Hosts hosts;
  private final Vms vms;
  private final LoadHistory loads;
  private final CpuFits cpuFits;
  private final MigrationRecords records;
  private final Connections connections;
  private final PlacementRules placementRules;

  PoolSnapshots(
      Hosts hosts,
      Vms vms,
      LoadHistory loads,
      CpuFits cpuFits,
      MigrationRecords records,
      Connections connections,
      PlacementRules placementRules) {
    this.hosts = hosts;
    this.vms = vms;
    this.loads = loads;
    this.cpuFits = cpuFits;
    this.records = records;
    this.connections = connections;
    this.placementRules = placementRules;
  }

  /** Take one to decide by, in which hosts go on refusing the VMs that they refused lately. */
  Pool take(HostPool pool, BalancingSettings.Pace pace, int roundsOutOfBounds, Instant now) {
    var taken = take(pool, pace, roundsOutOfBounds, now, Duration.ZERO);
    var refusals = refusals(pool.id(), now);
    return taken.with(
        taken.hosts(),
        taken.vms().stream()
            .map(vm -> refused(vm, refusals.getOrDefault(vm.id(), Map.of())))
            .toList());
  }

  private static VmLoad refused(VmLoad vm, Map<HostId, String> lately) {
    if (lately.isEmpty()) {
      return vm;
    }
    var refused = new HashMap<>(lately);
    refused.remove(vm.host());
    refused.putAll(vm.refused());
    return vm.held(vm.ties(), refused);
  }

  /** List the hosts that VMs of a pool could not move to lately, as the checks found, and why. */
  Map<VmId, Map<HostId, String>> refusals(PoolId pool, Instant now) {
    return records.refusals(pool, now.minus(REFUSAL_REMEMBERED));
  }

  /**
   * Take one to foresee by. It may lack the newest sample, since so many VMs take long to sum up,
   * and says nothing of what was refused lately, which a person may have mended.
   */
  Pool recent(HostPool pool, BalancingSettings.Pace pace, Instant now) {
    return take(pool, pace, 0, now, loads.period());
  }

  private Pool take(
      HostPool pool,
      BalancingSettings.Pace pace,
      int roundsOutOfBounds,
      Instant now,
      Duration oldest) {
    var load = windows(pool.id(), pace.window(), now, oldest);
    var members = hosts.findByPoolIdOrderByName(pool.id().value());
    int expected = loads.expectedSamples(pace.window());
    var hostLoads =
        members.stream().map(h -> host(h, load.hosts().get(h.id()), expected, now)).toList();
    var memories = loads.changedMemory(pool.id());
    var dayHighs = peaks(pool.id(), now);
    var past = records.finished(pool.id(), PAST_MOVES);
    var pastOf = past.stream().collect(Collectors.groupingBy(PastMove::vm));
    var refusals = new Refusals(members);
    var rests = records.coolDowns(pool.id(), now, pace.coolDown(), pace.coolDownMost());
    var targets =
        records.underWay(pool.id()).stream()
            .collect(
                Collectors.toMap(MigrationRecords.UnderWay::vm, MigrationRecords.UnderWay::target));
    var postCopy =
        members.stream()
            .filter(h -> h.can(Capability.POST_COPY))
            .map(Host::id)
            .collect(Collectors.toSet());
    var vmLoads =
        vms
            .findByHostIdInAndGoneSinceIsNullOrderByNameAscIdAsc(
                members.stream().map(h -> h.id().value()).toList())
            .stream()
            .filter(vm -> vm.running() || vm.movingTo() != null)
            .map(
                vm -> {
                  var enough = expected * pace.limits().minimumCoverage();
                  return vm(
                      vm,
                      pool,
                      refusals.of(vm),
                      load.vms().get(vm.id()),
                      enough,
                      memories.get(vm.id()),
                      new Past(
                          dayHighs.getOrDefault(vm.id(), 0.0),
                          rests.get(vm.id()),
                          targets.get(vm.id()),
                          pastOf.getOrDefault(vm.id(), List.of()),
                          postCopy.contains(vm.hostId())));
                })
            .toList();
    return new Pool(pool.name(), now, hostLoads, vmLoads, roundsOutOfBounds, past, rules(pool));
  }

  private List<Rule> rules(HostPool pool) {
    return placementRules.of(pool.id()).stream()
        .map(
            rule ->
                new Rule(
                    rule.name(),
                    switch (rule.kind()) {
                      case TOGETHER -> Rule.Kind.TOGETHER;
                      case APART -> Rule.Kind.APART;
                      case ON -> Rule.Kind.ON;
                      case OFF -> Rule.Kind.OFF;
                    },
                    rule.hard(),
                    PlacementRules.vms(rule),
                    PlacementRules.hosts(rule)))
        .toList();
  }

  private static HostLoad host(
      Host host, LoadHistory.@Nullable HostWindow window, int expected, Instant now) {
    var own =
        window == null
            ? Load.NONE
            : new Load(
                window.ownCpuCores(),
                new Memory(window.ownMemoryBytes()),
                ByteRate.ZERO,
                ByteRate.ZERO);
    double coverage = window == null ? 0 : Math.min(1, (double) window.samples() / expected);
    return new HostLoad(
        host.id(), host.name(), host.cores(), host.memory(), own, coverage, closed(host, now));
  }

  private static @Nullable String closed(Host host, Instant now) {
    if (host.maintenance()) {
      return host.name() + " is in maintenance.";
    }
    var seen = host.lastSeen();
    if (host.state() != Host.State.UP || seen == null || seen.plus(FRESH).isBefore(now)) {
      return host.name() + " does not answer.";
    }
    return null;
  }

  private VmLoad vm(
      Vm vm,
      HostPool pool,
      Map<HostId, String> refused,
      LoadHistory.@Nullable VmWindow window,
      double enoughSamples,
      @Nullable ChangedMemory changed,
      Past past) {
    var ties = new ArrayList<>(Movability.ties(vm, pool));
    if (enoughSamples > 0 && (window == null || window.samples() < enoughSamples)) {
      ties.add(TOO_LITTLE);
    }
    return new VmLoad(
        vm.id(),
        vm.name(),
        vm.hostId(),
        window == null ? idle(vm) : mean(window),
        window == null ? idle(vm) : high(window, past.cpuHigh()),
        vm.memory(),
        changed == null ? null : changed.rate(),
        changed == null ? null : changed.workingSet(),
        ties,
        refused,
        past.restsUntil(),
        past.movingTo(),
        past.moves(),
        terms(vm, pool, past.postCopy()));
  }

  /** What is allowed for a VM or its pool; what nobody set is left to the limits of the round. */
  private static @Nullable MoveTerms terms(Vm vm, HostPool pool, boolean hostCan) {
    var options = vm.moveOptions().over(pool.moveOptions());
    var pause = options.downtimeMillis();
    var most = options.bandwidthMiB();
    var longest = options.longestMinutes();
    boolean postCopy = hostCan && Boolean.TRUE.equals(options.postCopy());
    return pause == null && most == null && longest == null && !postCopy
        ? null
        : new MoveTerms(
            pause == null ? null : Duration.ofMillis(pause),
            postCopy,
            most == null ? null : ByteRate.ofMiB(most),
            longest == null ? null : Duration.ofMinutes(longest));
  }

  /** What the history holds of one VM, and whether its host knows post-copy. */
  private record Past(
      double cpuHigh,
      @Nullable Instant restsUntil,
      @Nullable HostId movingTo,
      List<PastMove> moves,
      boolean postCopy) {}

  /** What matters of a guest to the hosts of a pool, its own host aside. */
  private record Kind(String hypervisor, GuestCpu cpu) {}

  /** Tell which hosts refuse a guest, and why; there are far fewer kinds of guests than guests. */
  private final class Refusals {
    private final Map<HostId, Host> members = new LinkedHashMap<>();
    private final Map<Kind, Map<HostId, String>> known = new HashMap<>();

    /** Why hosts can take no guest at all. */
    private final Map<HostId, String> shut = new HashMap<>();

    Refusals(List<Host> hosts) {
      for (var host : hosts) {
        members.put(host.id(), host);
        if (!host.can(Capability.LIVE_MIGRATION)) {
          shut.put(host.id(), host.name() + " cannot take guests live.");
        } else if (!connections.usableByPeers(host.reachedAt())) {
          shut.put(host.id(), host.name() + " has no URI by which other hosts reach it.");
        }
      }
    }

    Map<HostId, String> of(Vm vm) {
      var hypervisor = Objects.requireNonNull(members.get(vm.hostId())).hypervisor();
      var refused = known.computeIfAbsent(new Kind(hypervisor, vm.cpu()), this::by);
      if (!refused.containsKey(vm.hostId())) {
        return refused;
      }
      var others = new HashMap<>(refused);
      others.remove(vm.hostId());
      return others;
    }

    private Map<HostId, String> by(Kind guest) {
      var refused = new HashMap<HostId, String>();
      for (var host : members.values()) {
        if (!host.hypervisor().equals(guest.hypervisor())) {
          refused.put(host.id(), host.name() + " runs another hypervisor.");
          continue;
        }
        var closed = shut.get(host.id());
        (closed == null ? cpuFits.refusal(host, guest.cpu()) : Optional.of(closed))
            .ifPresent(sentence -> refused.put(host.id(), sentence));
      }
      return Map.copyOf(refused);
    }
  }

  private static Load idle(Vm vm) {
    return new Load(0, vm.memory(), ByteRate.ZERO, ByteRate.ZERO);
  }

  private static Load mean(LoadHistory.VmWindow window) {
    return new Load(
        window.cpuCores(),
        new Memory(window.memoryBytes()),
        new ByteRate(window.network()),
        new ByteRate(window.disk()));
  }

  private Windows windows(PoolId pool, Duration length, Instant now, Duration oldest) {
    var known = windows.get(pool);
    if (known == null || !known.length().equals(length) || !known.at().plus(oldest).isAfter(now)) {
      var range = TimeRange.last(length, now);
      known =
          new Windows(now, length, loads.hostWindows(pool, range), loads.vmWindows(pool, range));
      windows.put(pool, known);
    }
    return known;
  }

  private Map<VmId, Double> peaks(PoolId pool, Instant now) {
    var known = peaks.get(pool);
    if (known == null || known.at().plus(PEAKS_KEPT).isBefore(now)) {
      known = new Peaks(now, loads.vmCpuHighs(pool, TimeRange.last(PEAKS_OVER, now), PEAK_MINUTES));
      peaks.put(pool, known);
    }
    return known.cores();
  }

  private static Load high(LoadHistory.VmWindow window, double dayHigh) {
    return new Load(
        Math.max(window.cpuCoresHigh(), dayHigh),
        new Memory(window.memoryBytes()),
        new ByteRate(window.networkHigh()),
        new ByteRate(window.diskHigh()));
  }
}
