package org.dcbalance.pages;

import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostRegistration;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;

/**
 * What was typed into the form of a host.
 *
 * @param id null for a new one
 * @param version of the host as it was shown; null for a new one
 */
record HostForm(
    @Nullable HostId id,
    String name,
    String uri,
    String peerUri,
    @Nullable PoolId poolId,
    @Nullable Long version) {

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
    return new HostForm(null, "", "", "", pool.map(PoolChoice::id).orElse(null), null);
  }

  HostForm in(PoolId pool) {
    return new HostForm(id, name, uri, peerUri, pool, version);
  }

  HostForm seen(long version) {
    return new HostForm(id, name, uri, peerUri, poolId, version);
  }

  static HostForm of(Host host) {
    var peerUri = host.peerUri();
    return new HostForm(
        host.id(),
        host.name(),
        host.uri(),
        peerUri == null ? "" : peerUri,
        host.poolId(),
        host.version());
  }

  HostRegistration.Entry entry() {
    return new HostRegistration.Entry(name, uri, peerUri, poolId == null ? null : poolId.value());
  }
}
