package org.dcbalance.hypervisor.libvirt;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.dcbalance.address.Network;
import org.dcbalance.address.SpecialAddresses;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/**
 * Keep hosts in the networks that an administrator listed (server-side request forgery). Without a
 * list they may be anywhere but where only this machine, its link or its cloud should be talked to.
 *
 * <p>libvirt and ssh look a name up once more when they connect, and it may point elsewhere by then
 * for whoever controls it.
 */
record AllowedNetworks(List<Network> networks) {
  private static final String SETTING = "dcbalance.libvirt.allowed-networks";

  AllowedNetworks {
    networks = List.copyOf(networks);
  }

  static AllowedNetworks of(LibvirtSettings settings) {
    return new AllowedNetworks(
        settings.allowedNetworks().stream().map(text -> Network.parse(text, SETTING)).toList());
  }

  /** Check the host of a URI, as {@link #check(String)} does; one without a host leads nowhere. */
  void check(LibvirtUri uri) {
    var host = uri.host();
    if (host != null) {
      check(host);
    }
  }

  /**
   * Look a host up, and make sure that all its addresses may be talked to. A name without any
   * passes if there is no list: nothing can be reached there yet.
   *
   * @param host a name or an address, an IPv6 one with or without brackets
   * @throws Problem BAD_REQUEST if an address may not; HYPERVISOR for a name without any
   */
  void check(String host) {
    for (var address : addresses(host)) {
      refusal(address)
          .ifPresent(
              why -> {
                throw new Problem(
                    ErrorCode.BAD_REQUEST,
                    SpecialAddresses.words(host, address, why) + ".",
                    "Maybe enter the address that other machines reach it at, or list the networks"
                        + " of all hosts there.");
              });
    }
  }

  private Optional<String> refusal(InetAddress address) {
    if (networks.isEmpty()) {
      return SpecialAddresses.refusal(address, one -> false)
          .map(kind -> kind + ", which " + SETTING + " does not allow");
    }
    return networks.stream().anyMatch(network -> network.contains(address))
        ? Optional.empty()
        : Optional.of("in no network that " + SETTING + " lists");
  }

  private List<InetAddress> addresses(String host) {
    var bare = SpecialAddresses.bare(host);
    try {
      // what connects is written in C, which takes 2130706433 and 0177.0.0.1 for 127.0.0.1
      return List.of(Inet4Address.ofPosixLiteral(bare));
    } catch (IllegalArgumentException otherwise) {
      // a name, or an IPv6 address
    }
    try {
      return List.of(InetAddress.getAllByName(bare));
    } catch (UnknownHostException e) {
      if (networks.isEmpty()) {
        return List.of();
      }
      throw new Problem(
          ErrorCode.HYPERVISOR,
          "%s has no address that this console knows, so nothing tells whether %s allows it."
              .formatted(host, SETTING),
          "Maybe the name is misspelt, or what looks names up for this console does not answer.",
          e);
    }
  }
}
