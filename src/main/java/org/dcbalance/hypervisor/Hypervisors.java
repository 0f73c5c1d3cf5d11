package org.dcbalance.hypervisor;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Find the driver for a host's URI. Nothing here keeps connections. */
@Component
public class Hypervisors {
  private final List<HypervisorDriver> drivers;

  public Hypervisors(List<HypervisorDriver> drivers) {
    this.drivers = List.copyOf(drivers);
  }

  /**
   * Check a host's URI without connecting.
   *
   * @throws Problem with the sentence that says what is wrong with it
   */
  public void check(String uri) {
    var parsed = parse(uri);
    driver(parsed).check(parsed);
  }

  /**
   * Check the URI by which other hosts reach a host, without connecting.
   *
   * @throws Problem with the sentence that says what is wrong with it
   */
  public void checkPeer(String uri) {
    var parsed = parse(uri);
    driver(parsed).checkPeer(parsed);
  }

  /** Tell whether other hosts could use a URI, by how it is written alone. */
  public boolean usableByPeers(String uri) {
    try {
      var parsed = parse(uri);
      driver(parsed).checkPeerForm(parsed);
      return true;
    } catch (Problem notForPeers) {
      return false;
    }
  }

  /**
   * Prepare a connection to a host; the first call on it connects.
   *
   * @throws Problem if the URI is not allowed or of a family that is not known
   */
  public Hypervisor open(String uri) {
    return open(uri, null);
  }

  /**
   * Prepare a connection to a host of the inventory, as {@link #open(String)} does.
   *
   * @param name what sentences call it, which everybody may see then: they do not tell how it is
   *     reached. Null for how its URI has it.
   */
  public Hypervisor open(String uri, @Nullable String name) {
    var parsed = parse(uri);
    return driver(parsed).open(parsed, name);
  }

  private HypervisorDriver driver(URI uri) {
    return drivers.stream()
        .filter(driver -> driver.handles(uri))
        .findFirst()
        .orElseThrow(
            () ->
                new Problem(
                    ErrorCode.BAD_REQUEST,
                    "DCbalance knows no hypervisor of the kind '%s'.".formatted(uri.getScheme()),
                    "Maybe enter a libvirt URI of a QEMU or Xen host, such as"
                        + " qemu+tls://host/system or xen+ssh://root@host/system."));
  }

  private static URI parse(String uri) {
    try {
      return new URI(uri.strip());
    } catch (URISyntaxException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "'%s' is not a URI.".formatted(uri.strip()),
          "Maybe enter one such as qemu+tls://host/system.",
          e);
    }
  }
}
