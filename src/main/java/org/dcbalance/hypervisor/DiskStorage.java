package org.dcbalance.hypervisor;

import java.util.List;
import java.util.UUID;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Look at disks that lie on one host alone, and at the room for their copies on another one. Needs
 * {@link Capability#DISK_COPY}.
 */
public interface DiskStorage {

  /**
   * A disk in a file of its host.
   *
   * @param target such as "vda"
   * @param path of its file
   * @param format "qcow2" or "raw"
   * @param capacity what its guest sees
   * @param allocation what is written of it: about what a copy sends
   */
  record LocalDisk(String target, String path, String format, Memory capacity, Memory allocation) {}

  /**
   * Where a file of some path would lie.
   *
   * @param pool the active storage pool that is the file's folder; null if there is none
   * @param available what is free in the pool
   * @param taken whether there is such a file already
   */
  record Place(@Nullable String pool, Memory available, boolean taken) {
    static final Place NONE = new Place(null, Memory.ZERO, false);

    /** Say that no pool is the file's folder. */
    public static Place none() {
      return NONE;
    }
  }

  /**
   * Read disks of a running guest.
   *
   * @param targets which ones
   * @throws HypervisorException FAILED, with the reason, if one of them is nothing that can be
   *     copied with its guest
   */
  List<LocalDisk> read(UUID guest, List<String> targets);

  /** Find out where a file would lie on this host; its pool is read anew. */
  Place place(String path);

  /**
   * Remove a file that a copy left here, if it is there.
   *
   * @throws HypervisorException FAILED if a guest of this host uses it, or it is still there after
   */
  void remove(String path);
}
