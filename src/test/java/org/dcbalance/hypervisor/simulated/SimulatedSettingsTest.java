package org.dcbalance.hypervisor.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class SimulatedSettingsTest {
  @Test
  void hasDefaults() {
    assertThat(bind(Map.of())).isEqualTo(new SimulatedSettings(null, 42, 4, 24));
  }

  @Test
  void readsEverySetting() {
    assertThat(
            bind(
                Map.of(
                    "dcbalance.simulated.state-file", "/var/lib/x/pool.properties",
                    "dcbalance.simulated.seed", "7",
                    "dcbalance.simulated.hosts", "50",
                    "dcbalance.simulated.guests", "1000")))
        .isEqualTo(new SimulatedSettings(Path.of("/var/lib/x/pool.properties"), 7, 50, 1000));
  }

  @Test
  void takesAnEmptyFileNameForNone() {
    assertThat(bind(Map.of("dcbalance.simulated.state-file", "")).stateFile()).isNull();
  }

  @Test
  void refusesSizesThatCannotBeBalancedOrNeverEnd() {
    assertThatThrownBy(() -> bind(Map.of("dcbalance.simulated.hosts", "1")))
        .rootCause()
        .hasMessageContaining("between 2 and 500, not 1.");
    assertThatThrownBy(() -> bind(Map.of("dcbalance.simulated.guests", "3")))
        .rootCause()
        .hasMessageContaining("each of the 4 hosts, not be 3.");
  }

  private static SimulatedSettings bind(Map<String, String> values) {
    return new Binder(new MapConfigurationPropertySource(values))
        .bindOrCreate("dcbalance.simulated", SimulatedSettings.class);
  }
}
