package org.dcbalance.hypervisor.libvirt;

import java.util.stream.Collectors;
import org.dcbalance.hypervisor.Guest.Tie;
import org.dcbalance.hypervisor.Guest.Tie.Kind;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/** Tell which devices of a guest exist on its host alone. */
final class DeviceTies {
  private DeviceTies() {}

  static @Nullable Tie tie(Element device) {
    var type = device.getAttribute("type");
    return switch (device.getLocalName()) {
      case "hostdev" -> passed(hostDevice(device, type));
      case "disk" ->
          switch (type) {
            case "nvme" -> passed("NVMe disk " + address(Xml.at(device, "source/address")));
            case "vhostuser", "vhostvdpa" -> other("disk served by a %s process", type);
            case "dir" ->
                other("disk made of the directory %s", Xml.attribute(device, "source", "dir"));
            default -> null;
          };
      case "interface" ->
          switch (type) {
            case "hostdev" -> passed("network card " + address(Xml.at(device, "source/address")));
            case "vdpa" -> passed("network card " + Xml.attribute(device, "source", "dev"));
            case "vhostuser" -> other("network interface served by a vhost-user process");
            default -> null;
          };
      case "filesystem" ->
          other("shares the host's directory %s", Xml.attribute(device, "source", "dir"));
      case "shmem" -> other("shares the memory region %s", device.getAttribute("name"));
      case "tpm" ->
          Xml.attribute(device, "backend", "type").equals("passthrough")
              ? passed("the host's TPM")
              : null;
      case "smartcard" ->
          device.getAttribute("mode").startsWith("host") ? passed("smart card") : null;
      case "serial", "parallel" ->
          type.equals("dev") ? passed("port " + Xml.attribute(device, "source", "path")) : null;
      case "input" ->
          type.equals("passthrough") || type.equals("evdev")
              ? passed("input device " + Xml.attribute(device, "source", "evdev"))
              : null;
      case "memory" ->
          device.getAttribute("model").endsWith("nvdimm")
                  || device.getAttribute("model").equals("virtio-pmem")
              ? other("persistent memory %s", Xml.text(device, "source/path"))
              : null;
      default -> null;
    };
  }

  private static String hostDevice(Element device, String type) {
    var source = Xml.at(device, "source");
    var address = Xml.at(source, "address");
    return switch (type) {
      case "pci" -> "PCI device " + address(address);
      case "mdev" -> "mediated device " + (address == null ? "" : address.getAttribute("uuid"));
      case "usb" ->
          "USB device %s:%s"
              .formatted(
                  Xml.attribute(source, "vendor", "id"), Xml.attribute(source, "product", "id"));
      case "scsi" -> "SCSI device " + Xml.attribute(source, "adapter", "name");
      case "" -> "device " + device.getAttribute("mode");
      default -> type + " device";
    };
  }

  private static String address(@Nullable Element address) {
    if (address == null) {
      return "without an address";
    }
    return java.util.stream.Stream.of("domain", "bus", "slot", "function")
        .map(address::getAttribute)
        .map(part -> part.replaceFirst("^0x", ""))
        .collect(Collectors.joining(":"))
        .replaceFirst(":([0-9a-fA-F]*)$", ".$1");
  }

  private static Tie passed(String detail) {
    return new Tie(Kind.PASSED_THROUGH_DEVICE, detail.strip());
  }

  private static Tie other(String words, Object... values) {
    return new Tie(Kind.OTHER, words.formatted(values).strip());
  }
}
