package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class PassesTest {
  private final Passes passes = new Passes();

  @Test
  void tellWhatWasLeftAsTheLastTwoBegan() {
    see(1, 500);
    see(2, 300);
    see(3, 200);
    assertThat(passes.left()).isEqualTo(Memory.ofMiB(200));
    assertThat(passes.leftBefore()).as("pages are sent whole before").isNull();
    see(3, 10);
    see(4, 100);
    see(4, 90);
    assertThat(passes.left()).isEqualTo(Memory.ofMiB(100));
    assertThat(passes.leftBefore()).isEqualTo(Memory.ofMiB(200));
  }

  @Test
  void tellNothingOfOneThatIsJoined() {
    see(7, 20);
    assertThat(passes.left()).isNull();
    see(8, 100);
    assertThat(passes.left()).isEqualTo(Memory.ofMiB(100));
    assertThat(passes.leftBefore()).isNull();
    see(9, 90);
    assertThat(passes.leftBefore()).isEqualTo(Memory.ofMiB(100));
  }

  private void see(int iteration, long remaining) {
    passes.see(progress(iteration, remaining, 0));
  }

  static MigrationProgress progress(int iteration, long remaining, int throttle) {
    return new MigrationProgress(
        Instant.now(),
        Duration.ofSeconds(iteration),
        Memory.ofMiB(512),
        Memory.ofMiB(512),
        Memory.ofMiB(remaining),
        ByteRate.ofMiB(50),
        ByteRate.ofMiB(40),
        iteration,
        throttle);
  }
}
