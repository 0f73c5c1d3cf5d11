package org.dcbalance.pages;

import static java.util.stream.Collectors.toMap;

import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.dcbalance.console.Format;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vms;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.reporting.MoveFigures;
import org.dcbalance.telemetry.NewestLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Put hosts into lines, the hottest first. */
@Component
class HostLines {
  private static final Comparator<HostLine> HOTTEST_FIRST =
      Comparator.comparing(HostLine::cpu, Comparator.nullsLast(Comparator.reverseOrder()))
          .thenComparing(HostLine::name);

  private final Hosts hosts;
  private final Pools pools;
  private final Vms vms;
  private final NewestLoad loads;
  private final MoveFigures moves;
  private final BalancingSettings settings;
  private final Format format;
  private final Clock clock;

  HostLines(
      Hosts hosts,
      Pools pools,
      Vms vms,
      NewestLoad loads,
      MoveFigures moves,
      BalancingSettings settings,
      Format format,
      Clock clock) {
    this.hosts = hosts;
    this.pools = pools;
    this.vms = vms;
    this.loads = loads;
    this.moves = moves;
    this.settings = settings;
    this.format = format;
    this.clock = clock;
  }

  /** List the hosts of a pool, of all pools with null. */
  List<HostLine> of(@Nullable PoolId pool) {
    return lines(host -> pool == null || host.poolId().equals(pool));
  }

  HostLine line(Host host) {
    return lines(other -> other.id().equals(host.id())).getFirst();
  }

  private List<HostLine> lines(Predicate<Host> wanted) {
    var known =
        new Known(
            pools.findAllByOrderByName().stream().collect(toMap(HostPool::id, p -> p)),
            loads.hosts(),
            vms.countGuests().stream()
                .collect(toMap(each -> new HostId(each.hostId()), Vms.Guests::count)),
            moves.perHost(clock.instant().minus(Duration.ofDays(1))));
    return hosts.findAllByOrderByName().stream()
        .filter(wanted)
        .map(host -> line(host, known))
        .sorted(HOTTEST_FIRST)
        .toList();
  }

  private record Known(
      Map<PoolId, HostPool> pools,
      Map<HostId, NewestLoad.HostNow> loads,
      Map<HostId, Long> vms,
      Map<HostId, MoveFigures.InOut> moves) {}

  private HostLine line(Host host, Known known) {
    var pool = known.pools().get(host.poolId());
    var now = known.loads().get(host.id());
    var moved = known.moves().getOrDefault(host.id(), MoveFigures.InOut.NONE);
    long memory = host.memory().bytes();
    var limits = (pool == null ? settings.pace(false) : settings.pace(pool)).limits();
    return new HostLine(
        host.id(),
        host.name(),
        state(host),
        stateReason(host),
        host.poolId(),
        pool == null ? "" : pool.name(),
        (host.hypervisor() + " " + host.hypervisorVersion()).strip(),
        host.cores(),
        memory == 0 ? null : host.memory(),
        now == null ? null : now.cpu(),
        now == null || memory == 0 ? null : (double) now.memoryUsedBytes() / memory,
        limits.cpuThreshold(),
        limits.memoryThreshold(),
        now == null ? null : new ByteRate(now.network()),
        now == null ? null : new ByteRate(now.disk()),
        known.vms().getOrDefault(host.id(), 0L),
        moved.in(),
        moved.out(),
        now == null ? host.lastSeen() : now.newest(),
        pool != null && pool.simulated());
  }

  static String state(Host host) {
    return switch (host.state()) {
      case NEW -> "CONNECTING";
      case UP -> host.maintenance() ? "MAINTENANCE" : "CONNECTED";
      case DOWN -> "UNREACHABLE";
      case UNSUPPORTED -> "UNSUPPORTED";
    };
  }

  private @Nullable String stateReason(Host host) {
    return switch (host.state()) {
      case UP, NEW -> host.stateDetail().isEmpty() ? null : host.stateDetail();
      case DOWN, UNSUPPORTED ->
          "since %s: %s%s"
              .formatted(
                  format.moment(host.stateSince()),
                  host.stateDetail(),
                  host.maintenance() ? " It is in maintenance." : "");
    };
  }
}
