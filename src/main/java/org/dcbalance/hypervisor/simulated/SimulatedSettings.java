package org.dcbalance.hypervisor.simulated;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Configure the simulated pool.
 *
 * @param stateFile where it is kept which guest is on which host, so that a restart of the console
 *     does not put them back and two consoles see one pool; null or empty keeps it in memory alone
 * @param seed decides the guests' load: the same seed gives the same load at the same time
 * @param hosts how many hosts it has, 2 to 500; counts when it is put into the inventory
 * @param guests how many guests start on them, one to 200 a host
 */
@ConfigurationProperties("dcbalance.simulated")
public record SimulatedSettings(
    @Nullable Path stateFile,
    @DefaultValue("42") long seed,
    @DefaultValue("4") int hosts,
    @DefaultValue("24") int guests) {
  public SimulatedSettings {
    stateFile = stateFile == null || stateFile.toString().isEmpty() ? null : stateFile;
    if (hosts < 2 || hosts > 500) {
      throw new IllegalArgumentException(
          "dcbalance.simulated.hosts must lie between 2 and 500, not " + hosts + ".");
    }
    if (guests < hosts || guests > 200 * hosts) {
      throw new IllegalArgumentException(
          "dcbalance.simulated.guests must lie between 1 and 200 for each of the %d hosts, not be %d."
              .formatted(hosts, guests));
    }
  }
}
