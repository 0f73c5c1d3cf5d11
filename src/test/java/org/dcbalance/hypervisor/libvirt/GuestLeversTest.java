package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

/** What a guest uses of its memory, by its own report. */
class GuestLeversTest {
  private static final long MIB = 1024;

  @Test
  void whatItsKernelKeepsIsInUse() {
    assertThat(GuestLevers.used(Memory.ofMiB(128), 100 * MIB, 60 * MIB))
        .isEqualTo(Memory.ofMiB(68));
    assertThat(GuestLevers.used(Memory.ofMiB(128), null, 60 * MIB)).isEqualTo(Memory.ofMiB(68));
  }

  @Test
  void aReportFromBeforeItsBalloonMovedGoesWithWhatItHadThen() {
    assertThat(GuestLevers.used(Memory.ofGiB(2), 8 * 1024 * MIB, 6 * 1024 * MIB))
        .isEqualTo(Memory.ofGiB(2));
  }
}
