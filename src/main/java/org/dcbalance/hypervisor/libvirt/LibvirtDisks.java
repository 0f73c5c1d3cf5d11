package org.dcbalance.hypervisor.libvirt;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.w3c.dom.Element;

/**
 * Look at files that libvirt copies with a guest (VIR_MIGRATE_NON_SHARED_DISK).
 *
 * <p>libvirt 9.0 makes the target's volume itself, in the storage pool that is the file's folder,
 * with the disk's capacity; a file that is there already is written over without a word, and what a
 * failed copy left is not removed (src/qemu/qemu_migration.c).
 */
final class LibvirtDisks implements DiskStorage {
  private static final Set<String> FORMATS = Set.of("qcow2", "raw");

  private final HostLink link;
  private final StorageVolumes volumes;

  LibvirtDisks(HostLink link) {
    this.link = link;
    this.volumes = new StorageVolumes(link);
  }

  @Override
  public List<LocalDisk> read(UUID guest, List<String> targets) {
    return link.call(
        "tell the disks of a guest",
        connection -> {
          var domain = connection.domain(guest);
          try {
            var disks = new ArrayList<LocalDisk>();
            var devices = Xml.at(Xml.parse(domain.getXMLDesc(0)), "devices");
            for (var disk : devices == null ? List.<Element>of() : Xml.children(devices, "disk")) {
              if (targets.contains(Xml.attribute(disk, "target", "dev"))) {
                disks.add(disk(domain, disk));
              }
            }
            return List.copyOf(disks);
          } finally {
            domain.free();
          }
        });
  }

  private static LocalDisk disk(Domain domain, Element disk) throws LibvirtException {
    var target = Xml.attribute(disk, "target", "dev");
    var type = disk.getAttribute("type");
    if (!type.equals("file")) {
      throw failed("The disk %s is of type %s, and only files are copied.", target, type);
    }
    var path = Xml.attribute(disk, "source", "file");
    for (var mark : List.of("readonly", "shareable", "transient")) {
      if (Xml.at(disk, mark) != null) {
        throw failed("The disk %s (%s) is %s, so it is not copied.", target, path, mark);
      }
    }
    var below = Xml.at(disk, "backingStore/source");
    if (below != null) {
      throw failed(
          "The disk %s (%s) lies over another image, %s, and a copy would not.",
          target,
          path,
          Stream.of("file", "dev", "name")
              .map(below::getAttribute)
              .filter(name -> !name.isEmpty())
              .findFirst()
              .orElse("one of a storage pool"));
    }
    var format = Xml.attribute(disk, "driver", "type");
    if (!FORMATS.contains(format)) {
      throw failed(
          "The disk %s (%s) is of format '%s'; qcow2 and raw are copied.", target, path, format);
    }
    var info = domain.blockInfo(target);
    return new LocalDisk(
        target, path, format, new Memory(info.getCapacity()), new Memory(info.getAllocation()));
  }

  @Override
  public Place place(String path) {
    return volumes.place(path);
  }

  @Override
  public void remove(String path) {
    var user = user(path);
    if (user != null) {
      throw failed("%s on %s is used by %s, so it was left.", path, link.label(), user);
    }
    volumes.deleteFile(path);
    if (volumes.place(path).taken()) {
      throw failed("%s is still on %s.", path, link.label());
    }
  }

  /** Name a guest of this host, running or not, that has the file. */
  private @Nullable String user(String path) {
    return link.call(
        "tell which guests use a file",
        connection -> {
          for (var id : connection.listDomains()) {
            var name = user(connection.domainLookupByID(id), path);
            if (name != null) {
              return name;
            }
          }
          for (var defined : connection.listDefinedDomains()) {
            var name = user(connection.domainLookupByName(defined), path);
            if (name != null) {
              return name;
            }
          }
          return null;
        });
  }

  private static @Nullable String user(Domain domain, String path) throws LibvirtException {
    try {
      var xml = new DomainXml(domain.getXMLDesc(0));
      return xml.uses(path) ? xml.name() : null;
    } finally {
      domain.free();
    }
  }

  private static HypervisorException failed(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
