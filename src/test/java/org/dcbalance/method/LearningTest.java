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
      new Past(Memory.ofMiB(500), Duration.ofSeconds(10), Duration.ofMillis(200), true);
  private static final Past FAST = new Past(Memory.ofMiB(500), Duration.ofSeconds(5), null, true);

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

  @Test
  void oneThatSharedItsWayOnlyTellsWhatThatCarriesAtLeast() {
    var half = new Past(Memory.ofMiB(250), Duration.ofSeconds(10), null, false);
    var only = Learning.route(List.of(half, half), List.of());
    assertThat(only.bandwidth()).as("better than nothing").isEqualTo(ByteRate.ofMiB(25));
    assertThat(only.learnt()).isTrue();
    assertThat(Learning.route(List.of(half), List.of(SLOW)).bandwidth())
        .as("what others showed may be more")
        .isEqualTo(ByteRate.ofMiB(50));
    assertThat(Learning.route(List.of(SLOW, half, half), List.of()).bandwidth())
        .isEqualTo(ByteRate.ofMiB(50));
    var faster = new Past(Memory.ofMiB(1500), Duration.ofSeconds(10), null, false);
    assertThat(Learning.route(List.of(SLOW, faster), List.of()).bandwidth())
        .isEqualTo(ByteRate.ofMiB(80));
  }

  /** Connecting and starting the copy takes a second or two, however fast the way is. */
  @Test
  void aShortMoveOnlyTellsWhatItsWayCarriesAtLeast() {
    var small = new Past(Memory.ofMiB(30), Duration.ofMillis(1500), Duration.ofMillis(80), true);
    var alone = Learning.route(List.of(small), List.of());
    assertThat(alone.learnt()).isFalse();
    assertThat(alone.bandwidth()).isEqualTo(ByteRate.ofMiB(100));
    assertThat(alone.constant()).isEqualTo(Duration.ofMillis(80));
    assertThat(Learning.route(List.of(SLOW, small), List.of()).bandwidth())
        .isEqualTo(ByteRate.ofMiB(50));
    var quick = new Past(Memory.ofMiB(150), Duration.ofMillis(1500), null, true);
    assertThat(Learning.route(List.of(SLOW, quick), List.of()).bandwidth())
        .isEqualTo(ByteRate.ofMiB(65));
    var fast = new Past(Memory.ofMiB(2000), Duration.ofSeconds(4), null, true);
    assertThat(Learning.route(List.of(fast), List.of()).bandwidth())
        .as("more than would be assumed")
        .isEqualTo(ByteRate.ofMiB(500));
    var pool = Learning.route(List.of(small), List.of(SLOW, small));
    assertThat(pool.bandwidth()).isEqualTo(ByteRate.ofMiB(50));
    assertThat(pool.constant()).isEqualTo(Duration.ofMillis(80));
    assertThat(pool.learnt()).isFalse();
  }

  @Test
  void aBiasFollowsWhatMovesTookMoreThanModelled() {
    var twice = new Forecast(10, 20);
    assertThat(Learning.bias(List.of(twice))).isCloseTo(2, within(1e-9));
    assertThat(Learning.bias(Collections.nCopies(20, twice))).isCloseTo(2, within(1e-9));
    assertThat(Learning.bias(List.of(new Forecast(1, 1e6)))).as("within reason").isEqualTo(4);
    assertThat(Learning.bias(List.of(new Forecast(0, 1)))).as("of nothing").isEqualTo(1);
  }
}
