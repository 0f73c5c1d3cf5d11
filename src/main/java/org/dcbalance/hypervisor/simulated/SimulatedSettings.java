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
 */
@ConfigurationProperties("dcbalance.simulated")
public record SimulatedSettings(@Nullable Path stateFile, @DefaultValue("42") long seed) {
  public SimulatedSettings {
    stateFile = stateFile == null || stateFile.toString().isEmpty() ? null : stateFile;
  }
}
