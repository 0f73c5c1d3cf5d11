package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;
import org.libvirt.StoragePool;
import org.libvirt.StoragePoolInfo.StoragePoolState;
import org.libvirt.StorageVol;
import org.w3c.dom.Element;

/**
 * Open a host's storage pools that are folders of files, and volumes in them. A pool's list is read
 * again before a volume counts as missing, since files also come by other ways.
 */
final class StoragePools {
  // a pool is not read again while libvirt copies into it
  static final Duration BUSY_FOR = Duration.ofMinutes(2);
  private static final Set<String> OF_FILES = Set.of("dir", "fs", "netfs");
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);

  private final HostLink link;

  StoragePools(HostLink link) {
    this.link = link;
  }

  /** Something to do with an open pool. */
  interface InPool<T extends @Nullable Object> {
    T in(StoragePool pool) throws LibvirtException;
  }

  /** Something to do with an open volume. */
  interface WithVolume<T extends @Nullable Object> {
    T with(StorageVol volume) throws LibvirtException;
  }

  /**
   * Work in a pool.
   *
   * @throws HypervisorException FAILED if it is not active, or is no folder of files
   */
  <T extends @Nullable Object> T in(OpenConnection connection, String name, InPool<T> work)
      throws LibvirtException {
    var pool = connection.storagePoolLookupByName(name);
    try {
      if (pool.getInfo().state != StoragePoolState.VIR_STORAGE_POOL_RUNNING) {
        throw failed("The storage pool %s is not active on %s.", name, link.label());
      }
      var type = Xml.parse(pool.getXMLDesc(0)).getAttribute("type");
      if (!OF_FILES.contains(type)) {
        throw failed(
            "The storage pool %s on %s is of type %s; checkpoints need a folder of files.",
            name, link.label(), type);
      }
      return work.in(pool);
    } finally {
      pool.free();
    }
  }

  /** Work in the pool of the folder that a file is in; one that is made for it if there is none. */
  static <T extends @Nullable Object> T inFolderOf(
      OpenConnection connection, String path, InPool<T> work) throws LibvirtException {
    var folder = folderOf(path);
    var there = search(connection, description -> folder(description).equals(folder));
    if (there != null) {
      try {
        return work.in(there);
      } finally {
        there.free();
      }
    }
    var xml =
        "<pool type='dir'><name>dcbalance-%s</name><target><path>%s</path></target></pool>"
            .formatted(UUID.randomUUID(), Xml.escape(folder));
    var made = connection.storagePoolCreateXML(xml, 0);
    try {
      return work.in(made);
    } finally {
      // it ends, and its files stay
      made.destroy();
      made.free();
    }
  }

  /** Open the pool of files whose folder that file is in, to be freed; null if there is none. */
  static @Nullable StoragePool ofFolderOf(OpenConnection connection, String path)
      throws LibvirtException {
    var folder = folderOf(path);
    return search(
        connection,
        description ->
            OF_FILES.contains(description.getAttribute("type"))
                && folder(description).equals(folder));
  }

  /** Open the first active pool whose description passes, to be freed; null if none does. */
  private static @Nullable StoragePool search(OpenConnection connection, Predicate<Element> passes)
      throws LibvirtException {
    for (var name : connection.listStoragePools()) {
      var pool = connection.storagePoolLookupByName(name);
      boolean found = false;
      try {
        found = passes.test(Xml.parse(pool.getXMLDesc(0)));
        if (found) {
          return pool;
        }
      } finally {
        if (!found) {
          pool.free();
        }
      }
    }
    return null;
  }

  static String folder(StoragePool pool) throws LibvirtException {
    return folder(Xml.parse(pool.getXMLDesc(0)));
  }

  private static String folder(Element description) {
    return Xml.text(description, "target/path");
  }

  private static String folderOf(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  /**
   * Work with a volume of a pool.
   *
   * @throws HypervisorException FAILED if there is none of that name
   */
  <T extends @Nullable Object> T withVolume(StoragePool pool, String volume, WithVolume<T> work)
      throws LibvirtException {
    var found = look(pool, volume);
    if (found == null) {
      throw failed(
          "There is no volume %s in the storage pool %s on %s.",
          volume, pool.getName(), link.label());
    }
    return with(found, work);
  }

  /** Delete a volume of a pool, if it is there. */
  static void delete(StoragePool pool, String volume) throws LibvirtException {
    var found = look(pool, volume);
    if (found != null) {
      try {
        found.delete(0);
      } finally {
        found.free();
      }
    }
  }

  private static @Nullable StorageVol look(StoragePool pool, String volume)
      throws LibvirtException {
    try {
      return pool.storageVolLookupByName(volume);
    } catch (LibvirtException e) {
      if (LibvirtFailure.of(e).code() != LibvirtFailure.NO_STORAGE_VOL) {
        throw e;
      }
    }
    refresh(pool);
    for (var name : pool.listVolumes()) {
      if (name.equals(volume)) {
        return pool.storageVolLookupByName(volume);
      }
    }
    return null;
  }

  /** Read a pool's list again, once nothing is copied into it any more. */
  static void refresh(StoragePool pool) throws LibvirtException {
    var until = System.nanoTime() + BUSY_FOR.toNanos();
    while (true) {
      try {
        pool.refresh(0);
        return;
      } catch (LibvirtException e) {
        if (!LibvirtFailure.of(e).words().contains("asynchronous jobs")
            || System.nanoTime() - until > 0) {
          throw e;
        }
        Session.pause(LOOK_EVERY);
      }
    }
  }

  /** Work with a volume, and free it. */
  static <T extends @Nullable Object> T with(StorageVol volume, WithVolume<T> work)
      throws LibvirtException {
    try {
      return work.with(volume);
    } finally {
      volume.free();
    }
  }

  private static HypervisorException failed(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
