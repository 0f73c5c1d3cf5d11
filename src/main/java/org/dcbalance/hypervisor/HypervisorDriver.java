package org.dcbalance.hypervisor;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Open connections of one family of hypervisors. */
public interface HypervisorDriver {
  /** Tell whether URIs of this scheme are for this driver. */
  boolean handles(URI uri);

  /**
   * Check a URI by the rules of what an administrator may enter, without connecting. Its host may
   * be looked up for it.
   *
   * @throws org.dcbalance.units.Problem with the sentence that says what is wrong with it
   */
  void check(URI uri);

  /**
   * Check the URI by which other hosts reach a host, without connecting. By the rules of {@link
   * #check} unless a driver has others.
   *
   * @throws org.dcbalance.units.Problem with the sentence that says what is wrong with it
   */
  default void checkPeer(URI uri) {
    check(uri);
  }

  /**
   * Check the URI by which other hosts reach a host by how it is written alone: nothing is looked
   * up, so that all hosts of a pool may be checked at once.
   *
   * @throws org.dcbalance.units.Problem with the sentence that says what is wrong with it
   */
  default void checkPeerForm(URI uri) {
    checkPeer(uri);
  }

  /**
   * Prepare a connection to a host; the first call on it connects, which fails as UNREACHABLE if
   * the URI is not allowed any more by then.
   *
   * @throws org.dcbalance.units.Problem if the URI is not allowed
   */
  Hypervisor open(URI uri);

  /**
   * Prepare a connection to a host of the inventory, as {@link #open(URI)} does.
   *
   * @param name what sentences call it, which everybody may see then: they do not tell how it is
   *     reached. Null for how its URI has it.
   */
  default Hypervisor open(URI uri, @Nullable String name) {
    return open(uri);
  }
}
