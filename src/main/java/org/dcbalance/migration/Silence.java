package org.dcbalance.migration;

import java.util.NavigableSet;

/**
 * How long a guest gave no answer, in nanoseconds.
 *
 * @param longest the longest time between two answers; zero if none was longer than usual
 * @param inAll all together that were longer than usual and miss an answer; never less than the
 *     longest
 */
record Silence(long longest, long inAll) {
  /** Between attempts every period a shorter gap is a late answer, and no missing one. */
  private static final long MISSED = 2 * DowntimeProbe.PERIOD.toNanos();

  private static final Silence NONE = new Silence(0, 0);

  /**
   * Find it between answers, of which the later one lies in a span.
   *
   * @param answers when each came
   * @param usual a gap that counts for nothing, and whatever is shorter
   */
  static Silence between(NavigableSet<Long> answers, long from, long to, long usual) {
    long longest = 0;
    long missed = 0;
    Long last = answers.lower(from);
    for (long at : answers.subSet(from, true, to, true)) {
      if (last != null) {
        long gap = at - last;
        longest = Math.max(longest, gap);
        // late answers by the hundred would add up to a silence that nobody heard
        missed += gap > Math.max(usual, MISSED) ? gap : 0;
      }
      last = at;
    }
    return longest <= usual ? NONE : new Silence(longest, Math.max(longest, missed));
  }
}
