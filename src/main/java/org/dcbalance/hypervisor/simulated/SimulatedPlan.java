package org.dcbalance.hypervisor.simulated;

import java.net.URI;
import java.util.List;

/**
 * Name what the simulated pool consists of, so that it can be put into the inventory.
 *
 * @param hosts in the order in which they should be shown
 * @param sharedStorages folders that all of its hosts see
 */
public record SimulatedPlan(String poolName, List<PlannedHost> hosts, List<String> sharedStorages) {
  public static final String POOL_NAME = "Simulated";

  public SimulatedPlan {
    hosts = List.copyOf(hosts);
    sharedStorages = List.copyOf(sharedStorages);
  }

  /** Name the hosts that the settings ask for. */
  public static SimulatedPlan of(SimulatedSettings settings) {
    return new SimulatedPlan(
        POOL_NAME,
        FleetOfAnySize.hostNames(settings.hosts()).stream()
            .map(name -> new PlannedHost(name, uri(name)))
            .toList(),
        List.of(Fleet.SHARED));
  }

  static URI uri(String host) {
    return URI.create(SimulatedDriver.SCHEME + ":///" + host);
  }

  /** Name one host and its URI, which is also how its peers reach it. */
  public record PlannedHost(String name, URI uri) {}
}
