package org.dcbalance.pages;

import java.util.Collection;
import org.dcbalance.telemetry.LoadHistory.DirtyMeasurement;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * How fast a VM changes its memory, and how much of it.
 *
 * @param rate from the shortest window, which shows repeated changes best
 * @param workingSet the most that was seen changed within one window
 */
record ChangedMemory(ByteRate rate, Memory workingSet) {
  /** Read it from a VM's measurements; null without any. */
  static @Nullable ChangedMemory of(Collection<DirtyMeasurement> measurements) {
    DirtyMeasurement shortest = null;
    double most = 0;
    for (var m : measurements) {
      shortest = shortest == null || m.windowMillis() < shortest.windowMillis() ? m : shortest;
      most = Math.max(most, m.bytesPerSecond() * m.windowMillis() / 1000);
    }
    return shortest == null
        ? null
        : new ChangedMemory(new ByteRate(shortest.bytesPerSecond()), new Memory(Math.round(most)));
  }
}
