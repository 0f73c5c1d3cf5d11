package org.dcbalance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.HostCounters;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

/** Which hosts are taken for one machine, by what they were busy with. */
class SharedMachinesTest {
  private static final HostId ONE = new HostId(1);
  private static final HostId TWO = new HostId(2);

  private final SharedMachines machines = new SharedMachines();

  /** Read a host with 64 cores; counted from its boot, it was busy for so many core-seconds. */
  private boolean shared(HostId host, double second, double busy) {
    return machines.shared(
        host,
        new LoadReading(
            Instant.EPOCH,
            Math.round(second * 1e9),
            new HostCounters(
                Duration.ofMillis(Math.round(busy * 1000)), 64, Memory.ofGiB(8), Memory.ofGiB(512)),
            List.of()));
  }

  @Test
  void readingsOfOneMachineFollowOneAnother() {
    assertThat(shared(ONE, 0, 5000)).isFalse();
    assertThat(shared(TWO, 0.1, 5001)).isTrue();
    assertThat(shared(ONE, 5, 5050)).isTrue();
    // the other one came first this time
    assertThat(shared(TWO, 9.9, 5099)).isTrue();
    assertThat(shared(ONE, 10, 5100)).isTrue();
  }

  /** What 64 cores could do between two readings of a host says little; both have more of them. */
  @Test
  void machinesThatWereStartedTogetherAreTwo() {
    assertThat(shared(ONE, 0, 5000)).isFalse();
    assertThat(shared(TWO, 0.1, 5200)).isFalse();
    assertThat(shared(ONE, 5, 5050)).isFalse();
    assertThat(shared(TWO, 5.1, 5255)).isFalse();
    assertThat(shared(TWO, 9.9, 5308)).isFalse();
    assertThat(shared(ONE, 10, 5100)).isFalse();
  }
}
