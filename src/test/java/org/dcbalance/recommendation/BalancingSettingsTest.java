package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.validation.Validation;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.validation.ValidationBindHandler;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.validation.beanvalidation.SpringValidatorAdapter;

class BalancingSettingsTest {
  @ParameterizedTest
  @CsvSource({
    "window, 0s",
    "every, 100ms",
    "hold-rounds, 0",
    "downtime-slo, 0s",
    "cool-down, -1s",
    "cool-down-most, -1s",
    "expiry, 0s",
    "simulated.window, 0s",
    "simulated.every, 0s",
    "simulated.hold-rounds, 0",
    "simulated.minimum-coverage, 0",
    "simulated.minimum-coverage, 1.1",
    "simulated.cool-down, -1s",
    "simulated.cool-down-most, -1s"
  })
  void aValueOutsideOfItsBoundsKeepsTheConsoleFromStarting(String name, String value) {
    assertThatThrownBy(() -> bind(Map.of(name, value))).hasStackTraceContaining("must be");
  }

  @Test
  void theBoundsThemselvesAreTaken() {
    var settings =
        bind(Map.of("simulated.hold-rounds", "1", "simulated.cool-down", "0s", "every", "1s"));
    assertThat(settings.simulated().holdRounds()).isOne();
    assertThat(settings.simulated().coolDown()).isZero();
    assertThat(settings.every()).isEqualTo(Duration.ofSeconds(1));
  }

  private static BalancingSettings bind(Map<String, String> given) {
    var properties = new HashMap<String, String>();
    given.forEach((name, value) -> properties.put("dcbalance.balancing." + name, value));
    var source = new MapConfigurationPropertySource(properties);
    try (var factory = Validation.buildDefaultValidatorFactory()) {
      return new Binder(source)
          .bindOrCreate(
              "dcbalance.balancing",
              Bindable.of(BalancingSettings.class),
              new ValidationBindHandler(new SpringValidatorAdapter(factory.getValidator())));
    }
  }
}
