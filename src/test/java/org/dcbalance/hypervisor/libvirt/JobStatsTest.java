package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobStatsTest {
  private static final int UNBOUNDED = 2;

  private static JobStats job(int type, Map<String, Object> values) {
    return new JobStats(type, new TypedParameters(values));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 5, NONE",
    "1, 5, OUTGOING_MIGRATION",
    "2, 5, OUTGOING_MIGRATION",
    "2, 4, INCOMING_MIGRATION",
    "2, 2, OTHER",
    "2, 0, OTHER",
    "3, 5, NONE",
    "4, 5, NONE",
    "5, 5, NONE",
  })
  void tellsJobsApart(int type, long operation, Job expected) {
    assertThat(job(type, Map.of("operation", operation)).job()).isEqualTo(expected);
  }

  @Test
  void takesAJobWithoutANameForAMigration() {
    assertThat(job(UNBOUNDED, Map.of("time_elapsed", 5L)).job()).isEqualTo(Job.OUTGOING_MIGRATION);
  }

  /** Of memory nothing is told before all disks are copied, which may take hours. */
  @Test
  void tellsOfDisksUntilMemoryIsSent() {
    var values =
        Map.<String, Object>of(
            "time_elapsed", 3_501L,
            "data_total", 900_000_000L,
            "data_processed", 100_000_000L,
            "data_remaining", 800_000_000L,
            "memory_total", 0L,
            "memory_processed", 0L,
            "memory_remaining", 0L);
    var progress = job(UNBOUNDED, values).progress(Instant.EPOCH);
    assertThat(progress.tellsAmounts()).isTrue();
    assertThat(progress.total()).isEqualTo(new Memory(900_000_000));
    assertThat(progress.processed()).isEqualTo(new Memory(100_000_000));
    assertThat(progress.remaining()).isEqualTo(new Memory(800_000_000));
    assertThat(progress.iteration()).isZero();
  }

  @Test
  void translatesProgress() {
    var at = Instant.parse("2026-03-01T12:00:00Z");
    var values = new HashMap<String, Object>();
    values.put("time_elapsed", 3_501L);
    values.put("memory_total", 135_000_000L);
    values.put("memory_processed", 39_000_000L);
    values.put("memory_remaining", 79_000_000L);
    values.put("memory_bps", 12_054_430L);
    values.put("memory_dirty_rate", 590L);
    values.put("memory_page_size", 4_096L);
    values.put("memory_iteration", 2L);
    values.put("auto_converge_throttle", 30L);
    assertThat(job(UNBOUNDED, values).progress(at))
        .isEqualTo(
            new MigrationProgress(
                at,
                Duration.ofMillis(3_501),
                new Memory(135_000_000),
                new Memory(39_000_000),
                new Memory(79_000_000),
                new ByteRate(590 * 4_096),
                new ByteRate(12_054_430),
                2,
                30));
  }

  @Test
  void translatesFigures() {
    assertThat(
            job(
                    JobStats.COMPLETED,
                    Map.of(
                        "time_elapsed", 819L,
                        "downtime", 274L,
                        "data_processed", 94_502_912L,
                        "memory_iteration", 3L))
                .figures())
        .isEqualTo(
            new MigrationFigures(
                true, Duration.ofMillis(819), Duration.ofMillis(274), new Memory(94_502_912), 3));
    assertThat(job(JobStats.COMPLETED, Map.of("success", false)).figures())
        .isEqualTo(new MigrationFigures(false, null, null, null, null));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, RUNNING, NONE",
    "1, 1, RUNNING, NONE",
    "1, 2, RUNNING, NONE",
    "1, 10, RUNNING, POST_COPY",
    "1, 11, RUNNING, POST_COPY_FAILED",
    "2, 0, RUNNING, NONE",
    "3, 1, PAUSED, USER",
    "3, 2, PAUSED, MIGRATING",
    "3, 5, PAUSED, OTHER",
    "3, 12, PAUSED, POST_COPY",
    "3, 13, PAUSED, POST_COPY_FAILED",
    "4, 0, SHUTTING_DOWN, NONE",
    "5, 4, SHUT_OFF, NONE",
    "6, 0, CRASHED, NONE",
    "7, 0, SUSPENDED, NONE",
    "8, 0, UNKNOWN, NONE",
  })
  void translatesStates(int state, int reason, GuestState is, Why why) {
    assertThat(States.guest(state)).isEqualTo(is);
    assertThat(States.why(state, reason)).isEqualTo(why);
  }
}
