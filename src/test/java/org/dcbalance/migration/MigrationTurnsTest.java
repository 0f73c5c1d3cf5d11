package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import org.dcbalance.migration.MigrationSlots.Move;
import org.dcbalance.migration.MigrationSlots.Turn;
import org.dcbalance.strategy.ProposedMove.Priority;
import org.junit.jupiter.api.Test;

/** What is stored of moves that wait gives their turns. */
class MigrationTurnsTest extends MigrationFaults {
  @Test
  void comesByPriorityExpectationAndAge() {
    long low = lab.move(lab.guest("web-01", "kvm-01"), "kvm-02");
    long medium = lab.move(lab.guest("web-02", "kvm-01"), "kvm-02");
    long old = lab.move(lab.guest("web-03", "kvm-01"), "kvm-02");
    long byHand = lab.move(lab.guest("web-04", "kvm-01"), "kvm-02");
    prioritize(low, "LOW");
    prioritize(medium, "MEDIUM");
    prioritize(old, "LOW");
    lab.jdbc
        .sql("update migration set expected_millis = 9000 where id = :id")
        .param("id", medium)
        .update();
    lab.jdbc
        .sql("update migration set created_at = now() - interval '11 minutes' where id = :id")
        .param("id", old)
        .update();
    lab.jdbc
        .sql("update migration set recommendation_id = null where id = :id")
        .param("id", byHand)
        .update();

    var rows = lab.migrations.findByStateInOrderById(MigrationState.OPEN);
    var queued = new MigrationTurns(lab.jdbc, Clock.systemUTC()).queued(rows);
    assertThat(queued)
        .extracting(Move::turn)
        .containsExactly(
            new Turn(false, Priority.LOW, null),
            new Turn(false, Priority.MEDIUM, Duration.ofSeconds(9)),
            new Turn(true, Priority.LOW, null),
            new Turn(false, Priority.HIGH, null));
    assertThat(queued.stream().sorted(Comparator.comparing(Move::turn)).map(Move::id))
        .containsExactly(old, byHand, medium, low);
  }

  @Test
  void aLostMoveKeepsItsPlaceForAsLongAsItWasGiven() {
    long runs = lab.move(lab.guest("web-01", "kvm-01"), "kvm-02");
    long lost = lab.move(lab.guest("web-02", "kvm-01"), "kvm-02");
    long lostForLong = lab.move(lab.guest("web-03", "kvm-01"), "kvm-02");
    lab.move(lab.guest("web-04", "kvm-01"), "kvm-02");
    began(runs, "RUNNING", "-1 minute");
    began(lost, "LOST", "10 minutes");
    began(lostForLong, "LOST", "-1 minute");

    var rows = lab.migrations.findByStateInOrderById(MigrationState.OPEN);
    assertThat(new MigrationTurns(lab.jdbc, Clock.systemUTC()).underWay(rows))
        .extracting(Move::id)
        .containsExactly(runs, lost);
  }

  private void began(long migration, String state, String left) {
    lab.jdbc
        .sql(
            """
            update migration set state = :state, phase = 'COPYING', started_at = now(),
              deadline = now() + cast(:left as interval)
            where id = :id
            """)
        .param("state", state)
        .param("left", left)
        .param("id", migration)
        .update();
  }

  private void prioritize(long migration, String priority) {
    lab.jdbc
        .sql(
            """
            update recommendation set priority = :priority
            where id = (select recommendation_id from migration where id = :id)
            """)
        .param("priority", priority)
        .param("id", migration)
        .update();
  }
}
