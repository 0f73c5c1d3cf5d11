package org.dcbalance.hypervisor.libvirt;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import org.libvirt.LibvirtException;
import org.w3c.dom.Element;

/** Find the UUID that tells one host from another, by whichever name it is entered. */
final class HostIdentity {
  private static final UUID NONE = new UUID(0, 0);
  private static final UUID ALL_ONES = new UUID(-1, -1);

  private HostIdentity() {}

  /**
   * Give the host's UUID: libvirt's own where its driver tells one (QEMU), otherwise the board's
   * from SMBIOS (Xen's driver names none in its capabilities). Boards without one are told apart by
   * their host name.
   */
  static UUID read(OpenConnection connection, Element capabilities) throws LibvirtException {
    return uuid(Xml.text(capabilities, "host/uuid"))
        .or(() -> board(connection))
        .orElse(byName(connection.getHostName()));
  }

  private static Optional<UUID> board(OpenConnection connection) {
    try {
      return inSysinfo(connection.getSysinfo());
    } catch (LibvirtException e) {
      // dmidecode is missing there, or the driver cannot
      return Optional.empty();
    }
  }

  /** Find the board's UUID in what virConnectGetSysinfo gives. */
  static Optional<UUID> inSysinfo(String xml) {
    var system = Xml.at(Xml.parse(xml), "system");
    return system == null
        ? Optional.empty()
        : Xml.children(system, "entry").stream()
            .filter(entry -> entry.getAttribute("name").equals("uuid"))
            .findFirst()
            .flatMap(entry -> uuid(entry.getTextContent()));
  }

  /** Read a UUID; boards without one say so in words, or give all zeros or all ones. */
  private static Optional<UUID> uuid(String text) {
    try {
      var uuid = UUID.fromString(text.strip());
      return uuid.equals(NONE) || uuid.equals(ALL_ONES) ? Optional.empty() : Optional.of(uuid);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static UUID byName(String hostName) {
    return UUID.nameUUIDFromBytes(("host " + hostName).getBytes(StandardCharsets.UTF_8));
  }
}
