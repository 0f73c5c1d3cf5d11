package org.dcbalance.hypervisor.simulated;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingInt;
import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class FleetOfAnySizeTest {
  @Test
  void isTheStandardPoolWithFourHostsAndTwentyFourGuests() {
    var fleet = FleetOfAnySize.of(4, 24, 42);
    assertThat(fleet.guests()).isEqualTo(Fleet.standard(42));
    assertThat(fleet.hosts()).extracting(HostPlan::name).isEqualTo(Fleet.HOSTS);
    assertThat(fleet.hosts()).allMatch(host -> host.cores() == 16);
    assertThat(fleet.hosts()).allMatch(host -> host.memory().equals(Memory.ofGiB(64)));
  }

  @Test
  void givesEachHostItsShareOfGuestsThatFitIntoItsMemory() {
    var fleet = FleetOfAnySize.of(50, 1000, 42);
    var guests = fleet.guests();
    assertThat(guests).hasSize(1000);
    assertThat(guests.stream().map(GuestPlan::uuid).distinct()).hasSize(1000);
    assertThat(guests.stream().collect(groupingBy(GuestPlan::host, counting())).values())
        .hasSize(50)
        .allMatch(count -> count == 20);
    var memory =
        guests.stream().collect(groupingBy(GuestPlan::host, summingInt(GuestPlan::memoryMiB)));
    for (var host : fleet.hosts()) {
      assertThat((long) memory.get(host.name())).isLessThan(host.memory().mib() * 9 / 10);
    }
  }

  @Test
  void isHotInPlacesAndIdleInOthersWheneverItIsBig() {
    var fleet = FleetOfAnySize.of(50, 1000, 42);
    var shares =
        fleet.hosts().stream()
            .mapToDouble(
                host ->
                    fleet.guests().stream()
                            .filter(guest -> guest.host().equals(host.name()))
                            .mapToDouble(guest -> guest.vcpus() * guest.pattern().base())
                            .sum()
                        / host.cores())
            .boxed()
            .toList();
    assertThat(shares).anyMatch(share -> share > 0.85);
    assertThat(shares).anyMatch(share -> share < 0.65);
  }
}
