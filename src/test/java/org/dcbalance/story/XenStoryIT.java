package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.lab.Lab;
import org.dcbalance.lab.XenLab;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** From a hot host to a finished migration on two Xen hosts, by the pages alone. */
@Timeout(900)
@ExtendWith(ChromiumInstalled.class)
@Tag("xen")
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("both processors")
@Order(Integer.MAX_VALUE)
class XenStoryIT {
  @RegisterExtension static final XenLab LAB = new XenLab("stx", 2);

  private static @Nullable Stage stage;

  @BeforeAll
  static void begin() {
    var console =
        Console.inside(LAB, "on-xen", 8086)
            .forXen()
            .set("DCBALANCE_BALANCING_CPU_THRESHOLD", "0.8")
            .start();
    stage = Stage.inside(LAB, console, "xen", 9516);
    for (int n = 1; n <= 2; n++) {
      LAB.start(1, "web-0" + n, n, "--pvh", "--no-wait");
    }
    LAB.start(2, "app-01", 3, "--pvh", "--no-wait");
    LAB.await(1, 2, 3);
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
    for (int n = 1; n <= 2; n++) {
      person.addsAHost(fleet.hostName(n), LAB.peerUri(n));
      person.confirmsTheHost(fleet.hostName(n));
    }
    var web = fleet.vm("web-01");
    assertThat(web.get("osType").asString()).isEqualTo("xenpvh");
    assertThat(web.get("uuid").asString()).isEqualTo(XenLab.guestUuid(1).toString());
    assertThat(fleet.named("Domain-0")).as("the control domain is no guest").isEmpty();
    LAB.load(1, "burn=25");
    LAB.load(2, "burn=10");
    var heat = Figures.watch();

    // connections every 10 ms would be most of what an emulated host has to do
    person.setsAnEchoProbe(web.get("id").asLong(), Lab.guestAddress(1));
    api.patch(
        "/api/v1/vms/" + fleet.vm("web-02").get("id").asLong(),
        Map.of("probeAddress", Lab.guestAddress(2)));
    long host = fleet.host(1).get("id").asLong();
    person.seesAChartFill("/hosts/" + host, "chart-cpu", "hot-host");
    browser.see("that of its domains is added up");
    person.seesAChartFill("/vms/" + web.get("id").asLong(), "chart-cpu", "busy-guest");
    var best = person.seesARecommendation(Duration.ofSeconds(120));
    Figures.seconds("hot host to recommendation, on Xen", heat.passed());

    var guest = best.get("vm").asString();
    int number = Integer.parseInt(guest.substring("web-0".length()));
    var ran = LAB.uptime(number);
    var approval = Figures.watch();
    var migration = person.approvesAndWatches(best, () -> cannotAbort(browser, api));
    var took = approval.passed();
    Figures.seconds("approval to completion, on Xen", took);
    // it answers HTTP
    LAB.await(number);
    assertThat(LAB.uptime(number)).as("it goes on, and was not booted anew").isGreaterThan(ran);
    assertThat(LAB.where(guest)).as("both hosts agree").containsExactly("2 running");
    assertThat(migration.get("downtimeMillis").asLong()).isPositive();
    assertThat(migration.get("downtimeSource").asString())
        .contains("by this console")
        .contains("CPU time on xen-01")
        .contains("xen-02's word");
    assertThat(migration.get("guestDowntimeMillis").asLong())
        .as("the probe saw it, or no gap longer than before")
        .isNotNegative();
    assertThat(migration.get("guestProbe").asString())
        .contains("every 10 ms")
        .doesNotContain("no answer");
    assertThat(migration.get("totalMillis").asLong())
        .isGreaterThan(migration.get("downtimeMillis").asLong())
        .isLessThan(took.toMillis());
    Figures.print("total time, on Xen", migration.get("totalMillis").asLong() + " ms");
    Figures.print(
        "downtime by CPU time and event, on Xen", migration.get("downtimeMillis").asLong() + " ms");
    Figures.print(
        "downtime by the probe, on Xen", migration.get("guestDowntimeMillis").asLong() + " ms");
    person.readsTheHistory(migration);
    rests(api, best.get("vmId").asLong());
    Figures.seconds("the story on Xen", story.passed());
  }

  /** Xen has no abort: no button, the reason in its place, and the API refuses with it. */
  private static void cannotAbort(Chromium browser, Api api) {
    var shown = browser.see("#migration-state", text -> text.contains("abort a running migration"));
    assertThat(shown).contains("Xen's toolstack");
    assertThat(browser.has("#migration-state button.danger")).isFalse();
    browser.picture("cannot-abort");
    var running = api.items("/api/v1/migrations").getFirst();
    var refused =
        api.ask("POST", "/api/v1/migrations/" + running.get("id").asLong() + "/abort", Map.of());
    assertThat(refused.status()).as(refused.problem()).isEqualTo(422);
    assertThat(refused.problem()).contains("abort");
  }

  private static void rests(Api api, long vm) {
    assertThat(api.items("/api/v1/recommendations?state=PROPOSED"))
        .as("the moved VM rests")
        .noneMatch(r -> r.get("vmId").asLong() == vm);
  }
}
