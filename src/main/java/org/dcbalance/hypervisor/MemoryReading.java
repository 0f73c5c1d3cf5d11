package org.dcbalance.hypervisor;

import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Tell a running guest's memory at this instant.
 *
 * @param now what it has (balloon)
 * @param used what it uses of that by its own account; null if it does not tell
 * @param swappedOut what it has swapped out since it started, which only grows; null if it does not
 *     tell
 */
public record MemoryReading(Memory now, @Nullable Memory used, @Nullable Memory swappedOut) {}
