package org.dcbalance.strategy;

import static java.util.Comparator.comparing;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.dcbalance.strategy.Candidates.Look;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Take the move that gains most for its price, again and again, until the cap is reached or no move
 * gains enough. It looks one move ahead; docs/strategy.md says what follows from that.
 */
public final class DcBalance implements Strategy {
  @Override
  public String name() {
    return "DCbalance";
  }

  @Override
  public Decision decide(Pool pool, Limits limits) {
    var open =
        pool.hosts().stream()
            .filter(host -> host.closed() == null)
            .sorted(comparing(HostLoad::id))
            .toList();
    var thin =
        open.stream()
            .filter(host -> host.coverage() < limits.minimumCoverage())
            .map(host -> new Decision.ThinHost(host, host.coverage()))
            .toList();
    if (!thin.isEmpty()) {
      return new Decision.NotEnoughData(thin);
    }
    if (open.isEmpty()) {
      return new Decision.Balanced(Imbalance.NONE, List.of());
    }
    var vms = pool.vms().stream().sorted(comparing(VmLoad::id)).toList();
    var placement = new Placement(open, vms, limits);
    var before = placement.imbalance();
    if (!before.outOfBounds(limits)) {
      return new Decision.Balanced(before, List.of());
    }
    int rounds = pool.roundsOutOfBounds() + 1;
    if (rounds < limits.holdRounds()) {
      return new Decision.Holding(before, rounds, limits.holdRounds());
    }
    var candidates = new Candidates(pool, limits);
    var prospects = new Prospects(pool, limits);
    var explanation =
        new Explanation(vms, new Placement(open, vms, limits), prospects, candidates, limits);
    var moves = search(vms, placement, prospects, candidates, limits);
    var passedOver = explanation.after(moves, placement);
    return moves.isEmpty()
        ? new Decision.Balanced(before, passedOver)
        : new Decision.Proposal(moves, before, placement.imbalance(), passedOver);
  }

  private static List<ProposedMove> search(
      List<VmLoad> vms,
      Placement placement,
      Prospects prospects,
      Candidates candidates,
      Limits limits) {
    long underWay = vms.stream().filter(vm -> vm.movingTo() != null).count();
    var moves = new ArrayList<ProposedMove>();
    var moved = new HashSet<VmId>();
    while (moves.size() + underWay < limits.maxMoves()
        && placement.imbalance().outOfBounds(limits)) {
      var now = placement.imbalance();
      Look.@Nullable Move best = null;
      for (var vm : prospects.mostFirst(vms)) {
        if (best != null && prospects.most(vm) < best.worth()) {
          break;
        }
        if (!moved.contains(vm.id())
            && prospects.most(vm) >= candidates.needed(vm, placement, now.value())
            && candidates.look(vm, placement, now.value()) instanceof Look.Move move
            && (best == null || better(move, best))) {
          best = move;
        }
      }
      if (best == null) {
        break;
      }
      moves.add(Justification.of(best, placement, now, limits).take());
      moved.add(best.vm().id());
      prospects.move(best.vm(), best.target());
    }
    return moves;
  }

  /** A price is at least 1, so that no move is worth more than it gains. */
  private static boolean better(Look.Move one, Look.Move other) {
    return one.worth() > other.worth()
        || (one.worth() == other.worth() && one.vm().id().compareTo(other.vm().id()) < 0);
  }
}
