package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.dcbalance.inventory.QuietHours;
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
    var turns = new MigrationTurns(lab.jdbc, lab.pools, Clock.systemUTC());
    var queued = turns.queued(rows);
    assertThat(queued)
        .extracting(Move::turn)
        .containsExactly(
            new Turn(false, Priority.LOW, null),
            new Turn(false, Priority.MEDIUM, Duration.ofSeconds(9)),
            new Turn(true, Priority.LOW, null),
            new Turn(false, Priority.HIGH, null));
    assertThat(turns.inTurn(rows)).extracting(Move::id).containsExactly(old, byHand, medium, low);
    assertThat(lab.rows.queued(null))
        .extracting(queue -> queue.position() + ": " + queue.row().id())
        .containsExactly("1: " + old, "2: " + byHand, "3: " + medium, "4: " + low);
    assertThat(lab.rows.places()).containsEntry(low, 4).hasSize(4);
  }

  @Test
  void whatQuietHoursKeepComesAfterWhatMayStart() {
    long kept = lab.move(lab.guest("web-01", "kvm-01"), "kvm-02");
    long byHand = lab.move(lab.guest("web-02", "kvm-01"), "kvm-02");
    lab.jdbc
        .sql(
            """
            update migration set requested_by = 'DCbalance', created_at = now() - interval '11 minutes'
            where id = :id
            """)
        .param("id", kept)
        .update();
    assertThat(lab.rows.places()).containsExactly(Map.entry(kept, 1), Map.entry(byHand, 2));
    var now = LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES);
    var pool = lab.pools.findByName("lab").orElseThrow();
    pool.keepQuiet(new QuietHours(now.minusHours(1), now.plusHours(1), ZoneOffset.UTC));
    lab.pools.save(pool);
    assertThat(lab.rows.places()).containsExactly(Map.entry(byHand, 1), Map.entry(kept, 2));
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
    assertThat(new MigrationTurns(lab.jdbc, lab.pools, Clock.systemUTC()).underWay(rows))
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
