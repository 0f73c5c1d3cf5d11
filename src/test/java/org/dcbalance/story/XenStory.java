package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.lab.Lab;
import org.dcbalance.lab.XenLab;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** From a hot host to a finished migration on two Xen hosts, by the pages alone. */
@Timeout(900)
@ExtendWith(ChromiumInstalled.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class XenStory {
  private final XenLab lab;
  private final String name;
  private final String osType;
  private final String[] guest;

  private @Nullable Stage stage;

  /**
   * Describe a story.
   *
   * @param name of its console
   * @param osType as libvirt calls it
   * @param guest how the lab is to start a guest of that kind
   */
  XenStory(XenLab lab, String name, String osType, String... guest) {
    this.lab = lab;
    this.name = name;
    this.osType = osType;
    this.guest = guest;
  }

  @BeforeAll
  void begin() {
    var console =
        Console.inside(lab, name, 8086)
            .forXen()
            .set("DCBALANCE_BALANCING_CPU_THRESHOLD", "0.8")
            .start(this::startThree);
    stage = Stage.inside(lab, console, name, 9516);
    lab.await(1, 2, 3);
  }

  private void startThree() {
    for (int n = 1; n <= 2; n++) {
      lab.start(1, "web-0" + n, n, guest);
    }
    lab.start(2, "app-01", 3, guest);
  }

  @AfterAll
  void end() {
    if (stage != null) {
      stage.close();
    }
  }

  @Test
  void fromAHotHostToTheHistory() {
    var browser = Objects.requireNonNull(stage).browser();
    var api = stage.api();
    var fleet = new Fleet(lab, api);
    var person = new Person(browser, api);
    var story = Figures.watch();
    browser.signIn();
    for (int n = 1; n <= 2; n++) {
      person.addsAHost(fleet.hostName(n), lab.peerUri(n));
      person.confirmsTheHost(fleet.hostName(n));
    }
    var web = fleet.vm("web-01");
    assertThat(web.get("osType").asString()).isEqualTo(osType);
    assertThat(web.get("uuid").asString()).isEqualTo(XenLab.guestUuid(1).toString());
    assertThat(fleet.named("Domain-0")).as("the control domain is no guest").isEmpty();
    withItsDisk(api, web);
    lab.load(1, "burn=25");
    lab.load(2, "burn=10");
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
    Figures.seconds("hot host to recommendation, " + name, heat.passed());

    var moved = best.get("vm").asString();
    int number = Integer.parseInt(moved.substring("web-0".length()));
    var ran = lab.uptime(number);
    var approval = Figures.watch();
    var migration = person.approvesAndWatches(best, () -> cannotAbort(browser, api));
    var took = approval.passed();
    Figures.seconds("approval to completion, " + name, took);
    // it answers HTTP
    lab.await(number);
    assertThat(lab.uptime(number)).as("it goes on, and was not booted anew").isGreaterThan(ran);
    assertThat(lab.where(moved)).as("both hosts agree").containsExactly("2 running");
    assertThat(migration.get("downtimeMillis").asLong()).isPositive();
    assertThat(migration.get("downtimeSource").asString())
        .contains("by this console")
        .contains("CPU time on xen-01")
        .contains("xen-02's word");
    long seen = migration.get("guestDowntimeMillis").asLong();
    assertThat(migration.get("guestProbe").asString())
        .contains("every 10 ms")
        .doesNotContain("no answer")
        .satisfies(
            words ->
                assertThat(seen > 0)
                    .as("the probe saw it, or no gap longer than before: %d ms, %s", seen, words)
                    .isNotEqualTo(words.contains("none longer during it")));
    assertThat(migration.get("totalMillis").asLong())
        .isGreaterThan(migration.get("downtimeMillis").asLong())
        .isLessThan(took.toMillis());
    Figures.print("total time, " + name, migration.get("totalMillis").asLong() + " ms");
    Figures.print(
        "downtime by CPU time and event, " + name,
        migration.get("downtimeMillis").asLong() + " ms");
    Figures.print(
        "downtime by the probe, " + name, migration.get("guestDowntimeMillis").asLong() + " ms");
    person.readsTheHistory(migration);
    if (hasDisk()) {
      assertThat(lab.disk(number)).contains(moved);
    }
    rests(api, best.get("vmId").asLong());
    Figures.seconds("the story " + name, story.passed());
  }

  private boolean hasDisk() {
    return List.of(guest).contains("--disk");
  }

  /** A disk binds its guest to the host until its storage is marked as shared. */
  private void withItsDisk(Api api, JsonNode web) {
    if (!hasDisk()) {
      return;
    }
    assertThat(web.get("movable").asBoolean()).isFalse();
    api.patch(
        "/api/v1/pools/" + api.items("/api/v1/hosts").getFirst().get("poolId").asLong(),
        Map.of("sharedStorages", List.of("/dev/vdb1", "/dev/vdb2", "/dev/vdb3")));
    for (int n = 1; n <= 2; n++) {
      lab.disk(n, "web-0" + n);
    }
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
