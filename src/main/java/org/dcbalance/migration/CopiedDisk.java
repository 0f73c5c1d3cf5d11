package org.dcbalance.migration;

import java.util.Locale;
import org.dcbalance.hypervisor.DiskStorage.LocalDisk;
import org.dcbalance.units.Memory;

/**
 * Remember a disk that is copied with its guest, as the database keeps it.
 *
 * @param target such as "vda"
 * @param path of its file, on both hosts
 * @param capacity in bytes, as its guest sees it
 * @param allocation bytes that are written of it
 */
record CopiedDisk(String target, String path, long capacity, long allocation) {
  static CopiedDisk of(LocalDisk disk) {
    return new CopiedDisk(
        disk.target(), disk.path(), disk.capacity().bytes(), disk.allocation().bytes());
  }

  /** Say what and how large it is. */
  String words() {
    return "%s (%s, %s of %s)".formatted(target, path, size(allocation), size(capacity));
  }

  static String size(long bytes) {
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20))
        : String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1 << 30));
  }

  static Memory allocated(Iterable<CopiedDisk> disks) {
    long sum = 0;
    for (var disk : disks) {
      sum += disk.allocation();
    }
    return new Memory(sum);
  }
}
