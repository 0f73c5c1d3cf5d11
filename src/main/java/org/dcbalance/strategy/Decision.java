package org.dcbalance.strategy;

import java.util.List;

/** Say what came of looking at a pool. */
public sealed interface Decision {

  /** Nothing to do: within the limits, or no move would gain enough. */
  record Balanced(Imbalance imbalance, List<PassedOver> passedOver) implements Decision {
    public Balanced {
      passedOver = List.copyOf(passedOver);
    }
  }

  /** Too little is known to decide: these hosts' windows are not filled well enough. */
  record NotEnoughData(List<ThinHost> thin) implements Decision {
    public NotEnoughData {
      thin = List.copyOf(thin);
    }
  }

  /** Out of bounds, but not for long enough to act on. */
  record Holding(Imbalance imbalance, int rounds, int needed) implements Decision {}

  /**
   * These moves, in this order, are worth making.
   *
   * @param situation how the pool was loaded, to recall the decision by
   */
  record Proposal(
      List<ProposedMove> moves,
      Imbalance before,
      Imbalance after,
      List<PassedOver> passedOver,
      Origin origin,
      Situation situation)
      implements Decision {
    public Proposal {
      moves = List.copyOf(moves);
      passedOver = List.copyOf(passedOver);
    }
  }

  /**
   * Name a host whose window is not filled well enough.
   *
   * @param coverage share of the window's expected samples that are there, 0 to 1
   */
  record ThinHost(HostLoad host, double coverage) {}
}
