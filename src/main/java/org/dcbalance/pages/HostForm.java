package org.dcbalance.pages;

import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostRegistration;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;

/** What was typed into the form of a host; id is null for a new one. */
record HostForm(
    @Nullable HostId id, String name, String uri, String peerUri, @Nullable PoolId poolId) {

  /**
   * Have nothing typed yet, for the pool that was picked, or the default one if that is not real.
   */
  static HostForm blank(Shell shell) {
    var real = shell.real();
    var pool =
        real.stream()
            .filter(p -> p.id().equals(shell.poolId()))
            .findFirst()
            .or(() -> real.stream().filter(p -> p.name().equals("default")).findFirst());
    return new HostForm(null, "", "", "", pool.map(PoolChoice::id).orElse(null));
  }

  HostForm in(PoolId pool) {
    return new HostForm(id, name, uri, peerUri, pool);
  }

  static HostForm of(Host host) {
    var peerUri = host.peerUri();
    return new HostForm(
        host.id(), host.name(), host.uri(), peerUri == null ? "" : peerUri, host.poolId());
  }

  HostRegistration.Entry entry() {
    return new HostRegistration.Entry(name, uri, peerUri, poolId == null ? null : poolId.value());
  }
}
