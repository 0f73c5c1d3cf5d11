package org.dcbalance.notification;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.dcbalance.address.Network;
import org.dcbalance.address.SpecialAddresses;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.springframework.stereotype.Component;

/**
 * Keep messages from being sent to where only this machine, its link or its cloud should be talked
 * to (server-side request forgery). Private networks are where receivers live, so they are allowed.
 *
 * <p>Whoever connects asks here for the addresses and connects to one of those: looking a name up
 * again would let it point elsewhere the second time.
 */
@Component
class AddressGuard {
  private static final String SETTING = "dcbalance.notification.allowed-networks";

  private final List<Network> allowed;

  AddressGuard(NotificationSettings settings) {
    this.allowed =
        settings.allowedNetworks().stream().map(text -> Network.parse(text, SETTING)).toList();
  }

  /**
   * Look a name up, once, and make sure that all its addresses may be talked to.
   *
   * @throws UnknownHostException if it has none
   * @throws Problem if one of them is refused, which a mixed answer is a trick for
   */
  InetAddress[] addresses(String host) throws UnknownHostException {
    var found = InetAddress.getAllByName(SpecialAddresses.bare(host));
    for (var address : found) {
      refusal(address)
          .ifPresent(
              kind -> {
                throw new Problem(
                    ErrorCode.REFUSED,
                    SpecialAddresses.words(host, address, kind) + ", so nothing is sent there.",
                    "Maybe name another host, or allow the network in " + SETTING + ".");
              });
    }
    return found;
  }

  /** Say what kind of address it is that nothing is sent to; empty for those that are fine. */
  Optional<String> refusal(InetAddress address) {
    return SpecialAddresses.refusal(
        address, one -> allowed.stream().anyMatch(network -> network.contains(one)));
  }
}
