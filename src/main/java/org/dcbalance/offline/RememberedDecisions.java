package org.dcbalance.offline;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.PastDecision;
import org.dcbalance.strategy.PlacementHistory;
import org.dcbalance.strategy.Pool;

/** Keep the record of past decisions of one replay, and write back how they turned out. */
final class RememberedDecisions implements PlacementHistory {
  /** Decisions looked at, as many as the console does. */
  private static final int MOST = 2000;

  private final List<PastDecision> newestFirst = new ArrayList<>();
  private long last;

  @Override
  public List<PastDecision> decisions(int openHosts) {
    var same = newestFirst.stream().filter(past -> past.situation().hosts() == openHosts);
    return same.limit(MOST).toList();
  }

  void add(Pool pool, Limits limits, Decision.Proposal proposal) {
    newestFirst.addFirst(PastDecision.of(pool, limits, proposal).numbered(++last));
  }

  /** Look back at the decisions of which a mark lies between the last look and now. */
  void lookBack(Pool now, Limits limits) {
    var oldest = now.at().minus(PastDecision.Mark.SIXTY.after());
    for (int i = 0; i < newestFirst.size() && !newestFirst.get(i).at().isBefore(oldest); i++) {
      for (var mark : PastDecision.Mark.values()) {
        var past = newestFirst.get(i);
        if (past.at().plus(mark.after()).equals(now.at())) {
          newestFirst.set(i, past.lookedBack(mark, now, limits));
        }
      }
    }
  }
}
