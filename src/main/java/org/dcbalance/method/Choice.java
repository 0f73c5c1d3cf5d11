package org.dcbalance.method;

import java.util.List;

/** Say how to move a VM now, or why not to. */
public sealed interface Choice {
  /** What was considered, in the order of preference, up to what was chosen. */
  List<Considered> considered();

  /** One method and what was found about it. */
  record Considered(Method method, Verdict verdict) {}

  /**
   * Move it like this.
   *
   * @param measured whether the expectation rests on measurements alone
   */
  record Move(
      Method method,
      Levers levers,
      Expectation expected,
      boolean measured,
      List<Considered> considered)
      implements Choice {
    public Move {
      considered = List.copyOf(considered);
    }
  }

  /** No method that is allowed does it: move it at another time, or allow more. */
  record Wait(List<Considered> considered) implements Choice {
    public Wait {
      considered = List.copyOf(considered);
    }
  }
}
