package org.dcbalance.recommendation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.replay.Recording;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.telemetry.RecordedLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Problem;
import org.dcbalance.units.TimeRange;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Make a recording of what a pool's hosts and VMs did, with its rules and its VMs' ties as they are
 * now.
 */
@Component
class RecordedPools {
  /** Steps of a recording, so that a day has steps of five minutes. */
  private static final int MOST_STEPS = 400;

  private static final List<Duration> STEPS =
      List.of(
          Duration.ofMinutes(1),
          Duration.ofMinutes(2),
          Duration.ofMinutes(5),
          Duration.ofMinutes(10),
          Duration.ofMinutes(15),
          Duration.ofMinutes(30),
          Duration.ofHours(1));

  /** Minutes of VMs that are read at once. */
  private static final long MOST_MINUTES = 4_000_000;

  /** Fewer steps than these tell nothing. */
  private static final int LEAST_STEPS = 5;

  private final PoolSnapshots snapshots;
  private final RecordedLoad loads;
  private final Hosts hosts;

  RecordedPools(PoolSnapshots snapshots, RecordedLoad loads, Hosts hosts) {
    this.snapshots = snapshots;
    this.loads = loads;
    this.hosts = hosts;
  }

  /**
   * Hold what was read.
   *
   * @param leftOut VMs that are there now and of which nothing is recorded
   * @param large whether only the newest part of the range was read
   */
  record Read(Recording recording, int leftOut, boolean large) {}

  /**
   * Read a range.
   *
   * @throws Problem REFUSED if too little is recorded
   */
  Read read(HostPool pool, BalancingSettings.Pace pace, TimeRange range, Instant now) {
    var needed = needed(pace);
    var extent = loads.extent(pool.id(), range).orElse(null);
    if (extent == null || Duration.ofMinutes(extent.minutes()).compareTo(needed) < 0) {
      throw tooLittle(pool, extent == null ? 0 : extent.minutes(), needed);
    }
    var snapshot = snapshots.recent(pool, pace.withAnyCoverage(), now);
    var longest = Duration.ofMinutes(MOST_MINUTES / Math.max(1, snapshot.vms().size()));
    var recorded = new TimeRange(extent.first(), extent.last());
    boolean large = recorded.length().compareTo(longest) > 0;
    var played = large ? new TimeRange(extent.last().minus(longest), extent.last()) : recorded;
    var read = loads.read(pool.id(), played, step(played.length()));
    // a host that was never reached has no size, and carries nothing
    var members =
        hosts.findByPoolIdOrderByName(pool.id().value()).stream()
            .filter(host -> host.cores() > 0 && host.memory().bytes() > 0)
            .toList();
    var known = members.stream().map(Host::id).collect(Collectors.toSet());
    var vms = new ArrayList<Recording.RecordedVm>();
    for (var vm : snapshot.vms()) {
      var steps = read.vms().get(vm.id());
      if (steps != null && known.contains(vm.host())) {
        vms.add(
            new Recording.RecordedVm(
                asItWas(vm, read.places().get(vm.id()), known),
                steps.cores(),
                inMiB(steps.memory()),
                steps.network(),
                steps.disk()));
      }
    }
    if (vms.isEmpty()) {
      throw tooLittle(pool, 0, needed);
    }
    return new Read(
        new Recording(
            pool.name(),
            read.steps(),
            read.step(),
            members.stream().map(host -> host(host, read.hosts().get(host.id()))).toList(),
            vms,
            snapshot.rules(),
            snapshot.history(),
            link(snapshot.history())),
        snapshot.vms().size() - vms.size(),
        large);
  }

  /** Twice what has to pass before a first proposal. */
  private static Duration needed(BalancingSettings.Pace pace) {
    var first = pace.window().plus(pace.every().multipliedBy(pace.limits().holdRounds()));
    var least = STEPS.getFirst().multipliedBy(LEAST_STEPS);
    return first.multipliedBy(2).compareTo(least) < 0 ? least : first.multipliedBy(2);
  }

  private static Problem tooLittle(HostPool pool, long minutes, Duration needed) {
    return new Problem(
        ErrorCode.REFUSED,
        "Too little is recorded of %s in this time: %d min, and %d min are needed."
            .formatted(pool.name(), minutes, needed.plusSeconds(59).toMinutes()),
        "Maybe try again later, or choose a longer time.");
  }

  private static Duration step(Duration length) {
    return STEPS.stream()
        .filter(step -> length.dividedBy(step) <= MOST_STEPS)
        .findFirst()
        .orElse(STEPS.getLast());
  }

  /** A host that does not answer now did so while its load was recorded. */
  private static Recording.RecordedHost host(Host host, RecordedLoad.@Nullable Own own) {
    double cpu = own == null ? 0 : own.cpuCores();
    return new Recording.RecordedHost(
        new HostLoad(
            host.id(),
            host.name(),
            host.cores(),
            host.memory(),
            new Load(
                cpu, new Memory(own == null ? 0 : own.memoryBytes()), ByteRate.ZERO, ByteRate.ZERO),
            1,
            host.maintenance()
                ? host.name() + " is in maintenance."
                : own == null ? host.name() + " has no recorded load." : null),
        cpu);
  }

  /** Where it was then counts. */
  private static VmLoad asItWas(VmLoad vm, @Nullable HostId then, Set<HostId> known) {
    return then != null && known.contains(then) ? vm.on(then) : vm;
  }

  private static double[] inMiB(double[] bytes) {
    var mib = new double[bytes.length];
    for (int i = 0; i < mib.length; i++) {
      mib[i] = bytes[i] / Memory.ofMiB(1).bytes();
    }
    return mib;
  }

  /** Give the rate of the pool's past moves, or that of a link of 1 Gbit/s before there are any. */
  private static double link(List<PastMove> history) {
    double mib = 0;
    double seconds = 0;
    for (var move : history) {
      var total = move.total();
      var transferred = move.transferred();
      if (move.succeeded() && total != null && total.toMillis() > 0 && transferred != null) {
        mib += transferred.bytes() / (double) Memory.ofMiB(1).bytes();
        seconds += total.toMillis() / 1e3;
      }
    }
    return mib > 0 && seconds > 0 ? mib / seconds : Recording.GIGABIT_MIB;
  }
}
