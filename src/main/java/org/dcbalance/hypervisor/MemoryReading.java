package org.dcbalance.hypervisor;

import java.time.Instant;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Tell a running guest's memory at this instant.
 *
 * @param now what it has (balloon)
 * @param used what it uses of that by its own account, with what its kernel keeps for itself and
 *     what it caches; null if it does not tell
 * @param swappedOut what it has swapped out since it started, which only grows; null if it does not
 *     tell
 * @param toldAt when it told what it uses and has swapped out, by its host's clock; null if that is
 *     not known
 * @param ofFile whether it is a file of its host, into which no page can be fetched alone, as
 *     post-copy does
 */
public record MemoryReading(
    Memory now,
    @Nullable Memory used,
    @Nullable Memory swappedOut,
    @Nullable Instant toldAt,
    boolean ofFile) {

  /** What a guest has that tells nothing more. */
  public static MemoryReading of(Memory now) {
    return new MemoryReading(now, null, null, null, false);
  }
}
