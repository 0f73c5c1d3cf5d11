package org.dcbalance.address;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Know the addresses at which only this machine, its link or its cloud should be talked to
 * (server-side request forgery). Private networks are no such addresses.
 */
public final class SpecialAddresses {
  /** Addresses at which clouds tell machines their credentials, where no class covers them. */
  private static final List<InetAddress> METADATA =
      List.of(
          InetAddress.ofLiteral("fd00:ec2::254"),
          InetAddress.ofLiteral("fd20:ce::254"),
          InetAddress.ofLiteral("100.100.100.200"),
          InetAddress.ofLiteral("168.63.129.16"),
          InetAddress.ofLiteral("192.0.0.192"));

  private static final int RESERVED_FROM = 240;

  private SpecialAddresses() {}

  /** Say what kind of address it is that is refused; empty for those that are fine. */
  public static Optional<String> refusal(InetAddress address, Predicate<InetAddress> allowed) {
    if (allowed.test(address)) {
      return Optional.empty();
    }
    var inner = embedded(address);
    return Optional.ofNullable(kind(address))
        .or(() -> inner == null ? Optional.empty() : refusal(inner, allowed));
  }

  /** Say what an address is, and where it is if that is not what was typed; without a full stop. */
  public static String words(String typed, InetAddress address, String kind) {
    var at = address.getHostAddress();
    return typed + " is " + (at.equals(bare(typed)) ? "" : "at " + at + ", ") + kind;
  }

  /** Give a host without the brackets that an IPv6 address has in a URI. */
  public static String bare(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  private static @Nullable String kind(InetAddress address) {
    if (address.isAnyLocalAddress() || begins(address, 0, 0)) {
      return "an unspecified address";
    }
    if (address.isLoopbackAddress()) {
      return "a loopback address";
    }
    if (METADATA.contains(address)) {
      return "where clouds keep credentials";
    }
    if (address.isLinkLocalAddress()) {
      return "a link-local address";
    }
    if (address.isMulticastAddress()) {
      return "a multicast address";
    }
    return begins(address, RESERVED_FROM, 255) ? "a reserved address" : null;
  }

  /** Tell whether the first byte of an IPv4 address lies in a range. */
  private static boolean begins(InetAddress address, int from, int to) {
    int first = address.getAddress()[0] & 0xff;
    return address instanceof Inet4Address && first >= from && first <= to;
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
