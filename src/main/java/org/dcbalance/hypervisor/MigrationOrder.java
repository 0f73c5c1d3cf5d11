package org.dcbalance.hypervisor;

import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Order one migration.
 *
 * @param peerUri the target as the source's daemon reaches it
 * @param migrateUri where the memory is sent, null for the hypervisor's own choice
 * @param tuning how it is to go
 * @param sharedDisks whether an administrator marked the storage of all its other disks as shared,
 *     so that the hypervisor's own check of shared storage may be overridden
 * @param encrypted whether the memory is sent encrypted (TLS), or not at all
 * @param copiedDisks the disks that are copied with it, by target, such as "vda"; needs {@link
 *     Capability#DISK_COPY}
 * @param isShared tells of where a disk lies whether that was marked so: the guest may have been
 *     given another disk since the caller looked
 */
public record MigrationOrder(
    UUID guest,
    String peerUri,
    @Nullable String migrateUri,
    Tuning tuning,
    boolean sharedDisks,
    boolean encrypted,
    List<String> copiedDisks,
    Predicate<String> isShared) {

  public MigrationOrder {
    copiedDisks = List.copyOf(copiedDisks);
  }

  /** Order one that copies no disks, wherever they lie. */
  public MigrationOrder(
      UUID guest,
      String peerUri,
      @Nullable String migrateUri,
      Tuning tuning,
      boolean sharedDisks,
      boolean encrypted) {
    this(guest, peerUri, migrateUri, tuning, sharedDisks, encrypted, List.of(), _ -> true);
  }
}
