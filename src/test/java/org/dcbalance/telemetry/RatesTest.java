package org.dcbalance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.hypervisor.LoadReading.HostCounters;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;

/** What becomes of counters, ten seconds apart. */
class RatesTest {
  private static final UUID GUEST = new UUID(1, 2);
  private static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");

  /** After so many seconds, of which the guest used half a core, so much was read of its disks. */
  private static LoadReading after(int seconds, long read) {
    return after(seconds, read, 100L * seconds);
  }

  private static LoadReading after(int seconds, long read, long received) {
    return new LoadReading(
        BEGIN.plusSeconds(seconds),
        seconds * 1_000_000_000L,
        new HostCounters(Duration.ofSeconds(seconds), 4, Memory.ofGiB(2), Memory.ofGiB(8)),
        List.of(
            new GuestCounters(
                GUEST,
                Duration.ofMillis(500L * seconds),
                2,
                Memory.ofGiB(1),
                null,
                received,
                0,
                read,
                read,
                null)));
  }

  private static VmSample between(LoadReading before, LoadReading now) {
    var sample =
        Rates.between(
            before, now, new HostId(1), Map.of(GUEST, new VmId(7)), false, Duration.ofSeconds(1));
    return Objects.requireNonNull(sample).vms().getFirst();
  }

  @Test
  void countersThatGrewAreRates() {
    var sample = between(after(10, 5_000), after(20, 25_000));
    assertThat(sample.cpuCores()).isEqualTo(0.5);
    assertThat(sample.netReceived()).isEqualTo(100);
    assertThat(sample.diskRead()).isEqualTo(2_000);
  }

  /** All that it ever read would else be of one sample. */
  @Test
  void disksOfWhichNothingWasToldBeforeHaveNoRate() {
    assertThat(between(after(10, 5_000_000_000L), after(20, 0)).diskRead()).isZero();
    assertThat(between(after(20, 0), after(30, 5_000_100_000L)).diskRead()).isZero();
    assertThat(between(after(30, 5_000_100_000L), after(40, 5_000_200_000L)).diskRead())
        .isEqualTo(10_000);
  }

  /** Xen tells nothing of them while a guest has a job. */
  @Test
  void cardsOfWhichNothingWasToldBeforeHaveNoRate() {
    assertThat(between(after(10, 0, 0), after(20, 0, 5_000_000_000L)).netReceived()).isZero();
    assertThat(between(after(20, 0, 5_000_000_000L), after(30, 0, 5_000_002_000L)).netReceived())
        .isEqualTo(200);
  }
}
