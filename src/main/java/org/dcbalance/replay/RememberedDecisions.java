package org.dcbalance.replay;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.PastDecision;
import org.dcbalance.strategy.PlacementHistory;
import org.dcbalance.strategy.Pool;

/** Keep the record of past decisions of one replay, and write back how they turned out. */
public final class RememberedDecisions implements PlacementHistory {
  /** Decisions looked at, as many as the console does. */
  private static final int MOST = 2000;

  private final List<PastDecision> newestFirst = new ArrayList<>();
  private Instant lastLook = Instant.MIN;
  private long last;

  @Override
  public List<PastDecision> decisions(int openHosts) {
    var same = newestFirst.stream().filter(past -> past.situation().hosts() == openHosts);
    return same.limit(MOST).toList();
  }

  void add(Instant at, Decision.Proposal proposal) {
    newestFirst.addFirst(PastDecision.of(at, proposal).numbered(++last));
  }

  /** Look back at the decisions of which a mark lies between the last look and now. */
  void lookBack(Pool now, Limits limits) {
    for (int i = 0; i < newestFirst.size(); i++) {
      var past = newestFirst.get(i);
      if (past.at().plus(PastDecision.Mark.SIXTY.after()).compareTo(lastLook) <= 0) {
        break;
      }
      for (var mark : PastDecision.Mark.values()) {
        var due = past.at().plus(mark.after());
        if (due.isAfter(lastLook) && !due.isAfter(now.at())) {
          past = past.lookedBack(mark, now, limits);
        }
      }
      newestFirst.set(i, past);
    }
    lastLook = now.at();
  }
}
