package org.dcbalance.hypervisor.libvirt;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.hypervisor.libvirt.DomainXml.Attachment;
import org.libvirt.LibvirtException;

/**
 * Look for the networks, bridges and cards that a guest's interfaces are on.
 *
 * <p>Networks are libvirt's own. Bridges and cards are the host's: its interface driver lists them,
 * where libvirt was built with one. Built with netcf it knows configured ones alone, so one that it
 * does not list counts as missing only if no network and no guest of the host is on it either.
 */
final class NetworkFitting {
  // virConnectListAllDomainsFlags
  private static final int ACTIVE = 1;

  private final OpenConnection connection;
  private final List<String> lacks = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private NetworkFitting(OpenConnection connection) {
    this.connection = connection;
  }

  static NetworkFitting of(OpenConnection connection, DomainXml guest) throws LibvirtException {
    var fitting = new NetworkFitting(connection);
    for (var to : guest.attachments()) {
      if (to.kind().equals("network")) {
        fitting.network(to.name());
      } else {
        fitting.device(to);
      }
    }
    return fitting;
  }

  List<String> lacks() {
    return lacks;
  }

  List<String> notes() {
    return notes;
  }

  private void network(String name) {
    try {
      var network = connection.networkLookupByName(name);
      try {
        if (network.isActive() == 0) {
          lacks.add("has the network %s, but it is not active".formatted(name));
        }
      } finally {
        network.free();
      }
    } catch (LibvirtException e) {
      var failure = survived(e);
      if (failure.code() == LibvirtFailure.NO_NETWORK) {
        lacks.add("has no network " + name);
      } else {
        untold("the network " + name, failure);
      }
    }
  }

  private void device(Attachment to) throws LibvirtException {
    var what = (to.kind().equals("bridge") ? "bridge " : "network card ") + to.name();
    try {
      var device = connection.interfaceLookupByName(to.name());
      try {
        if (device.isActive() == 0) {
          notes.add("has the %s, but it has no link now".formatted(what));
        }
      } finally {
        device.free();
      }
    } catch (LibvirtException e) {
      var failure = survived(e);
      if (failure.code() != LibvirtFailure.NO_INTERFACE) {
        untold("the " + what, failure);
      } else if (!isUsed(to.name())) {
        lacks.add("has no " + what);
      }
    }
  }

  private void untold(String what, LibvirtFailure failure) {
    notes.add("could not tell whether it has %s: %s".formatted(what, failure.said()));
  }

  private LibvirtFailure survived(LibvirtException e) {
    var failure = LibvirtFailure.of(e);
    if (!connection.alive()) {
      throw failure;
    }
    return failure;
  }

  /** Tell whether a network or a running guest of the host is on a bridge or card. */
  private boolean isUsed(String name) throws LibvirtException {
    for (var other : connection.listNetworks()) {
      var network = connection.networkLookupByName(other);
      try {
        if (name.equals(Xml.attribute(Xml.parse(network.getXMLDesc(0)), "bridge", "name"))) {
          return true;
        }
      } finally {
        network.free();
      }
    }
    boolean used = false;
    for (var domain : connection.listAllDomains(ACTIVE)) {
      try {
        used |= new DomainXml(domain.getXMLDesc(0)).networks().contains(name);
      } catch (LibvirtException e) {
        // a guest that ended a moment ago is on no bridge
        if (!connection.alive()) {
          throw e;
        }
      } finally {
        domain.free();
      }
    }
    return used;
  }
}
