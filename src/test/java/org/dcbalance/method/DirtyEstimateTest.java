package org.dcbalance.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class DirtyEstimateTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** Rates that QEMU told of a small VM that wrote 24.5 MiB/s all the while. */
  @Test
  void measurementsThatAgreeAreTakenTogether() {
    var estimate = estimate(15, 23, 17, 36, 27);
    assertThat(mib(estimate.rate())).isEqualTo(22.75);
    assertThat(mib(estimate.atMost())).isBetween(28.0, 31.0);
    assertThat(mib(estimate(15).atMost())).as("one alone says less").isBetween(26.0, 29.0);
  }

  @Test
  void whatCameBeforeAChangeOfTheLoadIsLeftOut() {
    assertThat(mib(estimate(30, 0, 0, 0).rate())).isEqualTo(30);
    assertThat(mib(estimate(0, 28, 31, 30).rate())).isEqualTo(0);
    assertThat(mib(estimate(0, 28, 31, 30).atMost()))
        .as("one page of those looked at")
        .isEqualTo(2);
    assertThat(DirtyEstimate.of(List.of(), SECOND)).isNull();
  }

  /** The same rate in a longer window is more pages that changed. */
  @Test
  void aLongerWindowIsSurer() {
    var rates = List.of(ByteRate.ofMiB(24));
    var brief = Objects.requireNonNull(DirtyEstimate.of(rates, SECOND));
    var longer = Objects.requireNonNull(DirtyEstimate.of(rates, Duration.ofSeconds(4)));
    assertThat(longer.atMost().bytesPerSecond()).isLessThan(brief.atMost().bytesPerSecond());
  }

  @Test
  void pagesThatChangeManyTimesInAWindowCountOnce() {
    var set = Memory.ofMiB(80);
    assertThat(mib(estimate(78).boundedBy(set, SECOND).atMost())).isEqualTo(800);
    assertThat(estimate(78).boundedBy(set, SECOND).rate()).isEqualTo(estimate(78).rate());
    assertThat(estimate(60).boundedBy(set, SECOND)).isEqualTo(estimate(60));
    assertThat(estimate(78).boundedBy(set, Duration.ofSeconds(10)))
        .as("never less than without")
        .isEqualTo(estimate(78));
  }

  private static DirtyEstimate estimate(double... newestFirst) {
    var rates = Arrays.stream(newestFirst).mapToObj(ByteRate::ofMiB).toList();
    return Objects.requireNonNull(DirtyEstimate.of(rates, SECOND));
  }

  private static double mib(ByteRate rate) {
    return rate.bytesPerSecond() / (1 << 20);
  }
}
