package org.dcbalance.recommendation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.strategy.Evacuation;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.springframework.stereotype.Component;

/** Find a place for each VM of a host, from its pool as it is now. */
@Component
public class EvacuationPlans {
  private static final int ALL = 100_000;

  /** A host that refused a guest is tried last for so long: what was in the way may be gone. */
  private static final Duration DOUBTED = Duration.ofMinutes(5);

  private record Refusal(VmId vm, HostId host) {}

  /** No move came of these, so only this console knows of them; another one finds out itself. */
  private final Map<Refusal, Instant> refusals = new ConcurrentHashMap<>();

  private final Hosts hosts;
  private final Pools pools;
  private final PoolSnapshots snapshots;
  private final BalancingSettings settings;
  private final Clock clock;

  EvacuationPlans(
      Hosts hosts, Pools pools, PoolSnapshots snapshots, BalancingSettings settings, Clock clock) {
    this.hosts = hosts;
    this.pools = pools;
    this.snapshots = snapshots;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Plan to empty a host. Thin data are no reason to stay: who empties a host wants its guests off
   * it. Where a guest's last move failed, or was refused, it goes only if no other host has room.
   *
   * @throws Problem NOT_FOUND
   */
  public Evacuation plan(HostId id) {
    var host = hosts.require(id);
    var pool = pools.findById(host.poolId().value()).orElseThrow();
    var pace = pace(pool);
    var now = clock.instant();
    return Evacuation.of(
        snapshots.recent(pool, pace, now),
        pace.limits().withMaxMoves(ALL),
        Set.of(id),
        doubtful(pool, now));
  }

  /** Remember that a host just refused a guest that was to go there. */
  public void refused(VmId vm, HostId host) {
    refusals.put(new Refusal(vm, host), clock.instant());
  }

  private Map<VmId, Set<HostId>> doubtful(HostPool pool, Instant now) {
    refusals.values().removeIf(at -> at.plus(DOUBTED).isBefore(now));
    var doubtful = new HashMap<VmId, Set<HostId>>();
    snapshots.refusals(pool.id(), now).forEach((vm, by) -> add(doubtful, vm, by.keySet()));
    refusals.keySet().forEach(refusal -> add(doubtful, refusal.vm(), Set.of(refusal.host())));
    return doubtful;
  }

  private static void add(Map<VmId, Set<HostId>> to, VmId vm, Set<HostId> hosts) {
    to.computeIfAbsent(vm, _ -> new HashSet<>()).addAll(hosts);
  }

  private BalancingSettings.Pace pace(HostPool pool) {
    return settings.pace(pool).withAnyCoverage();
  }
}
