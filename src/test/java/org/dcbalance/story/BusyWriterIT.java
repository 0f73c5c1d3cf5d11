package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Two guests load one hot host alike, and one of them changes its memory faster than the link
 * carries: the other one is chosen, and the page says why.
 */
@Tag("campaign")
@Timeout(600)
@ExtendWith(ChromiumInstalled.class)
class BusyWriterIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("bwr", 2);

  /** 12 MiB/s, where the writer changes 31 MiB/s. */
  private static final int LINK = 100;

  private static @Nullable Stage stage;

  @BeforeAll
  static void begin() {
    var console =
        Console.inside(LAB, "busy-writer", 8089)
            .hurried()
            .set("DCBALANCE_BALANCING_CPU_THRESHOLD", "0.9")
            .start();
    stage = Stage.inside(LAB, console, "busy-writer", 9517);
    LAB.start(1, "writer-01", 1, "--no-wait", "dirty=40:8000:page", "burn=20");
    LAB.start(1, "reader-02", 2, "--no-wait");
    LAB.start(1, "idle-03", 3, "--no-wait");
    LAB.await(1, 2, 3);
    LAB.limitLink(1, LINK);
  }

  @AfterAll
  static void end() {
    LAB.unlimitLink(1);
    if (stage != null) {
      stage.close();
    }
  }

  @Test
  void theOneThatCanBeMovedIsChosen() {
    var browser = Objects.requireNonNull(stage).browser();
    var api = stage.api();
    var fleet = new Fleet(LAB, api);
    browser.signIn();
    fleet.addAll(2);
    // what the link carries is learnt from a move
    assertThat(fleet.ended(fleet.move("idle-03", 2), Duration.ofMinutes(2)).get("state").asString())
        .isEqualTo("COMPLETED");

    double writer = cpuShare(fleet, "writer-01");
    LAB.load(2, "burn=" + Math.round(100 * writer));
    // above what one of them brings to a host, and below what both bring, on a fast machine and on
    // a
    // slow one
    double both = writer + cpuShare(fleet, "reader-02");
    long pool = fleet.host(1).get("poolId").asLong();
    api.patch(
        "/api/v1/pools/" + pool,
        Map.of("cpuThreshold", 0.8 * both / Runtime.getRuntime().availableProcessors()));
    var chosen =
        Await.until(
            "a recommendation",
            Duration.ofSeconds(120),
            () -> api.items("/api/v1/recommendations?state=PROPOSED"),
            found -> !found.isEmpty());
    Figures.print(
        "CPU of the writer and of the other one",
        "%.2f and %.2f of a core"
            .formatted(cpuShare(fleet, "writer-01"), cpuShare(fleet, "reader-02")));
    assertThat(chosen).extracting(r -> r.get("vm").asString()).containsExactly("reader-02");
    browser.open("/recommendations");
    var considered = browser.see("#recommendations details", text -> text.contains("writer-01"));
    var why =
        considered
            .lines()
            .filter(line -> line.contains("writer-01") || line.contains("memory per second"))
            .toList()
            .toString();
    Figures.print("why not the writer", why);
    assertThat(why).containsPattern("It changes [0-9.]+ MiB of memory per second: its migration");
    browser.picture("considered");
  }

  /** Give the share of a core that a guest uses, by its own CPU time over ten seconds. */
  private static double cpuShare(Fleet fleet, String guest) {
    double before = fleet.vm(guest).get("cpuTimeSeconds").asDouble();
    var watch = Figures.watch();
    Await.pause(Duration.ofSeconds(10));
    double used = fleet.vm(guest).get("cpuTimeSeconds").asDouble() - before;
    return used / (watch.passed().toMillis() / 1000.0);
  }
}
