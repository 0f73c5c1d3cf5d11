package org.dcbalance.pages;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.VmAttachments;
import org.dcbalance.inventory.Vms;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.recommendation.Round;
import org.dcbalance.recommendation.Rounds;
import org.dcbalance.strategy.Limits;
import org.dcbalance.telemetry.TelemetrySettings;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Put together what is known of pools. */
@Component
class PoolDetails {
  private static final String FELL_BACK = "automation-fell-back";
  private static final String SET = "pool-automation";

  private final Pools pools;
  private final Hosts hosts;
  private final Vms vms;
  private final PlacementRules rules;
  private final Rounds rounds;
  private final FleetEvents events;
  private final BalancingSettings settings;
  private final TelemetrySettings telemetry;

  PoolDetails(
      Pools pools,
      Hosts hosts,
      Vms vms,
      PlacementRules rules,
      Rounds rounds,
      FleetEvents events,
      BalancingSettings settings,
      TelemetrySettings telemetry) {
    this.pools = pools;
    this.hosts = hosts;
    this.vms = vms;
    this.rules = rules;
    this.rounds = rounds;
    this.events = events;
    this.settings = settings;
    this.telemetry = telemetry;
  }

  List<PoolLine> lines() {
    return pools.findAllByOrderByName().stream().map(this::line).toList();
  }

  PoolLine line(HostPool pool) {
    var ids = hostIds(pool);
    return new PoolLine(
        pool.id(),
        pool.name(),
        pool.simulated(),
        pool.name().equals("default"),
        ids.size(),
        ids.isEmpty() ? 0 : vms.countByHostIdInAndGoneSinceIsNull(ids),
        rounds.newest(pool.id()).map(Round::imbalance).orElse(null),
        settings.pace(pool).limits().imbalanceThreshold(),
        pool.automation(),
        pool.paused());
  }

  PoolDetail of(HostPool pool) {
    var pace = settings.pace(pool);
    var limits = pace.limits();
    var guests = guests(pool);
    return new PoolDetail(
        pool.automaticFrom(),
        pool.strategy(),
        pool.cpuThreshold(),
        pool.quietHours(),
        telemetry.period(),
        pace.window(),
        pace.every(),
        limits.holdRounds(),
        limits.cpuThreshold(),
        limits.memoryThreshold(),
        limits.minimumGain(),
        pace.coolDown(),
        limits.maxMoves(),
        limits.downtimeSlo(),
        pool.moveOptions(),
        MoveOptions.DEFAULTS,
        pool.room(),
        limits.maxTransfer().equals(Limits.ANY_TRANSFER) ? null : limits.maxTransfer(),
        rules.of(pool.id()),
        fellBack(pool),
        pool.sharedStorages(),
        seenPaths(pool, guests),
        networks(pool, guests),
        pool.version());
  }

  private List<VmAttachments> guests(HostPool pool) {
    var ids = hostIds(pool);
    return ids.isEmpty() ? List.of() : vms.attachments(ids);
  }

  private List<Long> hostIds(HostPool pool) {
    return hosts.findByPoolIdOrderByName(pool.id().value()).stream()
        .map(host -> host.id().value())
        .toList();
  }

  /** The newest of the two kinds of events tells whether the fall-back still stands. */
  private @Nullable String fellBack(HostPool pool) {
    return events
        .newest(pool.id(), List.of(FELL_BACK, SET))
        .filter(e -> e.kind().equals(FELL_BACK))
        .map(FleetEvents.FleetEvent::sentence)
        .orElse(null);
  }

  private static List<PoolDetail.SeenPath> seenPaths(HostPool pool, List<VmAttachments> guests) {
    return new TreeMap<>(
            guests.stream()
                .flatMap(vm -> unsharedFolders(pool, vm).distinct())
                .collect(groupingBy(folder -> folder, counting())))
        .entrySet().stream().map(e -> new PoolDetail.SeenPath(e.getKey(), e.getValue())).toList();
  }

  private static Stream<String> unsharedFolders(HostPool pool, VmAttachments vm) {
    return vm.disks().stream()
        .flatMap(disk -> disk.images().stream())
        .filter(image -> image.startsWith("/") && image.lastIndexOf('/') > 0)
        .filter(image -> !pool.shares(image))
        .map(image -> image.substring(0, image.lastIndexOf('/')));
  }

  private static List<PoolDetail.NetworkLine> networks(HostPool pool, List<VmAttachments> guests) {
    var used =
        guests.stream()
            .flatMap(vm -> vm.networks().stream().distinct())
            .collect(groupingBy(name -> name, counting()));
    var names = new TreeSet<>(used.keySet());
    names.addAll(pool.networks());
    return names.stream()
        .map(
            name ->
                new PoolDetail.NetworkLine(
                    name, used.getOrDefault(name, 0L), pool.networks().contains(name)))
        .toList();
  }
}
