package org.dcbalance.strategy;

import static java.util.Comparator.comparing;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Do what strategies have in common that act on overloaded hosts alone: one move after another,
 * until no host is overloaded, nothing can be moved, or the cap is reached.
 */
abstract sealed class ThresholdStrategy implements Strategy permits DynamicLoadBalancing, Osvd {
  @Override
  public final Decision decide(Pool pool, Limits limits) {
    var open =
        pool.hosts().stream()
            .filter(host -> host.closed() == null)
            .sorted(comparing(HostLoad::id))
            .toList();
    if (open.isEmpty()) {
      return new Decision.Balanced(Imbalance.NONE, List.of());
    }
    var thin =
        open.stream()
            .filter(host -> host.coverage() < limits.minimumCoverage())
            .map(host -> new Decision.ThinHost(host, host.coverage()))
            .toList();
    if (!thin.isEmpty()) {
      return new Decision.NotEnoughData(thin);
    }
    var vms = pool.vms().stream().sorted(comparing(VmLoad::id)).toList();
    var turn = new Turn(pool, vms, new Placement(open, vms, pool.rules(), limits), limits);
    var before = turn.placement.imbalance();
    if (turn.calm()) {
      return new Decision.Balanced(before, List.of());
    }
    int rounds = pool.roundsOutOfBounds() + 1;
    if (rounds < hold(limits)) {
      return new Decision.Holding(before, rounds, hold(limits));
    }
    var situation = Situation.of(turn.placement, vms);
    long underWay = vms.stream().filter(vm -> vm.movingTo() != null).count();
    long copied = 0;
    var moves = new ArrayList<ProposedMove>();
    while (moves.size() + underWay < limits.maxMoves()) {
      var next = next(turn);
      if (next == null) {
        break;
      }
      turn.moved.add(next.vm().id());
      copied += next.cost().transferred().bytes();
      if (copied > limits.maxTransfer().bytes()) {
        break;
      }
      var now = turn.placement.imbalance();
      moves.add(Justification.of(next, turn.placement, now, limits).take());
    }
    return moves.isEmpty()
        ? new Decision.Balanced(before, List.of())
        : new Decision.Proposal(
            moves, before, turn.placement.imbalance(), List.of(), Origin.SEARCH, situation);
  }

  /** Give the rounds for which a host has to be overloaded before anything is done about it. */
  abstract int hold(Limits limits);

  /** Choose the next move; null if there is none to make. */
  abstract Candidates.Look.@Nullable Move next(Turn turn);

  /** Hold how things stand while one decision is made. */
  static final class Turn {
    final Placement placement;
    final Limits limits;
    private final Pool pool;
    private final List<VmLoad> vms;
    private final PreCopyModel model;
    private final Set<VmId> moved = new HashSet<>();

    Turn(Pool pool, List<VmLoad> vms, Placement placement, Limits limits) {
      this.pool = pool;
      this.vms = vms;
      this.placement = placement;
      this.limits = limits;
      model = PreCopyModel.learn(pool.history());
    }

    private boolean calm() {
      for (int host = 0; host < placement.hostCount(); host++) {
        if (placement.overloaded(host)) {
          return false;
        }
      }
      return true;
    }

    /** Give the VMs of a host that may move, and have not yet. */
    List<VmLoad> movable(int host) {
      return vms.stream()
          .filter(vm -> placement.index(vm.host()) == host && !moved.contains(vm.id()))
          .filter(vm -> vm.movingTo() == null && vm.ties().isEmpty())
          .filter(vm -> vm.restsUntil() == null || !vm.restsUntil().isAfter(pool.at()))
          .toList();
    }

    /** Tell whether a host can take the VM and stays below the thresholds, by the means alone. */
    boolean takes(VmLoad vm, int host) {
      return !vm.refused().containsKey(placement.host(host).id())
          && placement.wishes().refusing(vm, placement.index(vm.host()), host) == null
          && placement.hasRoom(vm, host)
          && stays(Resource.CPU, vm, host)
          && stays(Resource.MEMORY, vm, host);
    }

    private boolean stays(Resource resource, VmLoad vm, int host) {
      return placement.share(resource, host) + placement.caused(resource, vm, host)
          <= resource.threshold(limits);
    }

    Candidates.Look.Move move(VmLoad vm, int source, int target) {
      double gain = placement.imbalance().value() - placement.scoreAfter(vm, source, target);
      var cost = model.expect(vm, placement.host(target).id(), limits.downtimeSlo());
      return new Candidates.Look.Move(vm, source, target, gain, cost, 1);
    }
  }
}
