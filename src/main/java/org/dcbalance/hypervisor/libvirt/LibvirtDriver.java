package org.dcbalance.hypervisor.libvirt;

import java.net.URI;
import java.util.Set;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorDriver;
import org.springframework.stereotype.Component;

/** Open connections to QEMU and Xen hosts by libvirt; loads its library only for the first one. */
@Component
final class LibvirtDriver implements HypervisorDriver {
  /** The drivers that libvirt itself knows: those that we do not balance are refused by name. */
  private static final Set<String> FAMILIES =
      Set.of(
          "qemu", "xen", "test", "lxc", "openvz", "vz", "vbox", "esx", "gsx", "vpx", "hyperv",
          "bhyve", "ch");

  private final LibvirtSettings settings;

  LibvirtDriver(LibvirtSettings settings) {
    this.settings = settings;
  }

  @Override
  public boolean handles(URI uri) {
    return uri.getScheme() != null && FAMILIES.contains(uri.getScheme().replaceFirst("\\+.*", ""));
  }

  @Override
  public void check(URI uri) {
    // resolving finds files outside the allowed folders
    LibvirtUri.parse(uri).connectString(new AllowedPaths(settings.allowedPaths()));
  }

  @Override
  public void checkPeer(URI uri) {
    LibvirtUri.parsePeer(uri);
  }

  @Override
  public Hypervisor open(URI uri) {
    check(uri);
    return new LibvirtHypervisor(LibvirtUri.parse(uri), settings);
  }
}
