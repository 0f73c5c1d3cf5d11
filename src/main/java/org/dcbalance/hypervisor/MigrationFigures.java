package org.dcbalance.hypervisor;

import java.time.Duration;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Give the hypervisor's own figures of a finished migration.
 *
 * @param succeeded whether the hypervisor calls it completed
 * @param total from start to end; null if not told
 * @param downtime the pause at the switch-over; null if not told
 * @param transferred bytes sent; null if not told
 * @param iterations passes over memory; null if not told
 */
public record MigrationFigures(
    boolean succeeded,
    @Nullable Duration total,
    @Nullable Duration downtime,
    @Nullable Memory transferred,
    @Nullable Integer iterations) {}
