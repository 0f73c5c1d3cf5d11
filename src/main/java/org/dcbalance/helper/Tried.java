package org.dcbalance.helper;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.dcbalance.inventory.Host;

/**
 * Know where guests were resumed on memory that they map. It relies on QEMU not checking that all
 * pages came, which nobody promises: a host that differs from those that were tried reads memory
 * first, as always.
 */
final class Tried {
  private static final Pattern QEMU = Pattern.compile("7\\.2\\..*");
  private static final Pattern LIBVIRT = Pattern.compile("9\\.0\\..*");
  private static final int HELPER = 1;

  private Tried() {}

  /** Say why it is not done on a host; empty if it is. */
  static Optional<String> whyNot(Host host, HostHelper.Facts facts) {
    return whyNot(
        host.name(), host.hypervisor(), host.hypervisorVersion(), host.libraryVersion(), facts);
  }

  static Optional<String> whyNot(
      String host, String hypervisor, String version, String libvirt, HostHelper.Facts facts) {
    if (!hypervisor.toUpperCase(Locale.ROOT).equals("QEMU") || !QEMU.matcher(version).matches()) {
      return Optional.of(
          "%s has %s %s, and only QEMU 7.2 was tried.".formatted(host, hypervisor, version));
    }
    if (!LIBVIRT.matcher(libvirt).matches()) {
      return Optional.of(
          "%s has libvirt %s, and only libvirt 9.0 was tried.".formatted(host, libvirt));
    }
    if (facts.version() != HELPER) {
      return Optional.of(
          "The helper of %s has version %d, and this console needs %d."
              .formatted(host, facts.version(), HELPER));
    }
    if (!facts.hook().equals("ready")) {
      return Optional.of(
          facts.hook().equals("unread")
              ? "libvirt on %s has not started since its hook was installed.".formatted(host)
              : "libvirt on %s does not call the helper: it is not linked in /etc/libvirt/hooks/qemu.d."
                  .formatted(host));
    }
    if (!facts.security().isEmpty()) {
      return Optional.of(
          "libvirt on %s uses %s, with which it was not tried."
              .formatted(host, String.join(" and ", facts.security())));
    }
    if (!facts.user().equals("root")) {
      return Optional.of(
          "QEMU on %s runs as \"%s\", and only root was tried.".formatted(host, facts.user()));
    }
    return Optional.empty();
  }
}
