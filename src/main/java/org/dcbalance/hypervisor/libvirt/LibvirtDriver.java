package org.dcbalance.hypervisor.libvirt;

import java.net.URI;
import java.util.Set;
import org.dcbalance.hypervisor.CopiedDisks;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorDriver;
import org.jspecify.annotations.Nullable;
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
  private final AllowedNetworks networks;
  private final CopiedDisks copiedDisks;

  LibvirtDriver(LibvirtSettings settings, CopiedDisks copiedDisks) {
    this.settings = settings;
    this.copiedDisks = copiedDisks;
    this.networks = AllowedNetworks.of(settings);
  }

  @Override
  public boolean handles(URI uri) {
    return uri.getScheme() != null && FAMILIES.contains(uri.getScheme().replaceFirst("\\+.*", ""));
  }

  @Override
  public void check(URI uri) {
    networks.check(parse(uri));
  }

  private LibvirtUri parse(URI uri) {
    var parsed = LibvirtUri.parse(uri);
    // resolving finds files outside the allowed folders
    parsed.connectString(new AllowedPaths(settings.allowedPaths()));
    return parsed;
  }

  @Override
  public void checkPeer(URI uri) {
    networks.check(LibvirtUri.parsePeer(uri));
  }

  @Override
  public void checkPeerForm(URI uri) {
    LibvirtUri.parsePeer(uri);
  }

  @Override
  public Hypervisor open(URI uri) {
    return open(uri, null);
  }

  @Override
  public Hypervisor open(URI uri, @Nullable String name) {
    // where its host is now, each connection looks for itself
    return new LibvirtHypervisor(parse(uri), name, settings, networks, copiedDisks);
  }
}
