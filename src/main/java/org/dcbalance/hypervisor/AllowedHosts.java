package org.dcbalance.hypervisor;

/** Keep the hosts that people name at addresses that the console may talk to. */
public interface AllowedHosts {
  /**
   * Look a host up, and make sure that all its addresses may be talked to.
   *
   * @param host a name or an address
   * @throws org.dcbalance.units.Problem BAD_REQUEST with the address that may not; HYPERVISOR for a
   *     name without any, if there is a list to compare it with
   */
  void check(String host);

  /** Tell whether an administrator listed the networks that hosts may lie in. */
  boolean listed();
}
