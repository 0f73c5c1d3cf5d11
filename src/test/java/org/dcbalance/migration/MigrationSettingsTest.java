package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.validation.Validation;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.validation.ValidationBindHandler;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.validation.beanvalidation.SpringValidatorAdapter;

class MigrationSettingsTest {
  @Test
  void hasTheseDefaults() {
    assertThat(bind(Map.of()))
        .isEqualTo(
            new MigrationSettings(
                4,
                2,
                2,
                1,
                1,
                2,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10),
                Duration.ofMinutes(15),
                5.0,
                Duration.ofMillis(250),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                Duration.ofMinutes(1),
                Duration.ofSeconds(5),
                Duration.ofMillis(500),
                Duration.ofSeconds(1),
                Duration.ofSeconds(20),
                Duration.ofSeconds(10),
                Duration.ofMinutes(2)));
  }

  @Test
  void takesEveryValue() {
    var given =
        Map.ofEntries(
            Map.entry("per-pool", "8"),
            Map.entry("out-per-host", "3"),
            Map.entry("in-per-host", "5"),
            Map.entry("out-per-xen-host", "6"),
            Map.entry("in-per-xen-host", "7"),
            Map.entry("per-link", "9"),
            Map.entry("fresh-within", "11s"),
            Map.entry("shortest", "12s"),
            Map.entry("longest", "13s"),
            Map.entry("patience", "1.5"),
            Map.entry("progress-every", "14ms"),
            Map.entry("stored-every", "15ms"),
            Map.entry("read-again-every", "16ms"),
            Map.entry("doubted-for", "17ms"),
            Map.entry("lost-after", "18ms"),
            Map.entry("lost-read-every", "19ms"),
            Map.entry("probe-before", "60ms"),
            Map.entry("probe-after", "61ms"),
            Map.entry("probe-silent", "64ms"),
            Map.entry("balloon-stalled", "62ms"),
            Map.entry("balloon-most", "63ms"));
    assertThat(bind(given))
        .isEqualTo(
            new MigrationSettings(
                8,
                3,
                5,
                6,
                7,
                9,
                Duration.ofSeconds(11),
                Duration.ofSeconds(12),
                Duration.ofSeconds(13),
                1.5,
                Duration.ofMillis(14),
                Duration.ofMillis(15),
                Duration.ofMillis(16),
                Duration.ofMillis(17),
                Duration.ofMillis(18),
                Duration.ofMillis(19),
                Duration.ofMillis(60),
                Duration.ofMillis(61),
                Duration.ofMillis(64),
                Duration.ofMillis(62),
                Duration.ofMillis(63)));
  }

  @Test
  void refusesACapOfNone() {
    assertThatThrownBy(() -> bind(Map.of("per-pool", "0")))
        .rootCause()
        .hasMessageContaining("perPool");
  }

  @Test
  void givesAMoveTheTimeThatItsLengthAsksForWithinBounds() {
    var settings = bind(Map.of());
    assertThat(settings.mostTime(null)).isEqualTo(Duration.ofMinutes(15));
    assertThat(settings.mostTime(3_000L)).isEqualTo(Duration.ofMinutes(10));
    assertThat(settings.mostTime(150_000L)).isEqualTo(Duration.ofSeconds(750));
    assertThat(settings.mostTime(400_000L)).isEqualTo(Duration.ofMinutes(15));
    assertThat(settings.mostTime(3_600_000L)).isEqualTo(Duration.ofHours(2));
    assertThat(settings.mostTime(900_000L, 0.25)).isEqualTo(Duration.ofHours(2));
    assertThat(settings.mostTime(150_000L, 4)).isEqualTo(Duration.ofSeconds(750));
  }

  private static MigrationSettings bind(Map<String, String> given) {
    var properties = new HashMap<String, String>();
    given.forEach((name, value) -> properties.put("dcbalance.migration." + name, value));
    try (var validators = Validation.buildDefaultValidatorFactory()) {
      return new Binder(new MapConfigurationPropertySource(properties))
          .bindOrCreate(
              "dcbalance.migration",
              Bindable.of(MigrationSettings.class),
              new ValidationBindHandler(new SpringValidatorAdapter(validators.getValidator())));
    }
  }
}
