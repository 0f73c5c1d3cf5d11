package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A host that goes away for a whole minute while a guest is on its way to it, and comes back. */
@Tag("campaign")
@Timeout(900)
class LongOutageIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("out", 2);

  private static final Duration AWAY = Duration.ofSeconds(60);
  private static final int CRAWL = 4;

  @Test
  void aHostThatGoesAwayForAMinuteIsUnknownAndNeverAbsent() {
    try (var console = Console.inside(LAB, "outage", 8092).hurried()) {
      // less than the outage, so that the move is called lost while nobody knows
      console.set("DCBALANCE_MIGRATION_LOST_AFTER", "30s").start();
      LAB.start(1, "web-01", 1);
      try (var api = console.api()) {
        var fleet = new Fleet(LAB, api);
        fleet.addAll(2);
        fleet.vm("web-01");
        LAB.limitLink(1, CRAWL);
        long id = fleet.move("web-01", 2);
        Await.until(
            "copying",
            Duration.ofSeconds(60),
            () -> api.get("/api/v1/migrations/" + id),
            m -> m.get("phase").asString().equals("COPYING") && m.path("progress").isObject());
        LAB.host("kill", 2);
        var away = Figures.watch();
        boolean lost = false;
        // a busy machine takes longer to notice
        while (away.passed().compareTo(lost ? AWAY : AWAY.multipliedBy(3)) < 0) {
          var now = api.get("/api/v1/migrations/" + id);
          assertThat(now.get("state").asString())
              .as("a host that does not answer is unknown: " + now.get("sentence").asString())
              .isIn("RUNNING", "LOST");
          lost |= now.get("state").asString().equals("LOST");
          assertThat(LAB.where("web-01")).containsExactly("1 running");
          Await.pause(Duration.ofSeconds(2));
        }
        assertThat(lost).as("an operator was told after 30 s").isTrue();
        assertThat(fleet.host(2).get("state").asString()).isEqualTo("DOWN");
        LAB.host("start", 2);
        LAB.unlimitLink(1);
        var back = Figures.watch();
        Await.until(
            "kvm-02 to be up",
            Duration.ofSeconds(60),
            () -> fleet.host(2),
            h -> h.get("state").asString().equals("UP"));
        var ended = fleet.ended(id, Duration.ofSeconds(90));
        Figures.seconds("host back after 60 s to the move settled", back.passed());
        assertThat(ended.get("state").asString())
            .as(ended.get("sentence").asString())
            .isEqualTo("FAILED");
        assertThat(LAB.where("web-01")).isEqualTo(List.of("1 running"));
        var again = fleet.ended(fleet.move("web-01", 2), Duration.ofSeconds(90));
        assertThat(again.get("state").asString())
            .as(again.get("sentence").asString())
            .isEqualTo("COMPLETED");
      }
    }
  }
}
