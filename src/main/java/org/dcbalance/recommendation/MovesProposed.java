package org.dcbalance.recommendation;

import java.util.List;
import org.dcbalance.units.PoolId;

/** Say that a round proposes moves that were not proposed before. Published in its transaction. */
public record MovesProposed(PoolId pool, List<Recommendation> moves) {
  public MovesProposed {
    moves = List.copyOf(moves);
  }
}
