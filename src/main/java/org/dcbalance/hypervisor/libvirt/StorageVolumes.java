package org.dcbalance.hypervisor.libvirt;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.hypervisor.DiskStorage.Place;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage.Piece;
import org.dcbalance.hypervisor.StateStorage.Room;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.units.Memory;
import org.libvirt.LibvirtException;
import org.libvirt.StoragePool;
import org.libvirt.StorageVol;
import org.libvirt.Stream;

/** Work with the volumes of a host's storage pools that are folders of files. */
final class StorageVolumes {
  // libvirt's messages carry at most this much of a stream
  private static final int PIECE = 256 << 10;
  // a folder on a file server that is away is never read to its end
  private static final Duration MOST = StoragePools.BUSY_FOR.plusSeconds(30);

  private final HostLink link;
  private final StoragePools pools;

  StorageVolumes(HostLink link) {
    this.link = link;
    this.pools = new StoragePools(link);
  }

  /** Something to do with a volume of an open pool. */
  private interface OnVolume {
    void on(OpenConnection connection, StoragePool pool, StorageVol volume) throws LibvirtException;
  }

  /** Something to send or receive. */
  private interface Transfer {
    void over(Stream stream) throws LibvirtException;
  }

  Room room(String pool) {
    return inFresh(
        "tell the room of the storage pool " + pool,
        pool,
        open -> {
          var info = open.getInfo();
          return new Room(new Memory(info.capacity), new Memory(info.available));
        });
  }

  List<Volume> volumes(String pool, String prefix) {
    return inFresh(
        "list the volumes of the storage pool " + pool,
        pool,
        open -> {
          var found = new ArrayList<Volume>();
          for (var name : open.listVolumes()) {
            if (name.startsWith(prefix)) {
              found.add(
                  StoragePools.with(
                      open.storageVolLookupByName(name),
                      v -> new Volume(name, new Memory(v.getInfo().allocation))));
            }
          }
          return List.copyOf(found);
        });
  }

  /**
   * Tell which volumes lie over which, by names: libvirt reads that in their headers when it reads
   * the pool. What lies below is known by its name alone, however its folder is written.
   */
  Map<String, String> over(String pool) {
    return inFresh(
        "tell what lies over what in the storage pool " + pool,
        pool,
        open -> {
          var over = new LinkedHashMap<String, String>();
          for (var name : open.listVolumes()) {
            var below = StoragePools.with(open.storageVolLookupByName(name), StorageVolumes::below);
            if (!below.isEmpty()) {
              over.put(name, nameOf(below));
            }
          }
          return over;
        });
  }

  /** Work in a pool whose list is read again first. */
  private <T> T inFresh(String doing, String pool, StoragePools.InPool<T> work) {
    return link.longCall(
        doing,
        connection ->
            pools.in(
                connection,
                pool,
                open -> {
                  StoragePools.refresh(open);
                  return work.in(open);
                }));
  }

  private static String below(StorageVol volume) throws LibvirtException {
    return Xml.text(Xml.parse(volume.getXMLDesc(0)), "backingStore/path");
  }

  /** Give the path that a volume of that name has, or will have. */
  String path(OpenConnection connection, String pool, String volume) throws LibvirtException {
    return pools.in(connection, pool, open -> StoragePools.folder(open) + "/" + volume);
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
    onVolume(
        "read " + volume, pool, volume, (connection, open, v) -> pass(connection, v, 0, piece));
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
    onVolume(
        "read " + volume,
        pool,
        volume,
        (connection, open, v) ->
            pass(connection, v, length, (bytes, got) -> beginning.write(bytes, 0, got)));
    return Arrays.copyOf(beginning.toByteArray(), length);
  }

  /** Write over the first bytes of a volume; all others stay as they are. */
  void writeBeginning(String pool, String volume, byte[] bytes) {
    onVolume(
        "write to " + volume, pool, volume, (connection, open, v) -> send(connection, v, bytes));
  }

