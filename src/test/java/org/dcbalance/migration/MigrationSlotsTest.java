package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dcbalance.migration.MigrationSlots.Caps;
import org.dcbalance.migration.MigrationSlots.HostCaps;
import org.dcbalance.migration.MigrationSlots.Move;
import org.dcbalance.migration.MigrationSlots.Turn;
import org.dcbalance.strategy.ProposedMove.Priority;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MigrationSlotsTest {
  private static final Map<Long, HostCaps> HOSTS =
      Map.of(
          1L, new HostCaps("kvm-01", 2, 2),
          2L, new HostCaps("kvm-02", 2, 2),
          3L, new HostCaps("kvm-03", 2, 2),
          4L, new HostCaps("xen-01", 1, 1),
          5L, new HostCaps("xen-02", 1, 1));

  private static final Caps CAPS = new Caps(4, 2);

  private static Move move(long id, long source, long target) {
    return new Move(id, 1, source, target, Turn.HAD);
  }

  /** One from host 1 to host 2, of which one at a time may go. */
  private static Move queued(long id, Priority priority, @Nullable Duration expected) {
    return new Move(id, 1, 1, 2, new Turn(false, priority, expected));
  }

  private static List<Long> order(Move... queued) {
    var left = new ArrayList<>(List.of(queued));
    var order = new ArrayList<Long>();
    while (!left.isEmpty()) {
      var next = MigrationSlots.of(left, List.of(), HOSTS, new Caps(1, 1)).start().getFirst();
      order.add(next);
      left.removeIf(move -> move.id() == next);
    }
    return order;
  }

  @Test
  void whatHelpsMostIsFirstAndOfThatWhatTakesLongest() {
    assertThat(
            order(
                queued(1, Priority.LOW, Duration.ofMinutes(9)),
                queued(2, Priority.HIGH, Duration.ofSeconds(20)),
                queued(3, Priority.HIGH, Duration.ofMinutes(3)),
                queued(4, Priority.MEDIUM, Duration.ofSeconds(5)),
                queued(5, Priority.HIGH, null),
                queued(6, Priority.HIGH, null)))
        .containsExactly(5L, 6L, 3L, 2L, 4L, 1L);
  }

  @Test
  void whoeverHasWaitedForLongIsFirstInTheOrderOfComing() {
    var long1 = new Move(1, 1, 1, 2, new Turn(true, Priority.LOW, Duration.ofSeconds(1)));
    var long2 = new Move(2, 1, 1, 2, new Turn(true, Priority.HIGH, Duration.ofMinutes(1)));
    assertThat(order(long1, long2, queued(3, Priority.HIGH, null))).containsExactly(1L, 2L, 3L);
  }

  @Test
  void keepsToTheCapOfALinkInBothDirections() {
    var turns =
        MigrationSlots.of(
            List.of(move(1, 1, 2), move(2, 2, 1), move(3, 1, 3)), List.of(), HOSTS, new Caps(4, 1));
    assertThat(turns.start()).containsExactly(1L, 3L);
    assertThat(turns.waiting())
        .containsExactly(
            Map.entry(
                2L,
                "Waits for the link between kvm-02 and kvm-01, which may carry 1 guest at once."));
  }

  @Test
  void startsFirstComeFirstServedUpToTheCapOfTheSource() {
    var turns =
        MigrationSlots.of(
            List.of(move(1, 1, 2), move(2, 1, 3), move(3, 1, 2)), List.of(), HOSTS, CAPS);
    assertThat(turns.start()).containsExactly(1L, 2L);
    assertThat(turns.waiting())
        .containsExactly(Map.entry(3L, "Waits for kvm-01, which may send 2 guests at once."));
  }

  @Test
  void countsWhatIsUnderWay() {
    var turns = MigrationSlots.of(List.of(move(7, 4, 5)), List.of(move(6, 1, 5)), HOSTS, CAPS);
    assertThat(turns.start()).isEmpty();
    assertThat(turns.waiting())
        .containsExactly(Map.entry(7L, "Waits for xen-02, which may receive 1 guest at once."));
  }

  @Test
  void letsALaterMovePassOneThatWaitsForAnotherHost() {
    var turns =
        MigrationSlots.of(
            List.of(move(1, 4, 1), move(2, 4, 2), move(3, 3, 2)), List.of(), HOSTS, CAPS);
    assertThat(turns.start()).containsExactly(1L, 3L);
  }

  @Test
  void keepsToTheCapOfThePool() {
    var other = new Move(9, 2, 1, 2, Turn.HAD);
    var turns =
        MigrationSlots.of(
            List.of(move(1, 1, 2), move(2, 2, 3), move(3, 3, 1), other),
            List.of(),
            HOSTS,
            new Caps(2, 2));
    assertThat(turns.start()).containsExactly(1L, 2L, 9L);
    assertThat(turns.waiting())
        .containsExactly(Map.entry(3L, "Waits for one of the pool's 2 moves at once to end."));
  }
}
