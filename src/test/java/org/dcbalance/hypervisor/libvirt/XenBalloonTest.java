package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.units.Memory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XenBalloonTest {
  @ParameterizedTest
  @CsvSource({
    "256, 256, 256, true",
    // on its way down, and short of it
    "200, 190, 128, false",
    "200, 200, 128, false",
    "130, 130, 128, false",
    "129, 129, 128, true",
    // on its way up, and in a pause on its way
    "190, 200, 256, false",
    "200, 200, 256, false",
    "255, 256, 256, false",
    // a device model holds some
    "1019, 1019, 1024, true"
  })
  void restsOnlyWhereItWasAskedToBeAndOnlyIfItStandsStill(
      long before, long now, long asked, boolean rests) {
    assertThat(XenBalloon.rests(Memory.ofMiB(before), Memory.ofMiB(now), Memory.ofMiB(asked)))
        .isEqualTo(rests);
  }

  @ParameterizedTest
  @CsvSource({
    // it arrived ballooned, and was defined so
    "128, 128, 256, true",
    // it stayed where it was defined before
    "256, 128, 256, false",
    "192, 128, 256, false",
    // it shrinks, or has it
    "256, 256, 128, false",
    "256, 256, 256, false"
  })
  void whatIsDefinedByABalloonedGuestGrowsWithIt(
      long defined, long asked, long target, boolean smaller) {
    assertThat(
            XenBalloon.isSmaller(Memory.ofMiB(defined), Memory.ofMiB(asked), Memory.ofMiB(target)))
        .isEqualTo(smaller);
  }
}
