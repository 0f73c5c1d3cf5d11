package org.dcbalance.hypervisor.simulated;

import java.time.Duration;
import java.time.Instant;

/** Time that passes only when someone sleeps. */
final class ManualTime implements SimulatedTime {
  private final Instant start;
  private long nanos;

  /** At ten in the morning. */
  ManualTime() {
    this(10);
  }

  /** At a full hour of the day (UTC), 0 to 23. */
  ManualTime(int hour) {
    start = Instant.parse("2026-03-02T00:00:00Z").plus(Duration.ofHours(hour));
  }

  @Override
  public synchronized Instant now() {
    return start.plusNanos(nanos);
  }

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public void sleep(Duration length) {
    pass(length);
  }

  synchronized void pass(Duration length) {
    nanos += length.toNanos();
  }
}
