package org.dcbalance.hypervisor.libvirt;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.dcbalance.hypervisor.StateStorage.Copy;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/**
 * Turn the XML of a captured guest into that of a copy, which can run beside it: another name and
 * UUID, nothing of the host that only one guest can have, and no way to the networks of the first.
 */
final class CopyXml {
  /** What an interface keeps: what the guest sees of it, since that is in its saved state. */
  private static final Set<String> SEEN_BY_GUEST =
      Set.of("mac", "model", "driver", "rom", "boot", "mtu", "acpi", "alias", "address");

  private static final Set<String> HARMLESS_PORTS = Set.of("pty", "null", "stdio", "spicevmc");
  private static final List<String> PORTS = List.of("serial", "parallel", "console", "channel");

  private CopyXml() {}

  /** List why a guest cannot run beside a copy of it; each completes "it …". */
  static List<String> whyNot(String domain) {
    var root = Xml.parse(domain);
    var reasons = new ArrayList<String>();
    if (Xml.at(root, "os/nvram") != null) {
      reasons.add("has variables of its firmware in a file, which a checkpoint does not hold");
    }
    for (var tpm : Xml.children(Xml.at(root, "devices"), "tpm")) {
      if (Xml.attribute(tpm, "backend", "type").equals("emulator")) {
        reasons.add("has an emulated TPM, whose state a checkpoint does not hold");
      }
    }
    return reasons;
  }

  /** Give the XML by which a copy goes on from the memory: the guest sees no difference. */
  static String running(String domain, Copy copy) {
    var root = renamed(domain, copy);
    for (var device : Xml.children(Xml.at(root, "devices"), "interface")) {
      for (var part : Xml.children(device, "*")) {
        if (!SEEN_BY_GUEST.contains(part.getLocalName())) {
          device.removeChild(part);
        }
      }
      connect(device, copy.network());
    }
    return Xml.write(root);
  }

  /**
   * Give the definition by which a copy starts anew: with network cards of its own, on the networks
   * of the first but with their links down, or on the isolated one.
   */
  static String definition(String domain, Copy copy) {
    var root = renamed(SnapshotXml.definition(domain), copy);
    int number = 0;
    for (var device : Xml.children(Xml.at(root, "devices"), "interface")) {
      for (var part : Xml.children(device, "*")) {
        if (Set.of("target", "link").contains(part.getLocalName())) {
          device.removeChild(part);
        }
      }
      var mac = Xml.at(device, "mac");
      if (mac != null) {
        mac.setAttribute("address", mac(copy.uuid(), number++));
      }
      if (copy.network() == null) {
        device.appendChild(linkDown(device));
      } else {
        for (var part : Xml.children(device, "*")) {
          if (!SEEN_BY_GUEST.contains(part.getLocalName())) {
            device.removeChild(part);
          }
        }
        connect(device, copy.network());
      }
    }
    return Xml.write(root);
  }

  /** Without a network it has a device of its host that leads nowhere. */
  private static void connect(Element device, @Nullable String network) {
    device.setAttribute("type", network == null ? "ethernet" : "network");
    if (network != null) {
      var source = device.getOwnerDocument().createElement("source");
      source.setAttribute("network", network);
      device.appendChild(source);
    }
  }

  /** Give the XML of each interface of a running domain, with its link down. */
  static List<String> linksDown(String domain) {
    return Xml.children(Xml.at(Xml.parse(domain), "devices"), "interface").stream()
        .map(
            device -> {
              Xml.children(device, "link").forEach(device::removeChild);
              device.appendChild(linkDown(device));
              return Xml.write(device);
            })
        .toList();
  }

  private static Element linkDown(Element device) {
    var link = device.getOwnerDocument().createElement("link");
    link.setAttribute("state", "down");
    return link;
  }

  /** Tell whether no interface of a running domain reaches more than it may. */
  static boolean isApart(String domain, Copy copy) {
    return Xml.children(Xml.at(Xml.parse(domain), "devices"), "interface").stream()
        .allMatch(
            device ->
                copy.network() == null
                    ? device.getAttribute("type").equals("ethernet")
                        && Xml.attribute(device, "link", "state").equals("down")
                    : device.getAttribute("type").equals("network")
                        && Xml.attribute(device, "source", "network").equals(copy.network()));
  }

  private static Element renamed(String domain, Copy copy) {
    var root = Xml.parse(SnapshotXml.unmapped(domain));
    put(root, "name", copy.name());
    put(root, "uuid", copy.uuid().toString());
    for (var entry : Xml.children(Xml.at(root, "sysinfo/system"), "entry")) {
      if (entry.getAttribute("name").equals("uuid")) {
        entry.setTextContent(copy.uuid().toString());
      }
    }
    for (var mark : Xml.children(Xml.at(root, "metadata"), "*")) {
      if (StatusReading.MARK.equals(mark.getNamespaceURI())) {
        mark.getParentNode().removeChild(mark);
      }
    }
    var devices = Xml.at(root, "devices");
    PORTS.forEach(kind -> Xml.children(devices, kind).forEach(CopyXml::freePort));
    Xml.children(devices, "graphics").forEach(CopyXml::freeScreen);
    return root;
  }

  private static void put(Element root, String name, String text) {
    var element = Xml.at(root, name);
    if (element == null) {
      throw new LibvirtFailure(27, "the guest of the checkpoint has no " + name);
    }
    element.setTextContent(text);
  }

  /** Files, sockets and ports of the host belong to the first guest. */
  private static void freePort(Element port) {
    Xml.children(port, "log").forEach(port::removeChild);
    if (port.getLocalName().equals("console")
        && Xml.attribute(port, "target", "type").equals("serial")) {
      // libvirt adds it to the serial port that it stands for
      port.getParentNode().removeChild(port);
      return;
    }
    if (HARMLESS_PORTS.contains(port.getAttribute("type"))) {
      Xml.children(port, "source").forEach(port::removeChild);
      return;
    }
    Xml.children(port, "source").forEach(port::removeChild);
    Xml.children(port, "protocol").forEach(port::removeChild);
    // a channel gets a socket below libvirt's own folder
    port.setAttribute("type", port.getLocalName().equals("channel") ? "unix" : "pty");
  }

  private static void freeScreen(Element screen) {
    if (screen.hasAttribute("port")) {
      screen.setAttribute("port", "-1");
      screen.setAttribute("autoport", "yes");
    }
    List.of("tlsPort", "websocket", "socket").forEach(screen::removeAttribute);
    Xml.children(screen, "listen").forEach(listen -> listen.removeAttribute("socket"));
  }

  /** The same one whenever it is asked for, in the range that QEMU's makers use. */
  private static String mac(UUID copy, int number) {
    var hash =
        UUID.nameUUIDFromBytes((copy + "/" + number).getBytes(StandardCharsets.US_ASCII))
            .getLeastSignificantBits();
    return String.format(
        Locale.ROOT, "52:54:00:%02x:%02x:%02x", hash & 0xff, hash >> 8 & 0xff, hash >> 16 & 0xff);
  }
}
