package org.dcbalance.hypervisor;

import java.util.Set;
import java.util.UUID;

/** Tell whose disks are being copied on their hosts while they run, by whichever console. */
@FunctionalInterface
public interface CopiedDisks {
  /** Give the guests. */
  Set<UUID> guests();
}
