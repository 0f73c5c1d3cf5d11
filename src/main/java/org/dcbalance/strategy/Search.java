package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dcbalance.strategy.Candidates.Look;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Take what gains most for its price, again and again: a move, or moves of VMs that go as one. */
final class Search {
  /** Choices that are dropped for the loss of a host, in one search. */
  private static final int MOST_DROPPED = 50;

  private final List<VmLoad> vms;
  private final Prospects prospects;
  private final Candidates candidates;
  private final Together together;
  private final Limits limits;
  private final List<ProposedMove> moves = new ArrayList<>();
  private final Set<VmId> moved = new HashSet<>();
  private final long underWay;
  private Placement placement;
  private int dropped;

  /** Take over a placement that nothing else uses. */
  Search(
      List<VmLoad> vms,
      List<Rule> rules,
      Placement placement,
      Prospects prospects,
      Candidates candidates,
      Limits limits) {
    this.vms = vms;
    this.placement = placement;
    this.prospects = prospects;
    this.candidates = candidates;
    this.limits = limits;
    together = new Together(rules, vms, candidates);
    underWay = vms.stream().filter(vm -> vm.movingTo() != null).count();
  }

  /** Give the placement once the moves that were found are made. */
  Placement placement() {
    return placement;
  }

  /** Go on until the pool is within bounds, no move gains enough, or no more may be made. */
  List<ProposedMove> run() {
    while (left() > 0 && placement.imbalance().outOfBounds(limits) && dropped < MOST_DROPPED) {
      var now = placement.imbalance();
      prospects.missRoom(placement.wishes().roomMissing());
      var best = best(now);
      var group = together.best(placement, now.value(), left(), moved);
      if (best == null && group == null) {
        break;
      }
      if (group == null || (best != null && best.worth() >= group.worth())) {
        take(List.of(best), null, now);
      } else {
        take(group.moves(), group, now);
      }
    }
    return moves;
  }

  private int left() {
    return (int) Math.max(0, limits.maxMoves() - moves.size() - underWay);
  }

  private Look.@Nullable Move best(Imbalance now) {
    Look.@Nullable Move best = null;
    for (var vm : prospects.mostFirst(vms)) {
      if (best != null && prospects.most(vm) < best.worth()) {
        break;
      }
      if (!moved.contains(vm.id())
          && prospects.most(vm) >= candidates.needed(vm, placement, now.value())
          && candidates.look(vm, placement, now.value()) instanceof Look.Move move
          && (best == null || DcBalance.better(move, best))) {
        best = move;
      }
    }
    return best;
  }

  private void take(List<Look.Move> chosen, Together.@Nullable Moves group, Imbalance now) {
    var before = limits.room().hostLoss() ? new Placement(placement) : null;
    var proposed =
        group == null
            ? List.of(Justification.of(chosen.getFirst(), placement, now, limits).take())
            : Justification.take(group, placement, now, limits);
    if (before != null && placement.wishes().homeless() > before.wishes().homeless()) {
      placement = before;
      dropped++;
      chosen.forEach(move -> candidates.bar(move.vm().id(), placement.host(move.target()).id()));
      return;
    }
    moves.addAll(proposed);
    for (var move : chosen) {
      moved.add(move.vm().id());
      candidates.prices().choose(move.cost());
      prospects.move(move.vm(), move.target());
    }
  }
}
