package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dcbalance.checkpoint.CheckpointCopies.Wish;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Beside;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Copies that are asked for while their checkpoint, only a row, is deleted. */
@ConsoleTest
class CheckpointCopiesTest {
  private static final Operator AMY = new Operator("amy");

  @Autowired private Checkpoints checkpoints;
  @Autowired private CheckpointCopies copies;
  @Autowired private TransactionTemplate transaction;
  @Autowired private JdbcClient jdbc;
  private long checkpoint;

  @BeforeEach
  void add() {
    checkpoint = RestoringFleet.checkpoint(jdbc);
  }

  @AfterEach
  void tidyUp() {
    jdbc.sql("delete from checkpoint where id = :id").param("id", checkpoint).update();
  }

  @Test
  void noneIsBegunOfWhatSomebodyIsAboutToDelete() throws InterruptedException {
    var deleting = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var deletion =
        Beside.run(
            () ->
                transaction.executeWithoutResult(
                    status -> {
                      checkpoints.delete(checkpoint, AMY);
                      deleting.countDown();
                      await(goOn);
                    }));
    assertThat(deleting.await(30, TimeUnit.SECONDS)).isTrue();
    var copy = Beside.supply(this::refused);
    // one that is not held back is refused at once, for another reason
    Await.pause(Duration.ofMillis(500));
    goOn.countDown();
    deletion.join();
    assertThat(copy.join())
        .isEqualTo(
            "Checkpoint %d is not complete, so nothing is restored from it.".formatted(checkpoint));
  }

  private String refused() {
    try {
      copies.copy(checkpoint, new Wish("beside-" + checkpoint, null, null), AMY);
      return "";
    } catch (Problem e) {
      return e.sentence();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
