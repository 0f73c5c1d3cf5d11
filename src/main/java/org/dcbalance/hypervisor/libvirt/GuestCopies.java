package org.dcbalance.hypervisor.libvirt;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dcbalance.hypervisor.StateStorage.Copy;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * Bring a captured guest back as another one, beside itself.
 *
 * <p>libvirt restores a memory only under the name and UUID that are written in it. So its file is
 * copied, and the XML at its beginning is written anew through libvirt's storage API. What a
 * running guest's network cards are (their addresses among it) and whether their links are up is
 * part of QEMU's own stream, and cannot be told otherwise before it is read; and QEMU announces the
 * guest's addresses once it is. So a copy's cards lead nowhere from the beginning, and their links
 * are taken down while it is still paused.
 */
final class GuestCopies {
  // virDomainSaveRestoreFlags, virDomainDeviceModifyFlags
  private static final int PAUSED = 4;
  private static final int LIVE = 1;

  private final HostLink link;
  private final StorageVolumes volumes;

  GuestCopies(HostLink link, StorageVolumes volumes) {
    this.link = link;
    this.volumes = volumes;
  }

  List<String> whyNot(String pool, String memory, Copy copy) {
    return link.call(
        "tell whether a copy can run",
        connection -> {
          var xml = SavedGuests.xml(connection, volumes.path(connection, pool, memory));
          var reasons = new ArrayList<String>();
          for (var why : CopyXml.whyNot(xml)) {
            reasons.add("cannot run a copy of it: it " + why);
          }
          var network = copy.network();
          if (network != null) {
            isolated(connection, network, reasons);
          }
          return List.copyOf(reasons);
        });
  }

  private static void isolated(OpenConnection connection, String name, List<String> reasons)
      throws LibvirtException {
    try {
      var network = connection.networkLookupByName(name);
      try {
        var xml = Xml.parse(network.getXMLDesc(0));
        if (network.isActive() == 0) {
          reasons.add("has the network %s, but it is not active".formatted(name));
        } else if (Xml.at(xml, "forward") != null) {
          reasons.add(
              "has the network %s, but it is not isolated: it forwards to others".formatted(name));
        }
      } finally {
        network.free();
      }
    } catch (LibvirtException e) {
      if (LibvirtFailure.of(e).code() != LibvirtFailure.NO_NETWORK) {
        throw e;
      }
      reasons.add("has no network " + name);
    }
  }

  void make(String pool, String memory, Copy copy, String volume, Map<String, String> disks) {
    volumes.requireMemory(pool, memory, SaveImage.MAGIC);
    volumes.delete(pool, volume);
    volumes.copy(pool, memory, volume);
    var header = volumes.beginning(pool, volume, SaveImage.HEADER);
    var beginning =
        link.call("read the beginning of " + volume, connection -> SaveImage.length(header));
    var image = volumes.beginning(pool, volume, beginning);
    var written =
        link.call(
            "write the guest of " + volume,
            connection -> {
              var saved = SaveImage.of(image);
              var on = SnapshotXml.onDisks(saved.xml(), volumes.paths(connection, pool, disks));
              return saved.with(CopyXml.running(on, copy));
            });
    volumes.writeBeginning(pool, volume, written);
  }

  void restore(String pool, String memory, Copy copy, String volume, Map<String, String> disks) {
    link.longCall(
        "restore a copy of a guest",
        connection -> {
          var path = volumes.path(connection, pool, volume);
          connection.checked(
              connection
                  .library()
                  .virDomainRestoreFlags(
                      connection.pointer(), path, SavedGuests.xml(connection, path), PAUSED));
          var domain = connection.domain(copy.uuid());
          try {
            keepApart(domain, copy);
            var captured = SavedGuests.xml(connection, volumes.path(connection, pool, memory));
            var on = SnapshotXml.onDisks(captured, volumes.paths(connection, pool, disks));
            connection.domainDefineXML(CopyXml.definition(on, copy)).free();
          } catch (LibvirtException | RuntimeException e) {
            domain.destroy();
            throw e;
          } finally {
            domain.free();
          }
          return null;
        });
  }

  /** Nothing of it has run yet: what it would send is not sent before it is apart. */
  private static void keepApart(Domain domain, Copy copy) throws LibvirtException {
    if (copy.network() == null) {
      for (var device : CopyXml.linksDown(domain.getXMLDesc(0))) {
        domain.updateDeviceFlags(device, LIVE);
      }
    }
    if (!CopyXml.isApart(domain.getXMLDesc(0), copy)) {
      throw new LibvirtFailure(1, "the copy is not apart from the guest's networks");
    }
  }
}
