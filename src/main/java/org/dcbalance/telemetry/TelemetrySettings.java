package org.dcbalance.telemetry;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of collecting and keeping samples.
 *
 * @param period time between two samples of a host
 * @param keepSamples how long single samples are kept
 * @param keepMinutes how long the means of minutes are kept
 * @param keepHours how long the means of hours are kept
 * @param dirtyRateEvery how often each guest's dirty rate is measured; zero: never
 * @param dirtyRateShort the short window, which shows the rate
 * @param dirtyRateLong the long window, which shows the working set
 */
@Validated
@ConfigurationProperties("dcbalance.telemetry")
public record TelemetrySettings(
    @DefaultValue("5s") Duration period,
    @DefaultValue("2d") Duration keepSamples,
    @DefaultValue("30d") @DurationMin(days = 1) Duration keepMinutes,
    @DefaultValue("400d") @DurationMin(days = 1) Duration keepHours,
    @DefaultValue("5m") @DurationMin Duration dirtyRateEvery,
    @DefaultValue("1s") @DurationMin(seconds = 1) @DurationMax(seconds = 60)
        Duration dirtyRateShort,
    @DefaultValue("10s") @DurationMin(seconds = 1) @DurationMax(seconds = 60)
        Duration dirtyRateLong) {
  public TelemetrySettings {
    if (period.compareTo(Duration.ofSeconds(1)) < 0
        || period.compareTo(Duration.ofMinutes(5)) > 0) {
      throw new IllegalArgumentException(
          "dcbalance.telemetry.period must lie between 1 s and 5 min, not " + period + ".");
    }
    if (keepSamples.compareTo(Duration.ofDays(1)) < 0) {
      throw new IllegalArgumentException(
          "dcbalance.telemetry.keep-samples must be at least a day, since partitions hold a day.");
    }
  }

  /** Give the age from which a newest sample is stale: one may be late, three in a row are not. */
  public Duration staleAfter() {
    return period.multipliedBy(3);
  }
}
