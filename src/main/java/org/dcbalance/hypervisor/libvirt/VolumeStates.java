package org.dcbalance.hypervisor.libvirt;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage;
import org.libvirt.LibvirtException;

/** What captures have in common whatever the hypervisor: their volumes, and the guest itself. */
abstract class VolumeStates implements StateStorage {
  final HostLink link;
  final Alone alone;
  final StorageVolumes volumes;
  private final byte[] wholeMemory;

  VolumeStates(HostLink link, Alone alone, byte[] wholeMemory) {
    this.link = link;
    this.alone = alone;
    this.volumes = new StorageVolumes(link);
    this.wholeMemory = wholeMemory;
  }

  @Override
  public final Room room(String pool) {
    return volumes.room(pool);
  }

  @Override
  public final List<Volume> volumes(String pool, String prefix) {
    return volumes.volumes(pool, prefix);
  }

  @Override
  public final void copyDisk(String source, String pool, String volume) {
    volumes.copyFile(source, pool, volume);
  }

  @Override
  public final Map<String, String> disks(UUID guest) {
    return link.call(
        "tell a guest's disks",
        connection -> {
          var on = new LinkedHashMap<String, String>();
          xml(connection, guest).disks().forEach(d -> on.put(d.target(), d.source()));
          return Map.copyOf(on);
        });
  }

  @Override
  public final void removeOverlay(FrozenDisk disk) {
    volumes.deleteFile(disk.overlay());
  }

  @Override
  public final void read(String pool, String volume, Piece piece) {
    volumes.read(pool, volume, piece);
  }

  @Override
  public final void requireMemory(String pool, String volume) {
    volumes.requireMemory(pool, volume, wholeMemory);
  }

  @Override
  public final void delete(String pool, String volume) {
    volumes.delete(pool, volume);
  }

  @Override
  public final void layOver(String pool, String backing, String volume) {
    volumes.layOver(pool, backing, volume);
  }

  @Override
  public final Map<String, String> over(String pool) {
    return volumes.over(pool);
  }

  final void requireRunning(OpenConnection connection, UUID guest, String name)
      throws LibvirtException {
    var status = StatusReading.read(connection, guest).orElseThrow();
    if (status.state() != GuestState.RUNNING) {
      throw failed("%s is not running on %s.", name, link.label());
    }
    if (status.job() != Job.NONE) {
      throw failed("%s has a job on %s.", name, link.label());
    }
  }

  static DomainXml xml(OpenConnection connection, UUID guest) throws LibvirtException {
    var domain = connection.domain(guest);
    try {
      return new DomainXml(domain.getXMLDesc(0));
    } finally {
      domain.free();
    }
  }

  static HypervisorException failed(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
