package org.dcbalance.address;

import java.net.InetAddress;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/** A range of addresses: the first so many bits of one. */
public record Network(InetAddress base, int bits) {
  /**
   * Read "ADDRESS/BITS" or a single address; names are not looked up.
   *
   * @param setting whose value it is
   * @throws Problem BAD_REQUEST that tells what was given, and where
   */
  public static Network parse(String text, String setting) {
    try {
      int slash = text.indexOf('/');
      var base = InetAddress.ofLiteral(slash < 0 ? text.strip() : text.substring(0, slash).strip());
      int whole = base.getAddress().length * 8;
      int bits = slash < 0 ? whole : Integer.parseInt(text.substring(slash + 1).strip());
      if (bits < 0 || bits > whole) {
        throw new IllegalArgumentException("too many bits");
      }
      return new Network(base, bits);
    } catch (IllegalArgumentException e) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"%s\" in %s is no network.".formatted(text, setting),
          "Maybe write it as 10.1.0.0/16 or fd12::/16.",
          e);
    }
  }

  /** Tell whether an address lies in it; one of the other family never does. */
  public boolean contains(InetAddress address) {
    var mine = base.getAddress();
    var theirs = address.getAddress();
    if (mine.length != theirs.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit++) {
      int mask = 0x80 >> (bit % 8);
      if ((mine[bit / 8] & mask) != (theirs[bit / 8] & mask)) {
        return false;
      }
    }
    return true;
  }
}
