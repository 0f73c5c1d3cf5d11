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
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** From a hot host to a finished migration, by the pages alone, in a real browser. */
@Timeout(900)
@ExtendWith(ChromiumInstalled.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("both processors")
@Order(8)
class StoryInBrowserIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("stb", 3);

  private static @Nullable Stage stage;

  @BeforeAll
  static void begin() {
    var console =
        Console.inside(LAB, "in-browser", 8085)
            .hurried()
            .set("DCBALANCE_BALANCING_CPU_THRESHOLD", "0.17")
            .start(() -> Fleet.startSix(LAB));
    stage = Stage.inside(LAB, console, "browser", 9515);
    LAB.await(1, 2, 3, 4, 5, 6);
  }

  @AfterAll
  static void end() {
    if (stage != null) {
      stage.close();
    }
  }

  @Test
  void fromAHotHostToTheHistory() {
    var browser = Objects.requireNonNull(stage).browser();
    var api = stage.api();
    var fleet = new Fleet(LAB, api);
    var person = new Person(browser, api);
    var story = Figures.watch();
    browser.signIn();
    browser.see("Add the first host");
    browser.picture("empty");
    for (int n = 1; n <= 3; n++) {
      person.addsAHost(fleet.hostName(n), LAB.peerUri(n));
      if (n == 3) {
        assertThat(browser.see("ul.checks", text -> !text.isBlank()))
            .as("both ways to each other host")
            .contains("kvm-01", "kvm-02");
        browser.picture("connection-test");
      }
      person.confirmsTheHost(fleet.hostName(n));
    }
    fleet.vm("web-01");
    // not close to the threshold: what "burn" makes of a percentage depends on what else the
    // machine
    // had to do when it began
    LAB.load(1, "burn=24");
    LAB.load(2, "burn=8");
    LAB.load(3, "burn=8");
    LAB.load(4, "burn=8");
    LAB.load(6, "burn=3");
    var heat = Figures.watch();

    person.setsATcpProbe(fleet.vm("web-01").get("id").asLong(), QemuLab.guestAddress(1));
    for (int n = 2; n <= 3; n++) {
      api.patch(
          "/api/v1/vms/" + fleet.vm("web-0" + n).get("id").asLong(),
          Map.of("probeAddress", QemuLab.guestAddress(n), "probePort", 80));
    }
    person.seesAChartFill("/hosts/" + fleet.host(1).get("id").asLong(), "chart-cpu", "hot-host");
    person.seesAChartFill(
        "/vms/" + fleet.vm("web-01").get("id").asLong(), "chart-cpu", "busy-guest");
    var best = person.seesARecommendation(Duration.ofSeconds(120));
    Figures.seconds("hot host to recommendation, in the browser", heat.passed());
    var considered = browser.see("#recommendations details", text -> text.contains("db-01"));
    assertThat(considered).contains("not on storage marked as shared");

    // whichever it is
    var moved = best.get("vm").asString();
    int number = Integer.parseInt(moved.substring("web-0".length()));
    var libvirt = fleet.nextMoveFrom(1, moved);
    // so slow that it can be watched, until it was
    LAB.limitLink(1, 8);
    var ran = LAB.uptime(number);
    try (var caller = new Caller(LAB.fabric(), QemuLab.guestAddress(number))) {
      var approval = Figures.watch();
      var migration =
          person.approvesAndWatches(
              best,
              () -> {
                browser.see("#migration-state", text -> text.contains("Remaining"));
                browser.picture("copying");
                LAB.unlimitLink(1);
              });
      Figures.seconds("approval to completion, in the browser", approval.passed());
      Await.pause(Duration.ofSeconds(1));
      Await.until(
          "the guest answers",
          Duration.ofSeconds(30),
          caller::silentFor,
          silence -> silence.compareTo(Duration.ofSeconds(5)) < 0);
      int target = Fleet.hostNumber(migration.get("target").asString());
      assertThat(LAB.where(moved)).containsExactly(target + " running");
      assertThat(LAB.uptime(number)).as("it goes on, and was not booted anew").isGreaterThan(ran);
      assertThat(migration.get("downtimeMillis").asLong())
          .isEqualTo(libvirt.join().number("downtime"));
      assertThat(migration.get("totalMillis").asLong())
          .isEqualTo(libvirt.join().number("time_elapsed"));
      assertThat(migration.get("guestDowntimeMillis").asLong()).isPositive();
      person.readsTheHistory(migration);
      Figures.seconds("the story in the browser", story.passed());
    } finally {
      LAB.unlimitLink(1);
    }
  }
}
