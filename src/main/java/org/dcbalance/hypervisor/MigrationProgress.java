package org.dcbalance.hypervisor;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;

/**
 * Show how far an outgoing migration is. While disks that go along are copied, amounts are theirs,
 * and no rate or pass is told.
 *
 * @param elapsed since the hypervisor started it
 * @param total memory to look at
 * @param processed memory sent so far, over all passes
 * @param remaining memory still to send in this pass
 * @param dirtyRate how fast the guest changes its memory; zero while the first pass runs
 * @param bandwidth how fast memory is sent now
 * @param iteration the pass over memory, from 1; 0 where the hypervisor does not tell
 * @param throttle by how much the guest is slowed down for it, in percent
 */
public record MigrationProgress(
    Instant at,
    Duration elapsed,
    Memory total,
    Memory processed,
    Memory remaining,
    ByteRate dirtyRate,
    ByteRate bandwidth,
    int iteration,
    int throttle) {

  /** Tell whether the hypervisor says more than how long it runs; some do not, or not yet. */
  public boolean tellsAmounts() {
    return total.bytes() > 0;
  }
}
