package org.dcbalance.inventory;

import java.net.URI;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorDriver;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/** Keep one connection per host, made when it is first needed. */
@Component
public class Connections implements DisposableBean {
  private record Open(String uri, Hypervisor hypervisor) {}

  private final List<HypervisorDriver> drivers;
  private final Hosts hosts;
  private final ConcurrentHashMap<HostId, Open> open = new ConcurrentHashMap<>();
  private final List<BiConsumer<HostId, HypervisorEvent>> listeners = new CopyOnWriteArrayList<>();

  Connections(List<HypervisorDriver> drivers, Hosts hosts) {
    this.drivers = List.copyOf(drivers);
    this.hosts = hosts;
  }

  /**
   * Give the connection to a host of the inventory.
   *
   * @throws Problem if there is no such host
   */
  public Hypervisor to(HostId id) {
    var host =
        hosts
            .findById(id.value())
            .orElseThrow(
                () -> new Problem(ErrorCode.NOT_FOUND, "There is no host " + id + ".", null));
    return to(host);
  }

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
              var hypervisor = connect(host.uri());
              hypervisor.listen(event -> listeners.forEach(l -> l.accept(id, event)));
              return new Open(host.uri(), hypervisor);
            })
        .hypervisor();
  }

  /**
   * Open a connection of the caller's own, to try a URI; the caller closes it.
   *
   * @throws Problem if the URI is malformed or not allowed
   */
  public Hypervisor connect(String uri) {
    var parsed = parse(uri);
    return driver(parsed).open(parsed);
  }

  /**
   * Check a URI without connecting.
   *
   * @throws Problem if the URI is malformed or not allowed
   */
  public void check(String uri) {
    var parsed = parse(uri);
    driver(parsed).check(parsed);
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

  private HypervisorDriver driver(URI uri) {
    return drivers.stream()
        .filter(d -> d.handles(uri))
        .findFirst()
        .orElseThrow(
            () ->
                new Problem(
                    ErrorCode.BAD_REQUEST,
                    "\"" + uri.getScheme() + "\" is not a hypervisor that DCbalance supports.",
                    "Maybe use a libvirt URI of a QEMU or Xen host, such as"
                        + " qemu+tls://kvm-01.example.org/system or xen+ssh://root@xen-01/system."));
  }

  private static URI parse(String text) {
    try {
      var uri = URI.create(text.strip());
      if (uri.getScheme() == null) {
        throw new IllegalArgumentException("it names no scheme");
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"" + text + "\" is not a URI: " + e.getMessage() + ".",
          "Maybe use a libvirt URI such as qemu+tls://kvm-01.example.org/system.",
          e);
    }
  }
}
