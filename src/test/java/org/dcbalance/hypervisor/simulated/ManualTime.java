package org.dcbalance.hypervisor.simulated;

import java.time.Duration;
import java.time.Instant;

/** Time that passes only when someone sleeps. */
final class ManualTime implements SimulatedTime {
  private final Instant start = Instant.parse("2026-03-02T10:00:00Z");
  private long nanos;

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
