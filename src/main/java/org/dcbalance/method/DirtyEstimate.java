package org.dcbalance.method;

import java.time.Duration;
import java.util.List;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Estimate how fast a VM changes its memory. QEMU looks at 512 pages per GiB at the begin and the
 * end of a window and counts those that differ, so that one measurement of a small VM is off by a
 * third now and then: the last few that agree are taken together.
 *
 * @param rate the mean
 * @param atMost what it is not above, but for one case in forty
 */
public record DirtyEstimate(ByteRate rate, ByteRate atMost) {
  /** How many measurements are taken together at most. */
  public static final int MOST = 4;

  private static final double PAGES_PER_GIB = 512;

  /** A window in which so much of the working set changed does not tell how often it did. */
  private static final double NEARLY_ALL = 0.9;

  /** How often it may have changed then. */
  private static final double TIMES = 10;

  /** By how many standard deviations two measurements differ that are not of the same load. */
  private static final double CHANGED = 3;

  /**
   * Estimate from what was measured.
   *
   * @param newestFirst measurements over one window each
   * @return null without any
   */
  public static @Nullable DirtyEstimate of(List<ByteRate> newestFirst, Duration window) {
    if (newestFirst.isEmpty()) {
      return null;
    }
    // changed pages among those looked at
    double perPage = (1L << 30) / PAGES_PER_GIB / Math.max(1e-3, window.toMillis() / 1000.0);
    double sum = newestFirst.getFirst().bytesPerSecond() / perPage;
    int taken = 1;
    for (var earlier : newestFirst.subList(1, Math.min(MOST, newestFirst.size()))) {
      double pages = earlier.bytesPerSecond() / perPage;
      double mean = sum / taken;
      if (Math.abs(pages - mean) > CHANGED * Math.sqrt(Math.max(1, Math.min(pages, mean)))) {
        break;
      }
      sum += pages;
      taken++;
    }
    double most = sum + 2 * Math.sqrt(sum) + 1;
    return new DirtyEstimate(
        new ByteRate(sum / taken * perPage), new ByteRate(most / taken * perPage));
  }

  /**
   * Bear that pages which change many times in a window count once.
   *
   * @param workingSet memory that the VM keeps changing, as seen over longer windows, too
   */
  public DirtyEstimate boundedBy(Memory workingSet, Duration window) {
    double seconds = Math.max(1e-3, window.toMillis() / 1000.0);
    boolean told = rate.bytesPerSecond() * seconds < NEARLY_ALL * workingSet.bytes();
    double most = TIMES * workingSet.bytes() / seconds;
    return told || most <= atMost.bytesPerSecond()
        ? this
        : new DirtyEstimate(rate, new ByteRate(most));
  }
}
