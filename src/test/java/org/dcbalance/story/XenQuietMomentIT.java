package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.dcbalance.lab.XenLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Xen tells no dirty rates: a guest that works for half a minute and rests for another is asked to
 * move while it works, and goes when it uses little CPU.
 */
@Tag("campaign")
@Timeout(900)
class XenQuietMomentIT {
  @RegisterExtension static final XenLab LAB = new XenLab("xqu", 2);

  /** 5 MiB/s: what a busy guest is taken to change in the end takes far longer than is accepted. */
  private static final int LINK = 40;

  /** Well above what stopping and resuming cost on an emulated host. */
  private static final int ACCEPTED_MILLIS = 4_000;

  @Test
  void aGuestIsMovedWhenItRests() {
    try (var console =
            Console.inside(LAB, "xen-quiet-moment", 8091)
                .forXen()
                .set("DCBALANCE_BALANCING_EVERY", "1h")
                .start();
        var api = console.api()) {
      var fleet = new Fleet(LAB, api);
      LAB.start(1, "cyclic-01", 1, "--pvh");
      LAB.start(1, "idle-02", 2, "--pvh");
      LAB.limitLink(1, LINK);
      fleet.addAll(2);
      api.patch(
          "/api/v1/pools/" + fleet.host(1).get("poolId").asLong(),
          Map.of("moveOptions", Map.of("downtimeMillis", ACCEPTED_MILLIS)));
      // what the link carries, and what the rest of a move takes, is learnt from one
      assertThat(
              fleet.ended(fleet.move("idle-02", 2), Duration.ofMinutes(5)).get("state").asString())
          .isEqualTo("COMPLETED");
      LAB.load(1, "dirty=40:8000:page:30:30");
      var begun = Figures.watch();
      // two full turns, so that both were sampled, and into the third
      Await.pause(Duration.ofSeconds(135).minus(begun.passed()));
      long id = fleet.move("cyclic-01", 2);
      var ended = fleet.ended(id, Duration.ofMinutes(6));
      var log = api.get("/api/v1/migrations/" + id).get("log").toString();
      Figures.print(
          "Xen, cyclic writer: waited, then took, paused",
          "%s ms, %s ms, %s ms by %s"
              .formatted(
                  ended.get("waitedMillis"),
                  ended.get("totalMillis"),
                  ended.get("downtimeMillis"),
                  ended.get("method")));
      assertThat(ended.get("state").asString())
          .as(ended.get("sentence").asString() + log)
          .isEqualTo("COMPLETED");
      assertThat(log).contains("It is too busy for a move that it would not feel.", "CPUs now");
      assertThat(ended.get("waitedMillis").asLong()).isBetween(1_000L, 120_000L);
      assertThat(LAB.where("cyclic-01")).containsExactly("2 running");
    } finally {
      LAB.unlimitLink(1);
    }
  }
}
