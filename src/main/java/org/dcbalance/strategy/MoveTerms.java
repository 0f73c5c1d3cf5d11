package org.dcbalance.strategy;

import java.time.Duration;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;

/**
 * Say what operators allow for the moves of a VM.
 *
 * @param longestPause null for what the limits have
 * @param postCopy whether a copy that does not end may end in post-copy
 * @param bandwidth most that a copy may send; null for no such limit
 * @param longest most that a move may take; null for no such limit
 */
public record MoveTerms(
    @Nullable Duration longestPause,
    boolean postCopy,
    @Nullable ByteRate bandwidth,
    @Nullable Duration longest) {
  static final MoveTerms USUAL = new MoveTerms(null, false, null, null);
}
