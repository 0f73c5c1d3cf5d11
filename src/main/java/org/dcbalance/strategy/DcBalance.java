package org.dcbalance.strategy;

import static java.util.Comparator.comparing;

import java.util.List;
import org.dcbalance.strategy.Candidates.Look;

/**
 * Answer a situation from what was decided in one like it, or else take the move that gains most
 * for its price, again and again, until the cap is reached or no move gains enough. It looks one
 * move ahead; docs/strategy.md says what follows from that.
 */
public final class DcBalance implements Strategy {
  private final PlacementHistory history;
  private final int recallFrom;

  /** Decide without a past. */
  public DcBalance() {
    this(PlacementHistory.NONE);
  }

  /** Decide with the record of a pool's past. */
  public DcBalance(PlacementHistory history) {
    this(history, 1);
  }

  /**
   * Decide with the record of a pool's past.
   *
   * @param recallFrom hosts from which on situations are answered from it; with fewer, only what
   *     turned out badly is heeded, since a search costs next to nothing and finds at least as much
   */
  public DcBalance(PlacementHistory history, int recallFrom) {
    this.history = history;
    this.recallFrom = recallFrom;
  }

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
    var placement = new Placement(open, vms, pool.rules(), limits);
    var before = placement.imbalance();
    if (!before.outOfBounds(limits)) {
      return new Decision.Balanced(before, List.of());
    }
    int rounds = pool.roundsOutOfBounds() + 1;
    if (rounds < limits.holdRounds()) {
      return new Decision.Holding(before, rounds, limits.holdRounds());
    }
    // adding every VM up anew would take longer than an answer from the record
    var first = new Placement(placement);
    var situation = Situation.of(first, vms);
    var past = new Past(history.decisions(open.size()), situation);
    var warned = past.warned(vms);
    var candidates = new Candidates(pool, limits);
    var miss =
        first.wishes().unmet()
            ? new Origin.Miss.MoreIsAsked()
            : open.size() < recallFrom
                ? new Origin.Miss.SmallPool(open.size(), recallFrom)
                : past.miss();
    if (miss == null) {
      var recall = new Recall(warned, placement, candidates, limits);
      switch (recall.make(past.nearest(), past.distance())) {
        case Recall.Attempt.Held(var moves, var origin) -> {
          var explanation = new Explanation(warned, first, null, candidates, limits);
          return new Decision.Proposal(
              moves,
              before,
              placement.imbalance(),
              explanation.after(moves, placement),
              origin,
              situation);
        }
        case Recall.Attempt.Failed(var why) -> {
          miss = why;
          candidates.prices().chooseAnew();
          placement = new Placement(first);
        }
      }
    }
    var prospects = new Prospects(pool, limits);
    var explanation = new Explanation(warned, first, prospects, candidates, limits);
    var search = new Search(warned, pool.rules(), placement, prospects, candidates, limits);
    var moves = search.run();
    var passedOver = explanation.after(moves, search.placement());
    return moves.isEmpty()
        ? new Decision.Balanced(before, passedOver)
        : new Decision.Proposal(
            moves,
            before,
            search.placement().imbalance(),
            passedOver,
            new Origin.Search(miss),
            situation);
  }

  /** A price is at least 1, so that no move is worth more than it gains. */
  static boolean better(Look.Move one, Look.Move other) {
    return one.worth() > other.worth()
        || (one.worth() == other.worth() && one.vm().id().compareTo(other.vm().id()) < 0);
  }
}