  private void onVolume(String doing, String pool, String volume, OnVolume work) {
    link.longCall(
        doing,
        connection ->
            pools.in(
                connection,
                pool,
                open ->
                    pools.withVolume(
                        open,
                        volume,
                        found -> {
                          work.on(connection, open, found);
                          return null;
                        })));
  }

  private static void send(OpenConnection connection, StorageVol volume, byte[] bytes)
      throws LibvirtException {
    transfer(
        connection,
        stream -> {
          volume.upload(stream, 0, bytes.length, 0);
          for (int sent = 0; sent < bytes.length; ) {
            int most = Math.min(sent + PIECE, bytes.length);
            sent += stream.send(Arrays.copyOfRange(bytes, sent, most));
          }
        });
  }

  /** Make a new volume of the same bytes, in blocks of 512. */
  void copy(String pool, String from, String to) {
    onVolume(
        "copy " + from,
        pool,
        from,
        (connection, open, volume) -> open.storageVolCreateXMLFrom(raw(to), volume, 0).free());
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
    transfer(
        connection,
        stream -> {
          volume.download(stream, 0, length, 0);
          var bytes = new byte[PIECE];
          for (int got = stream.receive(bytes); got > 0; got = stream.receive(bytes)) {
            piece.take(bytes, got);
          }
        });
  }

  private static void transfer(OpenConnection connection, Transfer transfer)
      throws LibvirtException {
    var stream = connection.streamNew(0);
    boolean ended = false;
    try {
      transfer.over(stream);
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
            pools.in(
                connection,
                pool,
                open -> {
                  StoragePools.delete(open, volume);
                  return null;
                }));
  }

  /** Delete a file by its path, if it is there. */
  void deleteFile(String path) {
    link.patientCall(
        "delete " + path,
        MOST,
        connection ->
            StoragePools.inFolderOf(
                connection,
                path,
                open -> {
                  StoragePools.delete(open, nameOf(path));
                  return null;
                }));
  }

  /** Find out where a file of that path lies or would lie, from a pool that is read anew. */
  Place place(String path) {
    return link.patientCall(
        "look for a place for " + path,
        MOST,
        connection -> {
          var pool = StoragePools.ofFolderOf(connection, path);
          if (pool == null) {
            return Place.none();
          }
          try {
            StoragePools.refresh(pool);
            boolean taken = Arrays.asList(pool.listVolumes()).contains(nameOf(path));
            return new Place(pool.getName(), new Memory(pool.getInfo().available), taken);
          } finally {
            pool.free();
          }
        });
  }

  void copyFile(String source, String pool, String volume) {
    link.longCall(
        "copy " + source,
        connection ->
            pools.in(
                connection,
                pool,
                open -> {
                  StoragePools.delete(open, volume);
                  return StoragePools.inFolderOf(
                      connection,
                      source,
                      folder ->
                          pools.withVolume(
                              folder,
                              nameOf(source),
                              from -> {
                                open.storageVolCreateXMLFrom(xml(volume, 0, ""), from, 0).free();
                                return null;
                              }));
                }));
  }

  void layOver(String pool, String backing, String volume) {
    onVolume(
        "make " + volume,
        pool,
        backing,
        (connection, open, below) -> {
          var store =
              "<backingStore><path>%s</path><format type='qcow2'/></backingStore>"
                  .formatted(Xml.escape(below.getPath()));
          open.storageVolCreateXML(xml(volume, below.getInfo().capacity, store), 0).free();
        });
  }

  private static String xml(String volume, long capacity, String more) {
    return """
    <volume><name>%s</name><capacity>%d</capacity><allocation>0</allocation>
    <target><format type='qcow2'/><permissions><mode>0600</mode></permissions></target>%s</volume>
    """
        .formatted(Xml.escape(volume), capacity, more);
  }

  private static String nameOf(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static HypervisorException failed(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
