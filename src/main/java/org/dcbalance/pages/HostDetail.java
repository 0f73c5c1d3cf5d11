package org.dcbalance.pages;

import java.util.List;
import java.util.UUID;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.inventory.Host;
import org.jspecify.annotations.Nullable;

/**
 * What the page of one host tells besides its load.
 *
 * @param uri null for those who may not see it
 * @param peerUri null for those who may not see it, and where other hosts use the same
 * @param memoryOfMoves how its VMs' memory is sent; null where none is, and where it is not known
 * @param noHelper why a helper would do nothing for it, as a sentence; null if it would
 */
record HostDetail(
    boolean maintenance,
    boolean down,
    @Nullable String uri,
    @Nullable String peerUri,
    @Nullable UUID uuid,
    @Nullable String libraryVersion,
    List<CapabilityLine> capabilities,
    @Nullable String memoryOfMoves,
    @Nullable String noHelper) {

  /** What it can do, or cannot and why; words complete "can …". */
  record CapabilityLine(String words, boolean can, @Nullable String reason) {}

  static HostDetail of(Host host, boolean administrator, @Nullable String memoryOfMoves) {
    return new HostDetail(
        host.maintenance(),
        host.state() == Host.State.DOWN || host.state() == Host.State.UNSUPPORTED,
        administrator ? host.uri() : null,
        administrator ? host.peerUri() : null,
        host.uuid(),
        host.libraryVersion().isEmpty() ? null : host.libraryVersion(),
        host.hypervisor().isEmpty() ? List.of() : capabilities(host),
        memoryOfMoves,
        HostHelpers.useless(host).orElse(null));
  }

  private static List<CapabilityLine> capabilities(Host host) {
    var missing = host.missing();
    return List.of(Capability.values()).stream()
        .map(c -> new CapabilityLine(c.words(), !missing.containsKey(c), missing.get(c)))
        .toList();
  }
}
