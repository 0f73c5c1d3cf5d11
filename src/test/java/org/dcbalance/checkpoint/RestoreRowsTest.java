package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.dcbalance.checkpoint.Checkpoint.CopyOf;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

/** Restores in PostgreSQL, of a checkpoint that the runner of the console under test never sees. */
@ConsoleTest
@Transactional
class RestoreRowsTest {
  private static final Operator AMY = new Operator("amy");

  @Autowired private CheckpointRows checkpoints;
  @Autowired private RestoreRows rows;
  @Autowired private JdbcClient jdbc;
  private long checkpoint;

  @BeforeEach
  void add() {
    checkpoint = RestoringFleet.checkpoint(jdbc);
  }

  private Checkpoint shown() {
    return checkpoints.find(checkpoint).orElseThrow();
  }

  @Test
  void oneThatRunsSaysHowLongThatTookAndHowItWasDone() {
    long id = rows.add(shown(), shown().hostId(), Manner.LAZY, true, AMY);
    rows.step(id, "Reading its memory", 1);
    assertThat(rows.find(id).state()).isEqualTo(RestoreState.RESTORING);
    rows.doneAs(id, Manner.EAGER, "nothing was prepared");
    rows.runs(id, 1500L, "It runs again.", 1);
    var runs = rows.find(id);
    assertThat(runs.state()).isEqualTo(RestoreState.DETACHING);
    assertThat(runs.runningMillis()).isEqualTo(1500);
    assertThat(runs.sentence()).isEqualTo("It runs again.");
    assertThat(runs.doneAs()).isEqualTo(Manner.EAGER);
    assertThat(runs.fellBack()).isEqualTo("nothing was prepared");
    assertThat(runs.finishedAt()).isNull();
    rows.end(id, RestoreState.DONE, "Its disks are its own.");
    assertThat(rows.find(id).finishedAt()).isNotNull();
    assertThat(shown().restores()).containsExactly(rows.find(id));
  }

  @Test
  void oneThatRunsSinceNobodyKnowsWhenSaysNoTime() {
    long id = rows.add(shown(), shown().hostId(), Manner.EAGER, false, AMY);
    rows.runs(id, null, "It runs again.", 1);
    assertThat(rows.find(id).runningMillis()).isNull();
  }

  @Test
  void aCopyKeepsItsNameToItselfUntilItEnds() {
    var copy = new CopyOf("beside-" + checkpoint, UUID.randomUUID(), null);
    long id = rows.addCopy(shown(), shown().hostId(), copy, AMY);
    assertThat(rows.find(id).copy()).isEqualTo(copy);
    assertThat(rows.isBeingCopiedAs(copy.name())).isTrue();
    rows.end(id, RestoreState.FAILED, "No room.");
    assertThat(rows.isBeingCopiedAs(copy.name())).isFalse();
  }
}
