package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class LibvirtSettingsTest {
  private static LibvirtSettings bind(Map<String, String> values) {
    return new Binder(new MapConfigurationPropertySource(values))
        .bindOrCreate("dcbalance.libvirt", Bindable.of(LibvirtSettings.class));
  }

  @Test
  void hasDefaults() {
    assertThat(bind(Map.of()))
        .isEqualTo(
            new LibvirtSettings(
                List.of(),
                List.of(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(8),
                Duration.ofSeconds(5),
                3,
                Duration.ofSeconds(1),
                Duration.ofSeconds(30)));
  }

  @Test
  void takesEverySetting() {
    assertThat(
            bind(
                Map.of(
                    "dcbalance.libvirt.allowed-paths", "/a,/b",
                    "dcbalance.libvirt.allowed-networks", "10.1.0.0/16,fd12::/16",
                    "dcbalance.libvirt.call-deadline", "1s",
                    "dcbalance.libvirt.connect-deadline", "2s",
                    "dcbalance.libvirt.keepalive-interval", "3s",
                    "dcbalance.libvirt.keepalive-count", "4",
                    "dcbalance.libvirt.reconnect-first", "5s",
                    "dcbalance.libvirt.reconnect-most", "6s")))
        .isEqualTo(
            new LibvirtSettings(
                List.of(Path.of("/a"), Path.of("/b")),
                List.of("10.1.0.0/16", "fd12::/16"),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                4,
                Duration.ofSeconds(5),
                Duration.ofSeconds(6)));
  }

  @ParameterizedTest
  @CsvSource({
    "allowed-paths, relative",
    "call-deadline, 0s",
    "connect-deadline, -1s",
    "keepalive-interval, 500ms",
    "keepalive-count, 0",
    "reconnect-first, 0s",
    "reconnect-most, 500ms",
  })
  void refusesNonsense(String name, String value) {
    assertThatThrownBy(() -> bind(Map.of("dcbalance.libvirt." + name, value)))
        .rootCause()
        .hasMessageStartingWith("dcbalance.libvirt." + name + " must be ");
  }
}
