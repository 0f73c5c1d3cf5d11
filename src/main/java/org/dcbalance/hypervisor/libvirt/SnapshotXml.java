package org.dcbalance.hypervisor.libvirt;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcbalance.hypervisor.Guest.Disk;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/** Write and change the XML by which guests are captured and brought back. */
final class SnapshotXml {
  /** The namespace of the element by which the host's helper knows whose memory a guest maps. */
  private static final String MAPPED = "https://dcbalance.org/xmlns/memory/1";

  private static final String CHECKPOINT = "checkpoint";

  private SnapshotXml() {}

  /** Order a guest's memory to a file, and overlays on these disks; others are left alone. */
  static String of(String memory, List<Disk> all, List<FrozenDisk> frozen) {
    var overlays =
        frozen.stream().collect(Collectors.toMap(FrozenDisk::target, FrozenDisk::overlay));
    var disks = new StringBuilder();
    for (var disk : all) {
      var overlay = overlays.get(disk.target());
      disks.append(
          overlay == null
              ? "<disk name='%s' snapshot='no'/>".formatted(escape(disk.target()))
              : "<disk name='%s' snapshot='external'><driver type='qcow2'/><source file='%s'/></disk>"
                  .formatted(escape(disk.target()), escape(overlay)));
    }
    return "<domainsnapshot><memory snapshot='external' file='%s'/><disks>%s</disks></domainsnapshot>"
        .formatted(escape(memory), disks);
  }

  /**
   * Put a domain's disks on other images of format qcow2.
   *
   * @param images paths by target
   */
  static String onDisks(String domain, Map<String, String> images) {
    var root = Xml.parse(domain);
    for (var disk : Xml.children(Xml.at(root, "devices"), "disk")) {
      var image = images.get(Xml.attribute(disk, "target", "dev"));
      if (image == null) {
        continue;
      }
      var source = Xml.at(disk, "source");
      var driver = Xml.at(disk, "driver");
      if (source == null || driver == null) {
        throw new LibvirtFailure(27, "a disk of the checkpoint has no image");
      }
      source.setAttribute("file", image);
      source.removeAttribute("index");
      driver.setAttribute("type", "qcow2");
      // an empty one would say that the image has nothing below it, and hide what the guest wrote
      Xml.children(disk, "backingStore").forEach(disk::removeChild);
    }
    return Xml.write(root);
  }

  /** Name the checkpoint whose memory a domain maps; empty if its memory is its own. */
  static String mapped(String domain) {
    var mark = mark(Xml.parse(domain));
    return mark == null ? "" : mark.getAttribute(CHECKPOINT);
  }

  /**
   * Have a domain that mapped its memory when it was captured be read as any other. The kind of its
   * memory stays, since libvirt allows no other for a memory that was captured.
   */
  static String unmapped(String domain) {
    var root = Xml.parse(domain);
    var mark = mark(root);
    if (mark == null) {
      return domain;
    }
    mark.setAttribute(CHECKPOINT, "");
    return Xml.write(root);
  }

  /** Give the definition of a domain, by which it starts anew: with memory of its own. */
  static String definition(String domain) {
    var root = Xml.parse(domain);
    var mark = mark(root);
    if (mark == null) {
      return domain;
    }
    mark.getParentNode().removeChild(mark);
    Xml.children(root, "memoryBacking").forEach(root::removeChild);
    return Xml.write(root);
  }

  private static @Nullable Element mark(Element domain) {
    return Xml.children(Xml.at(domain, "metadata"), "memory").stream()
        .filter(e -> MAPPED.equals(e.getNamespaceURI()))
        .findFirst()
        .orElse(null);
  }

  /** Tell whether a running domain's disk has an image below it. */
  static boolean hasBacking(String domain, String target) {
    return Xml.children(Xml.at(Xml.parse(domain), "devices"), "disk").stream()
        .filter(disk -> Xml.attribute(disk, "target", "dev").equals(target))
        .map(disk -> Xml.at(disk, "backingStore"))
        .anyMatch(SnapshotXml::filled);
  }

  private static boolean filled(@Nullable Element store) {
    return store != null && store.hasChildNodes();
  }

  private static String escape(String text) {
    return Xml.escape(text).replace("'", "&apos;");
  }
}
