package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A real guest that writes for half a minute more than the link carries, and rests for another, is
 * asked to move while it writes: it goes when it rests.
 */
@Tag("campaign")
@Timeout(900)
class QuietMomentIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("qui", 2);

  /** 12 MiB/s, where the writer changes 31 MiB/s. */
  private static final int LINK = 100;

  @Test
  void aCyclicWriterIsMovedInItsValley() {
    try (var console =
            Console.inside(LAB, "quiet-moment", 8090)
                .hurried()
                .set("DCBALANCE_TELEMETRY_DIRTY_RATE_EVERY", "6s")
                .set("DCBALANCE_BALANCING_EVERY", "1h")
                .start();
        var api = console.api()) {
      var fleet = new Fleet(LAB, api);
      LAB.start(1, "cyclic-01", 1);
      LAB.start(1, "idle-02", 2);
      LAB.limitLink(1, LINK);
      fleet.addAll(2);
      // what the link carries is learnt from a move
      assertThat(
              fleet.ended(fleet.move("idle-02", 2), Duration.ofMinutes(2)).get("state").asString())
          .isEqualTo("COMPLETED");
      LAB.load(1, "dirty=40:8000:page:30:30");
      var begun = Figures.watch();
      // two full turns, so that both were measured, and into the third
      Await.pause(Duration.ofSeconds(130).minus(begun.passed()));
      long id = fleet.move("cyclic-01", 2);
      var ended = fleet.ended(id, Duration.ofMinutes(4));
      assertThat(ended.get("state").asString())
          .as(ended.get("sentence").asString())
          .isEqualTo("COMPLETED");
      Figures.print(
          "cyclic writer: waited, then took, paused",
          "%s ms, %s ms, %s ms by %s"
              .formatted(
                  ended.get("waitedMillis"),
                  ended.get("totalMillis"),
                  ended.get("downtimeMillis"),
                  ended.get("method")));
      assertThat(ended.get("waitedMillis").asLong()).isBetween(1_000L, 90_000L);
      assertThat(ended.get("downtimeMillis").asLong()).isLessThan(1_000);
      assertThat(LAB.where("cyclic-01")).containsExactly("2 running");
    } finally {
      LAB.unlimitLink(1);
    }
  }
}
