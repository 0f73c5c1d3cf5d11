package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dcbalance.strategy.PastDecision.Choice;
import org.dcbalance.strategy.PastDecision.Level;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Answer a situation from what was decided in one like it: make the moves of then with the hosts
 * and VMs that play their parts today, and keep them if they hold up. The work does not grow with
 * the pool but for one look at all hosts a move.
 */
final class Recall {
  /** Least share of what was gained then that has to be gained now. */
  private static final double HOLDS_UP = 0.95;

  /** Hosts and VMs looked at for each part. */
  private static final int NEAR = 8;

  private final Placement placement;
  private final Candidates candidates;
  private final Limits limits;
  private final long underWay;
  private final List<List<VmLoad>> byHost = new ArrayList<>();
  private final Set<VmId> moved = new HashSet<>();
  private final List<ProposedMove> moves = new ArrayList<>();
  private int literal;

  /**
   * Take over a placement that nothing else uses.
   *
   * @param vms those of the placement, in its order
   */
  Recall(List<VmLoad> vms, Placement placement, Candidates candidates, Limits limits) {
    this.placement = placement;
    this.candidates = candidates;
    this.limits = limits;
    underWay = vms.stream().filter(vm -> vm.movingTo() != null).count();
    for (int host = 0; host < placement.hostCount(); host++) {
      byHost.add(new ArrayList<>());
    }
    for (int v = 0; v < vms.size(); v++) {
      if (placement.homes[v] >= 0) {
        byHost.get(placement.homes[v]).add(vms.get(v));
      }
    }
  }

  /** What became of an attempt: the moves, or why there are none. */
  sealed interface Attempt {
    /** The moves hold up. */
    record Held(List<ProposedMove> moves, Origin.History origin) implements Attempt {}

    /** They do not. */
    record Failed(Origin.Miss miss) implements Attempt {}
  }

  /** Make the moves of a decision again. */
  Attempt make(PastDecision past, double distance) {
    var choices = past.choices();
    double gained = 0;
    double remembered = 0;
    for (int i = 0; roomForMore() && placement.imbalance().outOfBounds(limits); i++) {
      // where more may be done than then, the parts are played again
      var choice = choices.get(i % choices.size());
      var now = placement.imbalance();
      var move = best(choice, now);
      if (move == null) {
        break;
      }
      var made = Justification.of(move, placement, now, limits).take();
      remembered += choice.gain();
      gained += made.gain();
      moves.add(made);
      moved.add(move.vm().id());
      candidates.prices().choose(move.cost());
      literal +=
          move.vm().id().equals(choice.vm())
                  && placement.host(move.target()).id().equals(choice.target())
              ? 1
              : 0;
    }
    boolean enough =
        !placement.imbalance().outOfBounds(limits)
            || !roomForMore()
            || moves.size() >= choices.size();
    return !moves.isEmpty() && enough && gained >= HOLDS_UP * remembered
        ? new Attempt.Held(
            moves, new Origin.History(past.id(), past.at(), distance, literal, gained, remembered))
        : new Attempt.Failed(
            new Origin.Miss.DoesNotHold(past.id(), gained, Math.max(remembered, past.gain())));
  }

  private boolean roomForMore() {
    return moves.size() + underWay < limits.maxMoves();
  }

  /** Find who plays the part of a move best today. */
  private Candidates.Look.@Nullable Move best(Choice choice, Imbalance now) {
    var targets = targets(choice);
    Candidates.Look.@Nullable Move best = null;
    for (int source : sources(choice)) {
      for (var vm : byHost.get(source)) {
        if (moved.contains(vm.id())) {
          continue;
        }
        var move = candidates.among(targets, vm, placement, now.value());
        if (move != null && (best == null || DcBalance.better(move, best))) {
          best = move;
        }
      }
    }
    return best != null
            && candidates.look(best.vm(), placement, now.value())
                instanceof Candidates.Look.Move all
        ? all
        : null;
  }

  /** The hosts under most pressure, and the source of then. */
  private List<Integer> sources(Choice choice) {
    return with(Situation.hottest(placement, NEAR), choice.source());
  }

  /** The hosts that are loaded most like the target of then, and that target itself. */
  private List<Integer> targets(Choice choice) {
    return with(
        Least.of(placement.hostCount(), NEAR, host -> level(host).distance(choice.goal())),
        choice.target());
  }

  private List<Integer> with(List<Integer> hosts, HostId other) {
    int index = placement.index(other);
    if (index >= 0 && !hosts.contains(index)) {
      hosts.add(index);
    }
    return hosts;
  }

  private Level level(int host) {
    return new Level(placement.share(Resource.CPU, host), placement.share(Resource.MEMORY, host));
  }
}
