package org.dcbalance.notification;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
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
  /** Addresses at which clouds tell machines their credentials, where no class covers them. */
  private static final List<Network> METADATA =
      List.of(
          Network.parse("fd00:ec2::254"),
          Network.parse("fd20:ce::254"),
          Network.parse("100.100.100.200"),
          Network.parse("192.0.0.192"));

  private static final Network THIS_NETWORK = Network.parse("0.0.0.0/8");
  private static final Network RESERVED = Network.parse("240.0.0.0/4");

  private final List<Network> allowed;

  AddressGuard(NotificationSettings settings) {
    this.allowed = settings.allowedNetworks().stream().map(Network::parse).toList();
  }

  /**
   * Look a name up, once, and make sure that all its addresses may be talked to.
   *
   * @throws UnknownHostException if it has none
   * @throws Problem if one of them is refused, which a mixed answer is a trick for
   */
  InetAddress[] addresses(String host) throws UnknownHostException {
    var found = InetAddress.getAllByName(bare(host));
    for (var address : found) {
      refusal(address)
          .ifPresent(
              kind -> {
                throw new Problem(
                    ErrorCode.REFUSED,
                    "%s is %s%s, so nothing is sent there."
                        .formatted(
                            host,
                            address.getHostAddress().equals(bare(host))
                                ? ""
                                : "at " + address.getHostAddress() + ", ",
                            kind),
                    "Maybe name another host, or allow the network in"
                        + " dcbalance.notification.allowed-networks.");
              });
    }
    return found;
  }

  private static String bare(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  /** Say what kind of address it is that nothing is sent to; empty for those that are fine. */
  Optional<String> refusal(InetAddress address) {
    if (allowed.stream().anyMatch(network -> network.contains(address))) {
      return Optional.empty();
    }
    var inner = embedded(address);
    return Optional.ofNullable(kind(address))
        .or(() -> inner == null ? Optional.empty() : refusal(inner));
  }

  private static @Nullable String kind(InetAddress address) {
    if (address.isAnyLocalAddress() || THIS_NETWORK.contains(address)) {
      return "an unspecified address";
    }
    if (address.isLoopbackAddress()) {
      return "a loopback address";
    }
    if (METADATA.stream().anyMatch(network -> network.contains(address))) {
      return "where clouds keep credentials";
    }
    if (address.isLinkLocalAddress()) {
      return "a link-local address";
    }
    if (address.isMulticastAddress()) {
      return "a multicast address";
    }
    return RESERVED.contains(address) ? "a reserved address" : null;
  }

  /**
   * Find the IPv4 address that an IPv6 address leads to: mapped (RFC 4291, which Java unwraps by
   * itself), compatible, translated by NAT64 (RFC 6052) or 6to4 (RFC 3056).
   */
  private static @Nullable InetAddress embedded(InetAddress address) {
    if (address instanceof Inet4Address) {
      return null;
    }
    var bytes = address.getAddress();
    boolean compatible = zero(bytes, 0, 12) && !zero(bytes, 12, 15);
    boolean nat64 =
        bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == (byte) 0xff && bytes[3] == (byte) 0x9b;
    boolean sixToFour = bytes[0] == 0x20 && bytes[1] == 0x02;
    try {
      if (compatible || nat64) {
        return InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
      }
      return sixToFour ? InetAddress.getByAddress(Arrays.copyOfRange(bytes, 2, 6)) : null;
    } catch (UnknownHostException e) {
      throw new IllegalStateException("Four bytes are an address.", e);
    }
  }

  private static boolean zero(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
