package org.dcbalance.hypervisor.libvirt;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.dcbalance.hypervisor.Guest.Disk;
import org.dcbalance.hypervisor.Guest.Tie;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.units.Memory;
import org.w3c.dom.Element;

/** Read a domain's XML (see libvirt.org/formatdomain.html) as far as balancing needs it. */
final class DomainXml {
  private final Element domain;
  private final Element devices;

  DomainXml(String text) {
    domain = Xml.parse(text);
    var found = Xml.at(domain, "devices");
    devices = found == null ? domain : found;
  }

  UUID uuid() {
    return UUID.fromString(Xml.text(domain, "uuid"));
  }

  String name() {
    return Xml.text(domain, "name");
  }

  /** Give the running domain's number, -1 when it does not run. */
  int id() {
    var id = domain.getAttribute("id");
    return id.isEmpty() ? -1 : Integer.parseInt(id);
  }

  String osType() {
    return Xml.text(domain, "os/type");
  }

  GuestCpu cpu() {
    return new GuestCpu(
        Xml.write(Xml.at(domain, "cpu")),
        Xml.text(devices, "emulator"),
        Xml.attribute(domain, "os/type", "arch"),
        Xml.attribute(domain, "os/type", "machine"),
        domain.getAttribute("type"),
        null);
  }

  List<Disk> disks() {
    return Xml.children(devices, "disk").stream().map(DomainXml::disk).toList();
  }

  private static Disk disk(Element disk) {
    var format = Xml.attribute(disk, "driver", "type");
    var cache = Xml.attribute(disk, "driver", "cache");
    var device = disk.getAttribute("device");
    return new Disk(
        Xml.attribute(disk, "target", "dev"),
        source(disk),
        format.isEmpty() ? "raw" : format,
        cache.isEmpty() ? "default" : cache,
        disk.getAttribute("type").equals("network"),
        Xml.at(disk, "readonly") != null,
        device.equals("cdrom") || device.equals("floppy"),
        backing(disk));
  }

  /** List what lies below a disk's image, which a running guest needs as much as that. */
  private static List<String> backing(Element disk) {
    var images = new ArrayList<String>();
    for (var below = Xml.at(disk, "backingStore");
        below != null;
        below = Xml.at(below, "backingStore")) {
      if (!below.getAttribute("type").equals("network")) {
        images.add(source(below));
      }
    }
    // the end of a chain is an empty element
    images.removeIf(String::isEmpty);
    return images;
  }

  private static String source(Element disk) {
    var source = Xml.at(disk, "source");
    if (source == null) {
      return "";
    }
    if (disk.getAttribute("type").equals("volume")) {
      return source.getAttribute("pool") + "/" + source.getAttribute("volume");
    }
    return Stream.of("file", "dev", "dir", "name", "path")
        .map(source::getAttribute)
        .filter(value -> !value.isEmpty())
        .findFirst()
        .orElse("");
  }

  /** Tell whether one of its disks is this file, lies over it, or is being copied to it. */
  boolean uses(String path) {
    return Xml.children(devices, "disk").stream().anyMatch(disk -> uses(disk, path));
  }

  private static boolean uses(Element element, String path) {
    return element.getAttribute("file").equals(path)
        || Xml.children(element, "*").stream().anyMatch(child -> uses(child, path));
  }

  List<String> macs() {
    return Xml.children(devices, "interface").stream()
        .map(i -> Xml.attribute(i, "mac", "address"))
        .filter(mac -> !mac.isEmpty())
        .toList();
  }

  /** Name the host's devices that carry the guest's interfaces, such as "vnet0" or "vif3.0". */
  List<String> interfaceDevices() {
    return Xml.children(devices, "interface").stream()
        .map(i -> Xml.attribute(i, "target", "dev"))
        .filter(dev -> !dev.isEmpty())
        .toList();
  }

  /** Name the networks, bridges or host devices that the guest is attached to. */
  List<String> networks() {
    return Xml.children(devices, "interface").stream()
        .map(i -> Xml.at(i, "source"))
        .flatMap(
            source ->
                source == null
                    ? Stream.empty()
                    : Stream.of("network", "bridge", "dev").map(source::getAttribute))
        .filter(name -> !name.isEmpty())
        .distinct()
        .toList();
  }

  /**
   * What an interface is on.
   *
   * @param kind "network" of libvirt, "bridge" of the host, or one of its network cards ("direct")
   */
  record Attachment(String kind, String name) {}

  /** List what its interfaces need on their host, each once. */
  List<Attachment> attachments() {
    return Xml.children(devices, "interface").stream()
        .map(
            i -> {
              var kind = i.getAttribute("type");
              return new Attachment(
                  kind, Xml.attribute(i, "source", kind.equals("direct") ? "dev" : kind));
            })
        .filter(to -> List.of("network", "bridge", "direct").contains(to.kind()))
        .distinct()
        .toList();
  }

  /** Give the memory that it has now, or had when it was captured. */
  Memory memory() {
    var amount = Xml.text(domain, "currentMemory");
    // libvirt writes it in KiB whatever it was given in
    return Memory.ofKiB(Long.parseLong(amount.isEmpty() ? Xml.text(domain, "memory") : amount));
  }

  /**
   * Tell whether any of its memory is a file, other than of huge pages: QEMU 7.2 agrees to
   * post-copy then, and loses the guest as it switches.
   */
  boolean memoryOfFile() {
    var devices = Xml.children(this.devices, "memory");
    if (devices.stream().anyMatch(device -> !Xml.text(device, "source/path").isEmpty())) {
      return true;
    }
    var backing = Xml.at(domain, "memoryBacking");
    var type = Xml.attribute(backing, "source", "type");
    var huge = Xml.at(backing, "hugepages");
    boolean allHuge =
        huge != null
            && Xml.children(huge, "page").stream().noneMatch(page -> page.hasAttribute("nodeset"));
    // who may access memory is said of a file, so libvirt makes one of it
    boolean accessed =
        !Xml.attribute(backing, "access", "mode").isEmpty()
            || Xml.children(Xml.at(domain, "cpu/numa"), "cell").stream()
                .anyMatch(cell -> cell.hasAttribute("memAccess"))
            || devices.stream().anyMatch(device -> device.hasAttribute("access"));
    return !type.equals("memfd") && !allHuge && (type.equals("file") || accessed);
  }

  /** Tell the sizes of its huge pages, none for the host's default; empty on ordinary pages. */
  Optional<List<Memory>> hugePages() {
    var huge = Xml.at(domain, "memoryBacking/hugepages");
    return huge == null
        ? Optional.empty()
        : Optional.of(
            Xml.children(huge, "page").stream()
                // libvirt writes it in KiB whatever it was given in
                .map(page -> Memory.ofKiB(Long.parseLong(page.getAttribute("size"))))
                .distinct()
                .toList());
  }

  /** Tell whether a libvirt network leases it an address. */
  boolean onNetwork() {
    return Xml.children(devices, "interface").stream()
        .anyMatch(i -> i.getAttribute("type").equals("network"));
  }

  /** List what ties it to its host, in the order of the XML. */
  List<Tie> ties() {
    var ties = new ArrayList<Tie>(OtherManagers.tie(Xml.at(domain, "metadata")));
    for (var device : Xml.children(devices, "*")) {
      var tie = DeviceTies.tie(device);
      if (tie != null) {
        ties.add(tie);
      }
    }
    if (Xml.at(domain, "launchSecurity") != null) {
      ties.add(new Tie(Tie.Kind.OTHER, "its memory is encrypted for this host's processor"));
    }
    return ties;
  }
}
