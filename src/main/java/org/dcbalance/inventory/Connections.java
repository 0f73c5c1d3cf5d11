package org.dcbalance.inventory;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.Hypervisors;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/** Keep one connection per host, made when it is first needed. */
@Component
public class Connections implements DisposableBean {
  private record Open(String uri, Hypervisor hypervisor) {}

  private final Hypervisors hypervisors;
  private final Hosts hosts;
  private final ConcurrentHashMap<HostId, Open> open = new ConcurrentHashMap<>();
  private final List<BiConsumer<HostId, HypervisorEvent>> listeners = new CopyOnWriteArrayList<>();

  Connections(Hypervisors hypervisors, Hosts hosts) {
    this.hypervisors = hypervisors;
    this.hosts = hosts;
  }

  /**
   * Give the connection to a host of the inventory.
   *
   * @throws Problem if there is no such host
   * @throws HypervisorException UNREACHABLE if its URI is not allowed any more
   */
  public Hypervisor to(HostId id) {
    return to(hosts.require(id));
  }

  /**
   * Give the connection to a host.
   *
   * @throws HypervisorException UNREACHABLE if its URI is not allowed any more
   */
  public Hypervisor to(Host host) {
    var id = host.id();
    return open.compute(
            id,
            (key, known) -> {
              if (known != null && known.uri().equals(host.uri())) {
                return known;
              }
              if (known != null) {
                known.hypervisor().close();
              }
              var hypervisor = connected(host);
              hypervisor.listen(event -> listeners.forEach(l -> l.accept(id, event)));
              return new Open(host.uri(), hypervisor);
            })
        .hypervisor();
  }

  private Hypervisor connected(Host host) {
    try {
      return hypervisors.open(host.uri(), host.name());
    } catch (Problem e) {
      throw HypervisorException.notAllowed(e);
    }
  }

  /**
   * Open a connection of the caller's own, to try a URI; the caller closes it.
   *
   * @throws Problem if the URI is malformed or not allowed
   */
  public Hypervisor connect(String uri) {
    return hypervisors.open(uri);
  }

  /**
   * Check a URI without connecting.
   *
   * @throws Problem if the URI is malformed or not allowed
   */
  public void check(String uri) {
    hypervisors.check(uri);
  }

  /**
   * Check the URI by which other hosts reach a host.
   *
   * @throws Problem if it is malformed or not allowed
   */
  public void checkPeer(String uri) {
    hypervisors.checkPeer(uri);
  }

  /** Tell whether other hosts could use a URI, by how it is written alone. */
  public boolean usableByPeers(String uri) {
    return hypervisors.usableByPeers(uri);
  }

  /** Be told of the events of all hosts that are connected. */
  public void listen(BiConsumer<HostId, HypervisorEvent> listener) {
    listeners.add(listener);
  }

  /** End the connection to a host that was removed or whose URI changed. */
  void forget(HostId id) {
    var known = open.remove(id);
    if (known != null) {
      known.hypervisor().close();
    }
  }

  @Override
  public void destroy() {
    open.values().forEach(o -> o.hypervisor().close());
  }
}
