package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class RoomDemandTest {
  @Test
  void oneMayTakeAllThatIsFree() {
    assertThat(RoomDemand.refusals(List.of(demand("db-01", "shared", 500, 500)))).isEmpty();
    assertThat(RoomDemand.refusals(List.of(demand("db-01", "shared", 500, 501))))
        .containsExactly(
            "The storage pool shared of kvm-01 has 500 MiB free, and db-01 may need 501 MiB.");
  }

  @Test
  void severalShareWhatIsFreeWhicheverHostTellsIt() {
    var demands =
        List.of(
            demand("db-01", "shared", 500, 200),
            demand("db-02", "shared", 490, 200),
            demand("web-01", "shared", 500, 100));
    assertThat(RoomDemand.refusals(demands))
        .containsExactly(
            "The storage pool shared of kvm-01 has 490 MiB free, and db-01, db-02 and web-01 may"
                + " need 500 MiB together.");
  }

  @Test
  void eachStorageHasItsOwn() {
    assertThat(
            RoomDemand.refusals(
                List.of(demand("db-01", "shared", 500, 400), demand("db-02", "other", 500, 400))))
        .isEmpty();
  }

  private static RoomDemand demand(String vm, String storage, int free, int needs) {
    return new RoomDemand(vm, storage, "kvm-01", Memory.ofMiB(free), Memory.ofMiB(needs));
  }
}
