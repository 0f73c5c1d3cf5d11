package org.dcbalance.hypervisor;

import java.time.Duration;
import java.util.UUID;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;

/**
 * Order one live migration.
 *
 * @param peerUri the target as the source's daemon reaches it
 * @param migrateUri where the memory is sent, null for the hypervisor's own choice
 * @param maxDowntime the longest pause at the switch-over; null for the hypervisor's default
 * @param bandwidth the most to use; null for no limit
 * @param sharedDisks whether an administrator marked the storage of all its disks as shared, so
 *     that the hypervisor's own check of shared storage may be overridden
 */
public record MigrationOrder(
    UUID guest,
    String peerUri,
    @Nullable String migrateUri,
    @Nullable Duration maxDowntime,
    @Nullable ByteRate bandwidth,
    boolean sharedDisks) {}
