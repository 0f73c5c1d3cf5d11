package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.Guest.Tie;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.HostCpu;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * List a host's guests, each read by a call of its own, so that a long list keeps its deadlines.
 */
final class GuestListing {
  // virConnectListAllDomainsFlags
  private static final int WITH_SNAPSHOTS = 1 << 12;

  // virDomainInterfaceAddressesSource
  private static final int FROM_LEASES = 0;
  private static final int FROM_NEIGHBOURS = 2;

  private static final UUID DOMAIN_0 = new UUID(0, 0);

  private final HostLink link;
  private final boolean xen;

  GuestListing(HostLink link, boolean xen) {
    this.link = link;
    this.xen = xen;
  }

  List<Guest> read() {
    var snapshots = uuids(WITH_SNAPSHOTS, true);
    var guests = new ArrayList<Guest>();
    var processor = new Processor();
    for (var uuid : uuids(0, false)) {
      if (!uuid.equals(DOMAIN_0) && !PeerProbe.owns(uuid)) {
        guest(uuid, snapshots.contains(uuid), processor).ifPresent(guests::add);
      }
    }
    // libvirt gives them in the order of a hash table, which changes when its daemon starts again
    guests.sort(Comparator.comparing(Guest::name));
    return guests;
  }

  private Set<UUID> uuids(int flags, boolean emptyIfUnsupported) {
    try {
      return link.call(
          "list its guests",
          connection -> {
            var found = new LinkedHashSet<UUID>();
            for (var domain : connection.listAllDomains(flags)) {
              found.add(UUID.fromString(domain.getUUIDString()));
              domain.free();
            }
            return found;
          });
    } catch (HypervisorException e) {
      if (emptyIfUnsupported && e.kind() == Kind.UNSUPPORTED) {
        return Set.of();
      }
      throw e;
    }
  }

  /** Read one guest; empty if it vanished since it was listed. */
  private Optional<Guest> guest(UUID uuid, boolean snapshots, Processor processor) {
    try {
      var read = link.call("describe a guest", connection -> read(connection, uuid));
      var xml = read.xml;
      var ties = new ArrayList<>(xml.ties());
      if (snapshots) {
        ties.add(new Tie(Tie.Kind.SNAPSHOT_METADATA, "it has snapshots"));
      }
      var info = read.info;
      return Optional.of(
          new Guest(
              uuid,
              xml.name(),
              xml.id(),
              xml.osType(),
              States.guest(info.state.ordinal()),
              info.nrVirtCpu,
              Duration.ofNanos(info.cpuTime),
              Memory.ofKiB(info.maxMem),
              Memory.ofKiB(info.memory),
              xml.disks(),
              addresses(uuid, xml),
              xml.networks(),
              ties,
              processor.seenBy(xml.cpu())));
    } catch (HypervisorException e) {
      if (e.kind() == Kind.NO_SUCH_GUEST) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The host's processor, read once for a list, and only where a guest sees it as it is. */
  private final class Processor {
    private boolean read;
    private @Nullable HostCpu known;

    GuestCpu seenBy(GuestCpu cpu) {
      if (!PassedThrough.is(cpu)) {
        return cpu;
      }
      if (!read) {
        known = processor();
        read = true;
      }
      return cpu.on(known);
    }
  }

  private @Nullable HostCpu processor() {
    try {
      return link.call("tell its processor", connection -> PassedThrough.of(connection));
    } catch (HypervisorException e) {
      if (e.kind() == Kind.UNSUPPORTED || e.kind() == Kind.FAILED) {
        return null;
      }
      throw e;
    }
  }

  private record Read(DomainXml xml, org.libvirt.DomainInfo info) {}

  private static Read read(OpenConnection connection, UUID uuid) throws LibvirtException {
    var domain = connection.domain(uuid);
    try {
      return new Read(new DomainXml(domain.getXMLDesc(0)), domain.getInfo());
    } finally {
      domain.free();
    }
  }

  /**
   * Ask for IP addresses where the host itself knows them; otherwise the MAC addresses have to do.
   * A guest's agent is not asked: one that hangs would hold up the other calls to the host.
   */
  private List<String> addresses(UUID uuid, DomainXml xml) {
    // Xen's driver has leases alone, and logs an error for each question about neighbours
    if (xml.id() < 0 || (xen && !xml.onNetwork())) {
      return xml.macs();
    }
    int source = xml.onNetwork() ? FROM_LEASES : FROM_NEIGHBOURS;
    try {
      var found =
          link.call(
              "tell a guest's addresses", connection -> addresses(connection.domain(uuid), source));
      return found.isEmpty() ? xml.macs() : found;
    } catch (HypervisorException e) {
      return switch (e.kind()) {
        case UNREACHABLE, TIMED_OUT, NO_LIBRARY, NO_SUCH_GUEST -> throw e;
        case UNSUPPORTED, DISCONNECTED, ABORTED, FAILED -> xml.macs();
      };
    }
  }

  private static List<String> addresses(Domain domain, int source) throws LibvirtException {
    try {
      return domain.interfaceAddresses(source, 0).stream()
          .flatMap(i -> i.addrs.stream())
          .map(a -> a.address)
          .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
          .map(address -> address.getHostAddress())
          .distinct()
          .toList();
    } finally {
      domain.free();
    }
  }
}
