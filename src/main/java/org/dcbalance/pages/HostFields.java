package org.dcbalance.pages;

import java.time.Instant;
import java.util.Optional;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostRegistration;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Find which field of a host's form a refusal is about, by checking each of them by itself. */
@Component
class HostFields {
  private final Hosts hosts;
  private final Pools pools;
  private final Connections connections;

  HostFields(Hosts hosts, Pools pools, Connections connections) {
    this.hosts = hosts;
    this.pools = pools;
    this.connections = connections;
  }

  /** Name the first field that is wrong by itself; without any, the host behind the URI is. */
  String wrongIn(HostRegistration.Entry entry, @Nullable HostId self) {
    if (refused(() -> new Host(new PoolId(0), entry.name(), "", null, Instant.EPOCH))
        || anotherThan(self, hosts.findByName(entry.name()))) {
      return "name";
    }
    if (refused(() -> connections.check(entry.uri()))
        || anotherThan(self, hosts.findByUri(entry.uri()))) {
      return "uri";
    }
    var peerUri = entry.peerUri();
    if (peerUri != null && refused(() -> connections.check(peerUri))) {
      return "peerUri";
    }
    return poolFits(entry) ? "uri" : "poolId";
  }

  /** Say why no VM could move to the host although it can be watched; null if one could. */
  @Nullable String noTarget(HostRegistration.Entry entry) {
    var peerUri = entry.peerUri();
    if ((peerUri != null && !peerUri.isBlank()) || !fineByItself(entry.uri())) {
      return null;
    }
    return connections.usableByPeers(entry.uri())
        ? null
        : "No VM can move to this host: the others reach it by its peer URI, or else by its"
            + " libvirt URI, and that one names what only this console has.";
  }

  /** Whether the key that it names may be read is another matter. */
  private boolean fineByItself(String uri) {
    int query = uri.indexOf('?');
    return query < 0
        ? !refused(() -> connections.check(uri))
        : connections.usableByPeers(uri.substring(0, query));
  }

  private boolean poolFits(HostRegistration.Entry entry) {
    var id = entry.poolId();
    return id == null
        || pools
            .findById(id)
            .filter(p -> p.simulated() == entry.uri().startsWith("simulated:"))
            .isPresent();
  }

  private static boolean anotherThan(@Nullable HostId self, Optional<Host> found) {
    return found.filter(h -> !h.id().equals(self)).isPresent();
  }

  private static boolean refused(Runnable check) {
    try {
      check.run();
      return false;
    } catch (Problem e) {
      return true;
    }
  }
}
