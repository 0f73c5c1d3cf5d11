package org.dcbalance.evacuation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;

class RestTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Test
  void addsUpWhatIsKnownAndCountsTheOthers() {
    var rest =
        Rest.of(
            List.of(leaving(1, true), leaving(2, false)),
            Map.of(),
            List.of(Optional.of(MINUTE), Optional.empty()));
    assertThat(rest.expected()).isEqualTo(MINUTE.multipliedBy(2));
    assertThat(rest.unknown()).isEqualTo(2);
  }

  @Test
  void isNotNoTimeWhereNothingIsKnown() {
    var rest = Rest.of(List.of(leaving(1, false)), Map.of(), List.of());
    assertThat(rest.expected()).isNull();
    assertThat(rest.unknown()).isEqualTo(1);
  }

  @Test
  void leavesOutWhatWasGivenUp() {
    var aborted = TriesTest.tries(TriesTest.ended(7, MigrationState.ABORTED, false));
    var tries = Map.of(new VmId(1), aborted, new VmId(2), aborted);
    var rest = Rest.of(List.of(leaving(1, true), leaving(2, false)), tries, List.of());
    assertThat(rest).isEqualTo(Rest.NONE);
  }

  private static Preview.Leaving leaving(long vm, boolean ends) {
    return new Preview.Leaving(
        new VmId(vm),
        "web-0" + vm,
        new HostId(9),
        "kvm-09",
        Memory.ofMiB(512),
        MINUTE,
        Duration.ofMillis(100),
        ends);
  }
}
