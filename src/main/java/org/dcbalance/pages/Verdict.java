package org.dcbalance.pages;

import org.jspecify.annotations.Nullable;

/** What is wrong, in one sentence, and the figures behind it. */
record Verdict(State state, String sentence, @Nullable String detail) {
  /** How things stand, the worst first; a pause last, since a banner on every page tells of it. */
  enum State {
    STALE,
    OUT_OF_BALANCE,
    HOLDING,
    MOVING,
    COLLECTING,
    BALANCED,
    PAUSED,
    EMPTY
  }
}
