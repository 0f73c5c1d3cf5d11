package org.dcbalance.hypervisor.libvirt;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.dcbalance.hypervisor.DiskStorage.Place;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage.Piece;
import org.dcbalance.hypervisor.StateStorage.Room;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;
import org.libvirt.StoragePool;
import org.libvirt.StoragePoolInfo.StoragePoolState;
import org.libvirt.StorageVol;

/**
 * Work with the volumes of a host's storage pools that are folders of files. A pool's list is read
 * again before a volume counts as missing, since files also come by other ways.
 */
final class StorageVolumes {
  // libvirt's messages carry at most this much of a stream
  private static final int PIECE = 256 << 10;
  private static final Set<String> OF_FILES = Set.of("dir", "fs", "netfs");
  // a pool is not read again while libvirt copies into it
  private static final Duration BUSY_FOR = Duration.ofMinutes(2);
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);
  // a folder on a file server that is away is never read to its end
  private static final Duration MOST = BUSY_FOR.plusSeconds(30);

  private final HostLink link;

  StorageVolumes(HostLink link) {
    this.link = link;
  }

  /** Something to do with an open pool. */
  private interface InPool<T extends @Nullable Object> {
    T in(StoragePool pool) throws LibvirtException;
  }

  private interface WithVolume<T extends @Nullable Object> {
    T with(StorageVol volume) throws LibvirtException;
  }

  Room room(String pool) {
    return link.longCall(
        "tell the room of the storage pool " + pool,
        connection ->
            inPool(
                connection,
                pool,
                open -> {
                  refresh(open);
                  var info = open.getInfo();
                  return new Room(new Memory(info.capacity), new Memory(info.available));
                }));
  }

  List<Volume> volumes(String pool, String prefix) {
    return link.longCall(
        "list the volumes of the storage pool " + pool,
        connection ->
            inPool(
                connection,
                pool,
                open -> {
                  refresh(open);
                  var found = new java.util.ArrayList<Volume>();
                  for (var name : open.listVolumes()) {
                    if (name.startsWith(prefix)) {
                      found.add(
                          with(
                              open.storageVolLookupByName(name),
                              v -> new Volume(name, new Memory(v.getInfo().allocation))));
                    }
                  }
                  return List.copyOf(found);
                }));
  }

  /**
   * Tell which volumes lie over which, by names: libvirt reads that in their headers when it reads
   * the pool. What lies below is known by its name alone, however its folder is written.
   */
  Map<String, String> over(String pool) {
    return link.longCall(
        "tell what lies over what in the storage pool " + pool,
        connection ->
            inPool(
                connection,
                pool,
                open -> {
                  refresh(open);
                  var over = new LinkedHashMap<String, String>();
                  for (var name : open.listVolumes()) {
                    var below = with(open.storageVolLookupByName(name), StorageVolumes::below);
                    if (!below.isEmpty()) {
                      over.put(name, nameOf(below));
                    }
                  }
                  return over;
                }));
  }

  private static String below(StorageVol volume) throws LibvirtException {
    return Xml.text(Xml.parse(volume.getXMLDesc(0)), "backingStore/path");
  }

  /** Give the path that a volume of that name has, or will have. */
  String path(OpenConnection connection, String pool, String volume) throws LibvirtException {
    return inPool(connection, pool, open -> folder(open) + "/" + volume);
  }

  /** Give the paths of volumes, by what they are for. */
  Map<String, String> paths(OpenConnection connection, String pool, Map<String, String> byTarget)
      throws LibvirtException {
    var paths = new LinkedHashMap<String, String>();
    for (var each : byTarget.entrySet()) {
      paths.put(each.getKey(), path(connection, pool, each.getValue()));
    }
    return paths;
  }

  void read(String pool, String volume, Piece piece) {
    link.longCall(
        "read " + volume,
        connection ->
            inPool(
                connection,
                pool,
                open ->
                    with(
                        find(open, volume),
                        v -> {
                          pass(connection, v, 0, piece);
                          return null;
                        })));
  }

  /**
   * Make sure that a volume begins as those do that hold all of a guest's memory.
   *
   * @throws HypervisorException FAILED if it does not
   */
  void requireMemory(String pool, String volume, byte[] whole) {
    if (!Arrays.equals(beginning(pool, volume, whole.length), whole)) {
      throw failed("%s on %s does not hold all of a guest's memory.", volume, link.label());
    }
  }

  /** Read the first bytes of a volume; what it does not have stays zero. */
  byte[] beginning(String pool, String volume, int length) {
    var beginning = new ByteArrayOutputStream(length);
    link.longCall(
        "read " + volume,
        connection ->
            inPool(
                connection,
                pool,
                open ->
                    with(
                        find(open, volume),
                        v -> {
                          pass(
                              connection,
                              v,
                              length,
                              (bytes, got) -> beginning.write(bytes, 0, got));
                          return null;
                        })));
    return Arrays.copyOf(beginning.toByteArray(), length);
  }

  /** Write over the first bytes of a volume; all others stay as they are. */
  void writeBeginning(String pool, String volume, byte[] bytes) {
    link.longCall(
        "write to " + volume,
        connection ->
            inPool(
                connection,
                pool,
                open ->
                    with(
                        find(open, volume),
                        v -> {
                          send(connection, v, bytes);
                          return null;
                        })));
  }

  private static void send(OpenConnection connection, StorageVol volume, byte[] bytes)
      throws LibvirtException {
    var stream = connection.streamNew(0);
    boolean ended = false;
    try {
      volume.upload(stream, 0, bytes.length, 0);
      for (int sent = 0; sent < bytes.length; ) {
        int most = Math.min(sent + PIECE, bytes.length);
        sent += stream.send(Arrays.copyOfRange(bytes, sent, most));
      }
      stream.finish();
      ended = true;
    } finally {
      if (!ended) {
        stream.abort();
      }
      stream.free();
    }
  }

  /** Make a new volume of the same bytes, in blocks of 512. */
  void copy(String pool, String from, String to) {
    link.longCall(
        "copy " + from,
        connection ->
            inPool(
                connection,
                pool,
                open ->
                    with(
                        find(open, from),
                        volume ->
                            with(open.storageVolCreateXMLFrom(raw(to), volume, 0), made -> null))));
  }

  private static String raw(String volume) {
    return """
    <volume><name>%s</name><capacity>0</capacity><allocation>0</allocation>
    <target><format type='raw'/><permissions><mode>0600</mode></permissions></target></volume>
    """
        .formatted(Xml.escape(volume));
  }

  /** Pass a volume on from its beginning; all of it for length 0. */
  private static void pass(OpenConnection connection, StorageVol volume, long length, Piece piece)
      throws LibvirtException {
    var stream = connection.streamNew(0);
    boolean ended = false;
    try {
      volume.download(stream, 0, length, 0);
      var bytes = new byte[PIECE];
      for (int got = stream.receive(bytes); got > 0; got = stream.receive(bytes)) {
        piece.take(bytes, got);
      }
      stream.finish();
      ended = true;
    } finally {
      if (!ended) {
        stream.abort();
      }
      stream.free();
    }
  }

  void delete(String pool, String volume) {
    link.longCall(
        "delete " + volume,
        connection ->
            inPool(
                connection,
                pool,
                open -> {
                  var found = look(open, volume);
                  return found == null ? null : with(found, StorageVolumes::delete);
                }));
  }

  private static @Nullable Void delete(StorageVol volume) throws LibvirtException {
    volume.delete(0);
    return null;
  }

  /** Delete a file by its path, if it is there. */
  void deleteFile(String path) {
    link.patientCall(
        "delete " + path,
        MOST,
        connection ->
            inFolderOf(
                connection,
                path,
                open -> {
                  var found = look(open, nameOf(path));
                  return found == null ? null : with(found, StorageVolumes::delete);
                }));
  }

  /** Find out where a file of that path lies or would lie, from a pool that is read anew. */
  Place place(String path) {
    return link.patientCall(
        "look for a place for " + path,
        MOST,
        connection -> {
          for (var name : connection.listStoragePools()) {
            var pool = connection.storagePoolLookupByName(name);
            try {
              var xml = Xml.parse(pool.getXMLDesc(0));
              if (OF_FILES.contains(xml.getAttribute("type"))
                  && Xml.text(xml, "target/path").equals(folderOf(path))) {
                refresh(pool);
                boolean taken = Arrays.asList(pool.listVolumes()).contains(nameOf(path));
                return new Place(name, new Memory(pool.getInfo().available), taken);
              }
            } finally {
              pool.free();
            }
          }
          return Place.none();
        });
  }

  void copyFile(String source, String pool, String volume) {
    link.longCall(
        "copy " + source,
        connection ->
            inPool(
                connection,
                pool,
                open -> {
                  var old = look(open, volume);
                  if (old != null) {
                    with(old, StorageVolumes::delete);
                  }
                  return inFolderOf(
                      connection,
                      source,
                      folder ->
                          with(
                              find(folder, nameOf(source)),
                              from ->
                                  with(
                                      open.storageVolCreateXMLFrom(xml(volume, 0, ""), from, 0),
                                      copy -> null)));
                }));
  }

  void layOver(String pool, String backing, String volume) {
    link.longCall(
        "make " + volume,
        connection ->
            inPool(
                connection,
                pool,
                open ->
                    with(
                        find(open, backing),
                        below -> {
                          var store =
                              "<backingStore><path>%s</path><format type='qcow2'/></backingStore>"
                                  .formatted(Xml.escape(below.getPath()));
                          var xml = xml(volume, below.getInfo().capacity, store);
                          return with(open.storageVolCreateXML(xml, 0), made -> null);
                        })));
  }

  private static String xml(String volume, long capacity, String more) {
    return """
    <volume><name>%s</name><capacity>%d</capacity><allocation>0</allocation>
    <target><format type='qcow2'/><permissions><mode>0600</mode></permissions></target>%s</volume>
    """
        .formatted(Xml.escape(volume), capacity, more);
  }

  private <T extends @Nullable Object> T inPool(
      OpenConnection connection, String name, InPool<T> work) throws LibvirtException {
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
  private static <T extends @Nullable Object> T inFolderOf(
      OpenConnection connection, String path, InPool<T> work) throws LibvirtException {
    var folder = folderOf(path);
    for (var name : connection.listStoragePools()) {
      var pool = connection.storagePoolLookupByName(name);
      try {
        if (folder(pool).equals(folder)) {
          return work.in(pool);
        }
      } finally {
        pool.free();
      }
    }
    var xml =
        "<pool type='dir'><name>dcbalance-%s</name><target><path>%s</path></target></pool>"
            .formatted(UUID.randomUUID(), Xml.escape(folder));
    var pool = connection.storagePoolCreateXML(xml, 0);
    try {
      return work.in(pool);
    } finally {
      // it ends, and its files stay
      pool.destroy();
      pool.free();
    }
  }

  private static String folder(StoragePool pool) throws LibvirtException {
    return Xml.text(Xml.parse(pool.getXMLDesc(0)), "target/path");
  }

  private static String folderOf(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  private static String nameOf(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private StorageVol find(StoragePool pool, String volume) throws LibvirtException {
    var found = look(pool, volume);
    if (found == null) {
      throw failed(
          "There is no volume %s in the storage pool %s on %s.",
          volume, pool.getName(), link.label());
    }
    return found;
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

  private static void refresh(StoragePool pool) throws LibvirtException {
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

  private static <T extends @Nullable Object> T with(StorageVol volume, WithVolume<T> work)
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
