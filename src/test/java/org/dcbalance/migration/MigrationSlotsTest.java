package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.dcbalance.migration.MigrationSlots.HostCaps;
import org.dcbalance.migration.MigrationSlots.Move;
import org.junit.jupiter.api.Test;

class MigrationSlotsTest {
  private static final Map<Long, HostCaps> HOSTS =
      Map.of(
          1L, new HostCaps("kvm-01", 2, 2),
          2L, new HostCaps("kvm-02", 2, 2),
          3L, new HostCaps("kvm-03", 2, 2),
          4L, new HostCaps("xen-01", 1, 1),
          5L, new HostCaps("xen-02", 1, 1));

  private static Move move(long id, long source, long target) {
    return new Move(id, 1, source, target);
  }

  @Test
  void startsFirstComeFirstServedUpToTheCapOfTheSource() {
    var turns =
        MigrationSlots.of(
            List.of(move(1, 1, 2), move(2, 1, 3), move(3, 1, 2)), List.of(), HOSTS, 4);
    assertThat(turns.start()).containsExactly(1L, 2L);
    assertThat(turns.waiting())
        .containsExactly(Map.entry(3L, "Waits for kvm-01, which may send 2 guests at once."));
  }

  @Test
  void countsWhatIsUnderWay() {
    var turns = MigrationSlots.of(List.of(move(7, 4, 5)), List.of(move(6, 1, 5)), HOSTS, 4);
    assertThat(turns.start()).isEmpty();
    assertThat(turns.waiting())
        .containsExactly(Map.entry(7L, "Waits for xen-02, which may receive 1 guest at once."));
  }

  @Test
  void letsALaterMovePassOneThatWaitsForAnotherHost() {
    var turns =
        MigrationSlots.of(
            List.of(move(1, 4, 1), move(2, 4, 2), move(3, 3, 2)), List.of(), HOSTS, 4);
    assertThat(turns.start()).containsExactly(1L, 3L);
  }

  @Test
  void keepsToTheCapOfThePool() {
    var other = new Move(9, 2, 1, 2);
    var turns =
        MigrationSlots.of(
            List.of(move(1, 1, 2), move(2, 2, 3), move(3, 3, 1), other), List.of(), HOSTS, 2);
    assertThat(turns.start()).containsExactly(1L, 2L, 9L);
    assertThat(turns.waiting())
        .containsExactly(Map.entry(3L, "Waits for one of the pool's 2 moves at once to end."));
  }
}
