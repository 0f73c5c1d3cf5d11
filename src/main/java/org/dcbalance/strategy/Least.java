package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/** Pick the hosts that are nearest to something, without putting all of them in order. */
final class Least {
  private Least() {}

  /**
   * Give the indexes, at most so many, whose values are least; the least first, of equal ones the
   * one with the lower index.
   *
   * @param count how many there are to choose from
   */
  static List<Integer> of(int count, int most, IntToDoubleFunction value) {
    var values = new double[most];
    var indexes = new int[most];
    int kept = 0;
    for (int index = 0; index < count; index++) {
      double now = value.applyAsDouble(index);
      if (kept == most && now >= values[most - 1]) {
        continue;
      }
      int at = kept < most ? kept++ : most - 1;
      for (; at > 0 && values[at - 1] > now; at--) {
        values[at] = values[at - 1];
        indexes[at] = indexes[at - 1];
      }
      values[at] = now;
      indexes[at] = index;
    }
    return new ArrayList<>(Arrays.stream(indexes, 0, kept).boxed().toList());
  }
}
