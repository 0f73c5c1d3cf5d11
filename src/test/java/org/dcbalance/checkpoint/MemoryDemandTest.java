package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class MemoryDemandTest {
  private static final HostId ONE = new HostId(1);
  private static final HostId TWO = new HostId(2);

  private static MemoryDemand of(String vm, HostId to, long free, long needs, Set<HostId> isOn) {
    return new MemoryDemand(
        vm,
        to,
        "kvm-0" + to.value(),
        Memory.ofMiB(free),
        Memory.ofMiB(needs),
        Memory.ofMiB(needs),
        isOn);
  }

  @Test
  void oneFitsOrDoesNot() {
    assertThat(MemoryDemand.refusals(List.of(of("db-01", ONE, 512, 512, Set.of())))).isEmpty();
    assertThat(MemoryDemand.refusals(List.of(of("db-01", ONE, 511, 512, Set.of()))))
        .containsExactly("kvm-01 has 511 MiB of memory for it, and db-01 needs 512 MiB.");
    assertThat(MemoryDemand.refusals(List.of(of("db-01", ONE, 0, 512, Set.of(ONE)))))
        .as("what it has there is given back first")
        .isEmpty();
  }

  @Test
  void thoseThatGoToOneHostAreCountedTogether() {
    var three =
        List.of(
            of("shop-01", ONE, 1000, 400, Set.of()),
            of("shop-02", ONE, 1000, 400, Set.of()),
            of("shop-03", ONE, 990, 400, Set.of(TWO)));
    assertThat(MemoryDemand.refusals(three))
        .as("each would fit alone, and they were asked one after the other")
        .containsExactly(
            "kvm-01 has 990 MiB of memory for them, and shop-01, shop-02 and shop-03 need 1200 MiB"
                + " together.");
    assertThat(MemoryDemand.refusals(three.subList(0, 2))).isEmpty();
  }

  @Test
  void whatOthersGiveBackThereCountsEvenIfTheyGoElsewhere() {
    var swapped =
        List.of(of("shop-01", TWO, 100, 800, Set.of(ONE)), of("shop-02", ONE, 0, 800, Set.of(TWO)));
    assertThat(MemoryDemand.refusals(swapped)).as("both hosts are full of them").isEmpty();
    var onto =
        List.of(
            of("shop-01", TWO, 100, 800, Set.of(ONE)), of("shop-02", TWO, 100, 800, Set.of(TWO)));
    assertThat(MemoryDemand.refusals(onto))
        .containsExactly(
            "kvm-02 has 900 MiB of memory for them, and shop-01 and shop-02 need 1600 MiB"
                + " together.");
  }
}
