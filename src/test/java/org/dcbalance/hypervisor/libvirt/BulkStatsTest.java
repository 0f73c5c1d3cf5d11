package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.dcbalance.hypervisor.LoadReading.DirtyRate;
import org.dcbalance.hypervisor.LoadReading.GuestCounters;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BulkStatsTest {
  private static final UUID GUEST = new UUID(1, 2);
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  private final DirtyRates rates = new DirtyRates();

  /** What libvirt 9.0 said of a guest with two cards and a disk, but for what is not read. */
  private static Map<String, Object> record() {
    var values = new HashMap<String, Object>();
    values.put("state.state", 1L);
    values.put("cpu.time", 3_460_000_000L);
    values.put("vcpu.current", 2L);
    values.put("balloon.current", 131_072L);
    values.put("balloon.available", 94_800L);
    values.put("balloon.unused", 66_172L);
    values.put("balloon.usable", 71_744L);
    values.put("net.count", 2L);
    values.put("net.0.rx.bytes", 1_238L);
    values.put("net.0.tx.bytes", 590L);
    values.put("net.1.rx.bytes", 100L);
    values.put("net.1.tx.bytes", 10L);
    values.put("block.count", 2L);
    values.put("block.0.path", "/srv/shared/a.qcow2");
    values.put("block.0.rd.bytes", 4_608L);
    values.put("block.0.wr.bytes", 512L);
    values.put("block.1.name", "sda");
    return values;
  }

  private @Nullable GuestCounters counters(Map<String, Object> values) {
    return new BulkStats(new TypedParameters(values)).counters(GUEST, rates, NOW).orElse(null);
  }

  @Test
  void sumsCardsAndDisks() {
    assertThat(counters(record()))
        .isEqualTo(
            new GuestCounters(
                GUEST,
                Duration.ofMillis(3_460),
                2,
                Memory.ofMiB(128),
                Memory.ofKiB(94_800 - 71_744),
                1_338,
                600,
                4_608,
                512,
                null));
  }

  @Test
  void aGuestHasNoLessThanItCallsAvailable() {
    var values = record();
    values.put("balloon.current", 61_190L);
    assertThat(Objects.requireNonNull(counters(values)).memory()).isEqualTo(Memory.ofKiB(94_800));
    values.put("balloon.last-update", NOW.minusSeconds(600).getEpochSecond());
    assertThat(Objects.requireNonNull(counters(values)).memory()).isEqualTo(Memory.ofKiB(61_190));
  }

  @Test
  void takesUnusedMemoryWhereUsableIsNotTold() {
    var values = record();
    values.remove("balloon.usable");
    assertThat(counters(values)).extracting(c -> c.memoryUsed()).isEqualTo(Memory.ofKiB(28_628));
    values.remove("balloon.unused");
    assertThat(counters(values)).extracting(c -> c.memoryUsed()).isNull();
  }

  /** libvirt goes on telling what the balloon driver said last, even if that was hours ago. */
  @Test
  void whatAGuestSaidOfItsMemoryLongAgoIsNotTaken() {
    var values = record();
    for (long told : new long[] {0, -119, 119}) {
      values.put("balloon.last-update", NOW.getEpochSecond() + told);
      assertThat(counters(values)).extracting(c -> c.memoryUsed()).isNotNull();
    }
    for (long told : new long[] {-NOW.getEpochSecond(), -121, 121}) {
      values.put("balloon.last-update", NOW.getEpochSecond() + told);
      assertThat(counters(values)).extracting(c -> c.memoryUsed()).isNull();
    }
  }

  @Test
  void leavesOutAGuestWhoseMonitorIsBusy() {
    var values = record();
    values.remove("block.0.rd.bytes");
    values.remove("block.0.wr.bytes");
    assertThat(counters(values)).isNull();
    values.remove("block.0.path");
    assertThat(counters(values)).as("an empty drive has no counters").isNotNull();
  }

  @Test
  void tellsMeasurementsOfTheDirtyRateApart() {
    var values = record();
    values.put("dirtyrate.calc_status", 1L);
    values.put("dirtyrate.calc_period", 1L);
    values.put("dirtyrate.calc_start_time", 5_000L);
    assertThat(counters(values)).extracting(c -> c.dirtyRate()).isNull();

    rates.started(GUEST, NOW.minusSeconds(3));
    values.put("dirtyrate.calc_status", 2L);
    values.put("dirtyrate.megabytes_per_second", 31L);
    var first = new DirtyRate(NOW.minusSeconds(3), Duration.ofSeconds(1), ByteRate.ofMiB(31));
    assertThat(counters(values)).extracting(c -> c.dirtyRate()).isEqualTo(first);
    assertThat(counters(values)).extracting(c -> c.dirtyRate()).isEqualTo(first);

    values.put("dirtyrate.calc_start_time", 5_060L);
    assertThat(counters(values))
        .as("one that somebody else started is dated by its window")
        .extracting(c -> c.dirtyRate())
        .isEqualTo(new DirtyRate(NOW.minusSeconds(1), Duration.ofSeconds(1), ByteRate.ofMiB(31)));

    rates.keepOnly(List.of());
    values.put("dirtyrate.megabytes_per_second", -1L);
    assertThat(counters(values)).extracting(c -> c.dirtyRate()).isNull();
  }

  /** It may be of yesterday: QEMU tells its last one for as long as the guest runs. */
  @Test
  void aMeasurementThatWasThereBeforeUsHasNoTime() {
    var values = record();
    values.put("dirtyrate.calc_status", 2L);
    values.put("dirtyrate.calc_period", 1L);
    values.put("dirtyrate.calc_start_time", 5_000L);
    values.put("dirtyrate.megabytes_per_second", 31L);
    assertThat(counters(values)).extracting(c -> c.dirtyRate()).isNull();
    assertThat(counters(values)).extracting(c -> c.dirtyRate()).isNull();
    values.put("dirtyrate.calc_start_time", 5_060L);
    assertThat(counters(values)).extracting(c -> c.dirtyRate()).isNotNull();
  }

  /** After a switch to post-copy its source holds it paused, and so does a target until then. */
  @Test
  void leavesOutAGuestThatRunsElsewhere() {
    var values = record();
    values.put("state.state", 3L);
    for (long reason : new long[] {2, 12}) {
      values.put("state.reason", reason);
      assertThat(counters(values)).as("paused for reason " + reason).isNull();
    }
    values.put("state.reason", 1L);
    assertThat(counters(values)).as("paused by a person").isNotNull();
  }
}
