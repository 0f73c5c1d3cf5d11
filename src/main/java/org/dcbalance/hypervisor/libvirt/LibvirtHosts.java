package org.dcbalance.hypervisor.libvirt;

import org.dcbalance.hypervisor.AllowedHosts;
import org.springframework.stereotype.Component;

/** Allow others the addresses that hosts' URIs may lead to. */
@Component
final class LibvirtHosts implements AllowedHosts {
  private final AllowedNetworks allowed;

  LibvirtHosts(LibvirtSettings settings) {
    this.allowed = AllowedNetworks.of(settings);
  }

  @Override
  public void check(String host) {
    allowed.check(host);
  }

  @Override
  public boolean listed() {
    return !allowed.networks().isEmpty();
  }
}
