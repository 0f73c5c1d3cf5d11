package org.dcbalance.hypervisor.libvirt;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.units.Problem;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * Find out whether a host's daemon can open a connection to another one.
 *
 * <p>libvirt has no call for that, but a peer-to-peer migration opens that connection before it
 * looks at the guest. So a definition without disks, which is never started, is offered for an
 * offline migration that libvirt must refuse: it lacks the flag that offline migrations need. A
 * refusal for that reason proves name resolution, network, TLS and authentication; any other is the
 * answer why not. The definition is removed afterwards. What stays unproven is the port for the
 * memory itself (QEMU: 49152 and up), and that the peer is another host: a migration to itself is
 * refused by libvirt when it starts. Xen has no offline migration, so there it cannot be checked.
 */
final class PeerProbe {
  /** The first half of the UUIDs of our definitions. */
  private static final long MARK = 0xdcba1a2c7ea44000L;

  private static final String XML =
      """
      <domain type='%s'>
        <name>dcbalance-reach-test-%s</name>
        <uuid>%s</uuid>
        <description>Made by DCbalance to test the way to another host; may be removed.</description>
        <memory unit='MiB'>1</memory>
        <vcpu>1</vcpu>
        <os><type>hvm</type></os>
      </domain>
      """;
  private static final UUID OTHER = new UUID(MARK, 0x8000000000000000L);

  // virDomainMigrateFlags
  private static final int PEER2PEER = 1 << 1;
  private static final int OFFLINE = 1 << 10;

  private final HostLink link;
  private final AllowedNetworks networks;
  private final boolean xen;

  // an attempt goes on for up to two minutes where packets vanish
  private final Set<String> running = ConcurrentHashMap.newKeySet();

  PeerProbe(HostLink link, AllowedNetworks networks, boolean xen) {
    this.link = link;
    this.networks = networks;
    this.xen = xen;
  }

  Optional<String> check(String peerUri) {
    LibvirtUri peer;
    try {
      peer = LibvirtUri.parsePeer(URI.create(peerUri));
      networks.check(peer);
    } catch (Problem e) {
      return Optional.of(e.sentence());
    }
    if (peer.driver().equals("xen") != xen) {
      return Optional.of("A guest cannot move between QEMU and Xen: %s.".formatted(peerUri));
    }
    if (xen) {
      throw new HypervisorException(
          Kind.UNSUPPORTED,
          "Whether %s reaches %s cannot be checked: Xen's toolstack has no call that tries it."
              .formatted(link.label(), peerUri),
          null);
    }
    if (!running.add(peerUri)) {
      return Optional.of(noAnswer(peerUri));
    }
    var begun = new AtomicBoolean();
    try {
      return link.detachedCall(
          "try the way to " + peerUri,
          connection -> {
            begun.set(true);
            try {
              return check(connection, peerUri);
            } finally {
              running.remove(peerUri);
            }
          });
    } catch (HypervisorException e) {
      if (e.kind() == Kind.TIMED_OUT) {
        return Optional.of(noAnswer(peerUri));
      }
      throw e;
    } finally {
      if (!begun.get()) {
        running.remove(peerUri);
      }
    }
  }

  private String noAnswer(String peerUri) {
    return "%s got no answer from %s in time.".formatted(link.label(), peerUri);
  }

  private Optional<String> check(OpenConnection connection, String peerUri)
      throws LibvirtException {
    var type = domainType(Xml.parse(connection.getCapabilities()));
    var guest = guest(peerUri);
    var domain = connection.domainDefineXML(xml(type, guest));
    try (var ref = connection.ref(guest)) {
      // the second safety: were the first check ever dropped, another guest's XML is refused too
      var params = new TypedParameters.Block(Map.of("destination_xml", xml(type, OTHER)));
      int result =
          connection
              .library()
              .virDomainMigrateToURI3(
                  ref.pointer(), peerUri, params.pointer(), params.count(), PEER2PEER | OFFLINE);
      params.keep();
      if (result >= 0) {
        throw new IllegalStateException("The test definition was moved to " + peerUri);
      }
      var failure = connection.lastFailure();
      return failure.code() == LibvirtFailure.OPERATION_INVALID
              || failure.code() == LibvirtFailure.CONFIG_UNSUPPORTED
          ? Optional.empty()
          : Optional.of(
              "%s cannot reach %s: %s.".formatted(link.label(), peerUri, failure.words().strip()));
    } finally {
      remove(domain);
    }
  }

  /** Tell whether a definition is one of ours, which never counts as a guest. */
  static boolean owns(UUID guest) {
    return guest.getMostSignificantBits() == MARK;
  }

  /** Give each peer a definition of its own: a retry meets what an interrupted check left. */
  private static UUID guest(String peerUri) {
    var hash = UUID.nameUUIDFromBytes(peerUri.getBytes(StandardCharsets.UTF_8));
    return new UUID(MARK, hash.getLeastSignificantBits());
  }

  private static String xml(String type, UUID guest) {
    return XML.formatted(type, guest.toString().substring(24), guest);
  }

  private static String domainType(org.w3c.dom.Element capabilities) {
    var type = Xml.attribute(capabilities, "guest/arch/domain", "type");
    return type.isEmpty() ? "qemu" : type;
  }

  private static void remove(Domain domain) throws LibvirtException {
    domain.undefine();
    domain.free();
  }
}
