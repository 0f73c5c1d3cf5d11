package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.dcbalance.migration.MigrationRows.PassesLeft;
import org.junit.jupiter.api.Test;

/** What is stored of a copy that runs is told of it. */
class ProgressLogTest extends MigrationFaults {
  private static final long EPOCH = 7;

  @Test
  void keepsHowMuchAGuestIsSlowedDownAndWhatPassesLeft() {
    long id = lab.move(lab.guest("web-07", "kvm-01"), "kvm-02");
    lab.jdbc
        .sql(
            """
            update migration set state = 'RUNNING', phase = 'COPYING', epoch = :epoch,
              started_at = now(), compressed = true
            where id = :id
            """)
        .param("epoch", EPOCH)
        .param("id", id)
        .update();
    var passes = new Passes();
    add(id, passes, 2, 300);
    add(id, passes, 3, 200);
    assertThat(row(id).passesLeft()).isNull();
    add(id, passes, 4, 195);
    add(id, passes, 4, 10);
    assertThat(row(id).compressed()).isTrue();
    assertThat(row(id).passesLeft()).isEqualTo(new PassesLeft(195L << 20, 200L << 20));
    assertThat(throttle(id)).isEqualTo(60);

    // as an earlier version wrote it
    lab.jdbc
        .sql("update migration set progress = progress - 'throttle' - 'left' - 'leftBefore'")
        .update();
    assertThat(row(id).passesLeft()).isNull();
    assertThat(throttle(id)).isZero();
  }

  @Test
  void aPassGainsIfItLeavesEnoughLess() {
    assertThat(new PassesLeft(90, 100).gain()).isTrue();
    assertThat(new PassesLeft(97, 100).gain()).isFalse();
    assertThat(new PassesLeft(120, 100).gain()).isFalse();
  }

  private void add(long id, Passes passes, int iteration, long remaining) {
    var told = PassesTest.progress(iteration, remaining, 60);
    passes.see(told);
    lab.progress.add(id, EPOCH, told, passes);
  }

  private int throttle(long id) {
    return Objects.requireNonNull(row(id).progress()).throttle();
  }

  private MigrationRows.Row row(long id) {
    return lab.rows.find(id).orElseThrow();
  }
}
