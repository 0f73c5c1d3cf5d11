package org.dcbalance.hypervisor.simulated;

import java.net.URI;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorDriver;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/** Open connections to the hosts of the simulated pool, {@code simulated:///sim-01} and so on. */
@Component
public class SimulatedDriver implements HypervisorDriver {
  static final String SCHEME = "simulated";

  private final SimulatedWorld world;

  @Autowired
  SimulatedDriver(SimulatedSettings settings) {
    this(SimulatedWorld.of(settings));
  }

  SimulatedDriver(SimulatedWorld world) {
    this.world = world;
  }

  @Override
  public boolean handles(URI uri) {
    return SCHEME.equals(uri.getScheme());
  }

  @Override
  public void check(URI uri) {
    var name = hostName(uri);
    if (uri.getAuthority() != null || uri.getQuery() != null || uri.getFragment() != null) {
      throw refuse(uri, "has more than a host's name");
    }
    if (world.host(name).isEmpty()) {
      throw refuse(uri, "names no host of the simulated pool");
    }
  }

  @Override
  public Hypervisor open(URI uri) {
    check(uri);
    return new SimulatedHypervisor(world, world.host(hostName(uri)).orElseThrow());
  }

  /** Give the name in a URI's path; empty where it has none. */
  static String hostName(URI uri) {
    var path = uri.getPath();
    return path == null || path.isEmpty() ? "" : path.substring(1);
  }

  private Problem refuse(URI uri, String what) {
    var names = world.hostNames();
    return new Problem(
        ErrorCode.BAD_REQUEST,
        "The address " + uri + " " + what + ".",
        "Maybe enter one of "
            + SimulatedPlan.uri(names.getFirst())
            + " to "
            + SimulatedPlan.uri(names.getLast())
            + ".");
  }
}
