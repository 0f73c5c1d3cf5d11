package org.dcbalance.strategy;

import java.util.List;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/**
 * State which VMs belong on one host, on different hosts, or on certain ones.
 *
 * @param name what operators call it
 * @param hard whether no plan may break it; a soft one is a wish with a price
 * @param vms the VMs that it speaks of
 * @param hosts the hosts that it speaks of; of no meaning to {@link Kind#TOGETHER} and {@link
 *     Kind#APART}
 */
public record Rule(String name, Kind kind, boolean hard, List<VmId> vms, List<HostId> hosts) {
  public Rule {
    vms = vms.stream().distinct().sorted().toList();
    hosts = hosts.stream().distinct().sorted().toList();
  }

  /** What a rule asks for. */
  public enum Kind {
    /** All of its VMs share a host. */
    TOGETHER,
    /** No two of its VMs share a host. */
    APART,
    /** Its VMs run on its hosts alone. */
    ON,
    /** Its VMs run on none of its hosts. */
    OFF
  }
}
