package org.dcbalance.inventory;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.dcbalance.address.SpecialAddresses;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/**
 * Look up where a guest is probed. Operators name it, so it must not lead to this machine, its link
 * or what only its cloud should answer; guests live in private networks, which are fine.
 */
public final class ProbeAddresses {
  private ProbeAddresses() {}

  /**
   * Look a name up, and make sure that all its addresses may be talked to.
   *
   * @throws UnknownHostException if it has none
   * @throws Problem if one of them is refused
   */
  public static InetAddress resolve(String name) throws UnknownHostException {
    var found = InetAddress.getAllByName(name);
    for (var address : found) {
      SpecialAddresses.refusal(address, one -> false)
          .ifPresent(
              kind -> {
                throw new Problem(
                    ErrorCode.REFUSED,
                    SpecialAddresses.words(name, address, kind) + ", so no guest is probed there.",
                    "Maybe enter the address that the guest's users reach it at.");
              });
    }
    return found[0];
  }

  /** Refuse what {@link #resolve} would; a name that is not known yet may be known later. */
  static void check(String name) {
    try {
      resolve(name);
    } catch (UnknownHostException e) {
      // it is looked up again when the guest moves
    }
  }
}
