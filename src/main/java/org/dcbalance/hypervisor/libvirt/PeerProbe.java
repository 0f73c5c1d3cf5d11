package org.dcbalance.hypervisor.libvirt;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
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
 * memory itself (QEMU: 49152 and up). Xen has no offline migration, so there it cannot be checked.
 */
final class PeerProbe {
  /** The definition that the check uses; it never counts as a guest. */
  static final UUID GUEST = UUID.fromString("dcba1a2c-7ea4-4000-8000-000000000001");

  private static final String XML =
      """
      <domain type='%s'>
        <name>dcbalance-reach-test</name>
        <uuid>%s</uuid>
        <description>Made by DCbalance to test the way to another host; may be removed.</description>
        <memory unit='MiB'>1</memory>
        <vcpu>1</vcpu>
        <os><type>hvm</type></os>
      </domain>
      """;
  private static final UUID OTHER = UUID.fromString("dcba1a2c-7ea4-4000-8000-000000000002");

  // virDomainMigrateFlags
  private static final int PEER2PEER = 1 << 1;
  private static final int OFFLINE = 1 << 10;

  private final HostLink link;
  private final boolean xen;

  PeerProbe(HostLink link, boolean xen) {
    this.link = link;
    this.xen = xen;
  }

  Optional<String> check(String peerUri) {
    var peer = LibvirtUri.parsePeer(URI.create(peerUri));
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
    try {
      return link.call("try the way to " + peerUri, connection -> check(connection, peerUri));
    } catch (HypervisorException e) {
      if (e.kind() == Kind.TIMED_OUT) {
        return Optional.of("%s got no answer from %s in time.".formatted(link.label(), peerUri));
      }
      throw e;
    }
  }

  private Optional<String> check(OpenConnection connection, String peerUri)
      throws LibvirtException {
    var type = Xml.parse(connection.getCapabilities());
    var domain = connection.domainDefineXML(XML.formatted(domainType(type), GUEST));
    try (var ref = connection.ref(GUEST)) {
      // the second safety: were the first check ever dropped, another guest's XML is refused too
      var params =
          new TypedParameters.Block(
              Map.of("destination_xml", XML.formatted(domainType(type), OTHER)));
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

  private static String domainType(org.w3c.dom.Element capabilities) {
    var type = Xml.attribute(capabilities, "guest/arch/domain", "type");
    return type.isEmpty() ? "qemu" : type;
  }

  private static void remove(Domain domain) throws LibvirtException {
    domain.undefine();
    domain.free();
  }
}
