package org.dcbalance.hypervisor;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Order one migration.
 *
 * @param peerUri the target as the source's daemon reaches it
 * @param migrateUri where the memory is sent, null for the hypervisor's own choice
 * @param tuning how it is to go
 * @param sharedDisks whether an administrator marked the storage of all its disks as shared, so
 *     that the hypervisor's own check of shared storage may be overridden
 * @param encrypted whether the memory is sent encrypted (TLS), or not at all
 */
public record MigrationOrder(
    UUID guest,
    String peerUri,
    @Nullable String migrateUri,
    Tuning tuning,
    boolean sharedDisks,
    boolean encrypted) {}
