package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What stays when a definition is removed, by virDomainUndefineFlagsValues of libvirt. */
class LibvirtHypervisorTest {
  private static final int NVRAM = 8;
  private static final int TPM = 64;

  @Test
  void keepsWhatTheCopyThatMovedAwayMayUse() {
    assertThat(LibvirtHypervisor.keeping(false, 8_009_000)).isEqualTo(NVRAM | TPM);
    assertThat(LibvirtHypervisor.keeping(false, 11_003_000)).isEqualTo(NVRAM | TPM);
  }

  @Test
  void asksForNothingThatAHostDoesNotKnow() {
    assertThat(LibvirtHypervisor.keeping(false, 8_008_000)).isEqualTo(NVRAM);
    assertThat(LibvirtHypervisor.keeping(true, 11_003_000)).isZero();
  }
}
