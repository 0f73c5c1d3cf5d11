package org.dcbalance.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.dcbalance.method.Learning.Forecast;
import org.dcbalance.method.Learning.Past;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class LearningTest {
  private static final Past SLOW =
      new Past(Memory.ofMiB(500), Duration.ofSeconds(10), Duration.ofMillis(200));
  private static final Past FAST = new Past(Memory.ofMiB(500), Duration.ofSeconds(5), null);

  @Test
  void assumesWhereNothingWasSeen() {
    var route = Learning.route(List.of(), List.of());
    assertThat(route.bandwidth()).isEqualTo(ByteRate.ofMiB(100));
    assertThat(route.learnt()).isFalse();
    assertThat(Learning.bias(List.of())).isEqualTo(1);
  }

  @Test
  void takesTheHostsOwnMovesBeforeThoseOfThePool() {
    var route = Learning.route(List.of(SLOW), List.of(FAST));
    assertThat(route.bandwidth()).isEqualTo(ByteRate.ofMiB(50));
    assertThat(route.constant()).isEqualTo(Duration.ofMillis(200));
    assertThat(route.learnt()).isTrue();
    var pool = Learning.route(List.of(), List.of(FAST));
    assertThat(pool.bandwidth()).isEqualTo(ByteRate.ofMiB(100));
    assertThat(pool.learnt()).as("another way may be another").isFalse();
  }

  @Test
  void theNewestMoveCountsMostAndNotAlone() {
    assertThat(Learning.route(List.of(SLOW, FAST), List.of()).bandwidth())
        .isEqualTo(ByteRate.ofMiB(65));
  }

  /** An expectation that was corrected already must not be corrected back. */
  @Test
  void staysAtABiasThatIsRight() {
    var right = new Forecast(Duration.ofSeconds(20), 2, Duration.ofSeconds(20));
    assertThat(Learning.bias(Collections.nCopies(20, right))).isCloseTo(2, within(1e-9));
    var twice = new Forecast(Duration.ofSeconds(10), 1, Duration.ofSeconds(20));
    assertThat(Learning.bias(List.of(twice))).isCloseTo(2, within(1e-9));
    var absurd = new Forecast(Duration.ofMillis(1), 1, Duration.ofHours(1));
    assertThat(Learning.bias(List.of(absurd))).isEqualTo(4);
    assertThat(Learning.bias(List.of(new Forecast(Duration.ZERO, 1, Duration.ofSeconds(1)))))
        .isEqualTo(1);
  }
}
