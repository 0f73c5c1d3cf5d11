package org.dcbalance.hypervisor.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class SimulatedSettingsTest {
  @Test
  void hasDefaults() {
    assertThat(bind(Map.of())).isEqualTo(new SimulatedSettings(null, 42));
  }

  @Test
  void readsEverySetting() {
    assertThat(
            bind(
                Map.of(
                    "dcbalance.simulated.state-file", "/var/lib/x/pool.properties",
                    "dcbalance.simulated.seed", "7")))
        .isEqualTo(new SimulatedSettings(Path.of("/var/lib/x/pool.properties"), 7));
  }

  @Test
  void takesAnEmptyFileNameForNone() {
    assertThat(bind(Map.of("dcbalance.simulated.state-file", "")).stateFile()).isNull();
  }

  private static SimulatedSettings bind(Map<String, String> values) {
    return new Binder(new MapConfigurationPropertySource(values))
        .bindOrCreate("dcbalance.simulated", SimulatedSettings.class);
  }
}
