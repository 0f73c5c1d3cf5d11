package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/**
 * Empty hosts: find a place for each of their VMs, so that the others stay as balanced as they can.
 * What gains most for the pool goes first.
 *
 * @param moves in the order in which there is room for them
 * @param staying VMs that cannot leave, and why
 * @param after the pool once the moves are made, with the emptied hosts closed
 * @param effects what the moves do together to each host that takes VMs
 */
public record Evacuation(
    List<Move> moves, List<PassedOver> staying, Pool after, List<ProposedMove.Effect> effects) {
  public Evacuation {
    moves = List.copyOf(moves);
    staying = List.copyOf(staying);
    effects = List.copyOf(effects);
  }

  /**
   * Move one VM off its host.
   *
   * @param gain by how much the imbalance of the other hosts falls; negative where it rises
   */
  public record Move(VmLoad vm, HostId target, MigrationCost cost, double gain) {}

  /** Find a place for every VM of the hosts, making {@link Limits#maxMoves} moves at most. */
  public static Evacuation of(Pool pool, Limits limits, Set<HostId> emptied) {
    return of(pool, limits, emptied, Map.of());
  }

  /**
   * Find one, as far as possible, where its last move there did not fail and nothing else speaks
   * against it: a VM for which only such hosts have room is tried there all the same.
   *
   * @param doubtful hosts that may not take a VM
   */
  public static Evacuation of(
      Pool pool, Limits limits, Set<HostId> emptied, Map<VmId, Set<HostId>> doubtful) {
    var wary = new HashMap<VmId, VmLoad>();
    for (var vm : pool.vms()) {
      if (!emptied.contains(vm.host())) {
        continue;
      }
      var refused = new HashMap<>(vm.refused());
      for (var host : pool.hosts()) {
        if (doubtful.getOrDefault(vm.id(), Set.of()).contains(host.id())
            || vm.failedLately(host.id(), pool.at())) {
          refused.putIfAbsent(host.id(), "to be tried last");
        }
      }
      if (refused.size() > vm.refused().size()) {
        wary.put(vm.id(), vm.refusedBy(refused));
      }
    }
    var plan = plan(replaced(pool, wary), limits, emptied);
    boolean stranded = false;
    for (var staying : plan.staying()) {
      if (staying.reason() instanceof Reason.NoRoom) {
        stranded |= wary.remove(staying.vm()) != null;
      }
    }
    return stranded ? plan(replaced(pool, wary), limits, emptied) : plan;
  }

  private static Pool replaced(Pool pool, Map<VmId, VmLoad> others) {
    return others.isEmpty()
        ? pool
        : pool.with(
            pool.hosts(), pool.vms().stream().map(vm -> others.getOrDefault(vm.id(), vm)).toList());
  }

  private static Evacuation plan(Pool pool, Limits limits, Set<HostId> emptied) {
    var staying = new ArrayList<PassedOver>();
    var leaving = new HashSet<VmId>();
    for (var vm : pool.vms()) {
      if (!emptied.contains(vm.host())) {
        continue;
      }
      if (vm.movingTo() != null) {
        staying.add(new PassedOver(vm.id(), vm.name(), new Reason.AlreadyMoving()));
      } else if (!vm.ties().isEmpty()) {
        var reason = new Reason.Tied(String.join(" ", vm.ties()));
        staying.add(new PassedOver(vm.id(), vm.name(), reason));
      } else {
        leaving.add(vm.id());
      }
    }
    var problem = new PoolProblem(pool, limits, emptied, leaving);
    var stop =
        new Planner.Stop(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, limits.maxMoves());
    var plan = Planner.plan(problem.problem, stop);
    var model = PreCopyModel.learn(pool.history());
    var goals = new HashMap<VmId, HostId>();
    var moves = new ArrayList<Move>();
    for (var step : plan.steps()) {
      var vm = problem.vms.get(step.vm());
      var target = problem.hosts.get(step.target()).id();
      goals.put(vm.id(), target);
      leaving.remove(vm.id());
      moves.add(
          new Move(
              vm,
              target,
              model.expect(vm, target, limits.downtimeSlo()),
              step.gain() - PoolProblem.STRANDED));
    }
    for (var vm : pool.vms()) {
      if (leaving.contains(vm.id())) {
        var reason =
            moves.size() >= limits.maxMoves()
                ? new Reason.OverCap(limits.maxMoves())
                : new Reason.NoRoom(vm.allocated());
        staying.add(new PassedOver(vm.id(), vm.name(), reason));
      }
    }
    var after = after(pool, emptied, goals);
    return new Evacuation(
        moves, staying, after, effects(pool, after, limits, Set.copyOf(goals.values())));
  }

  private static Pool after(Pool pool, Set<HostId> emptied, Map<VmId, HostId> goals) {
    var moved = pool.moved(goals);
    return moved.with(
        moved.hosts().stream()
            .map(host -> emptied.contains(host.id()) ? host.closedFor("being emptied") : host)
            .toList(),
        moved.vms());
  }

  private static List<ProposedMove.Effect> effects(
      Pool pool, Pool after, Limits limits, Set<HostId> targets) {
    if (targets.isEmpty()) {
      return List.of();
    }
    var before = Placement.of(pool, limits);
    var then = Placement.of(after, limits);
    return pool.hosts().stream()
        .filter(host -> targets.contains(host.id()))
        .map(
            host -> {
              int was = before.index(host.id());
              int is = then.index(host.id());
              return new ProposedMove.Effect(
                  host.id(),
                  host.name(),
                  before.share(Resource.CPU, was),
                  then.share(Resource.CPU, is),
                  before.share(Resource.MEMORY, was),
                  then.share(Resource.MEMORY, is));
            })
        .toList();
  }
}
