package org.dcbalance.offline;

import java.time.Duration;
import java.util.List;
import org.dcbalance.strategy.Imbalance.Term;
import org.dcbalance.strategy.MigrationCost;
import org.jspecify.annotations.Nullable;

/**
 * Say what was decided, in the names of the file that was read.
 *
 * @param summary one sentence
 * @param before terms of the score as it is
 * @param after terms of the score once the moves are made
 * @param searched how long the search itself took, without reading the file and telling costs
 */
record Outcome(
    String strategy,
    String score,
    int hosts,
    int vms,
    String summary,
    List<Term> before,
    List<Term> after,
    List<Move> moves,
    List<Stay> passedOver,
    Duration searched) {
  Outcome {
    before = List.copyOf(before);
    after = List.copyOf(after);
    moves = List.copyOf(moves);
    passedOver = List.copyOf(passedOver);
  }

  /**
   * Name one move.
   *
   * @param gain by how much it lowers the score at its turn
   */
  record Move(
      String vm,
      String source,
      String target,
      double gain,
      double memoryMiB,
      String reason,
      @Nullable MigrationCost cost) {}

  /** Name a VM that stays, and why. */
  record Stay(String vm, String reason) {}

  static double value(List<Term> terms) {
    double value = 0;
    for (var term : terms) {
      value += term.contribution();
    }
    return value;
  }

  double memoryMiB() {
    double memory = 0;
    for (var move : moves) {
      memory += move.memoryMiB();
    }
    return memory;
  }
}
