package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.dcbalance.lab.XenLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** What can go wrong in the middle of a move between Xen hosts, and what is known afterwards. */
@Tag("campaign")
@Timeout(1800)
class XenFaultsIT {
  @RegisterExtension static final XenLab LAB = new XenLab("xft", 2);

  private static final String GUEST = "web-01";
  private static final String STUBBORN = "stubborn-03";

  /** 128 MiB take a quarter of a minute: time to break something. */
  private static final int SLOW = 60;

  private static @Nullable Console console;
  private static @Nullable Api connected;

  @BeforeAll
  static void begin() {
    console = Console.inside(LAB, "xen-faults", 8087).forXen().start();
    connected = console.api();
    var fleet = new Fleet(LAB, connected);
    fleet.addAll(2);
    fleet.tryNothingAgain();
  }

  @AfterAll
  static void end() {
    if (connected != null) {
      connected.close();
    }
    if (console != null) {
      console.close();
    }
  }

  @BeforeEach
  void start() {
    LAB.start(1, GUEST, 1, "--pvh");
    LAB.limitLink(1, SLOW);
  }

  @AfterEach
  void tidy() {
    LAB.restoreLink(2);
    LAB.unlimitLink(1);
    // a copy that broke off can stay behind, half restored, until its helper ends
    LAB.host("sh", 2, "pkill -f libxl-save-helper || true");
    LAB.host("restart-libvirtd", 2);
    LAB.stop(GUEST, "big-02", STUBBORN);
  }

  @Test
  void theTargetsDaemonIsKilled() {
    long id = copying();
    LAB.host("kill-libvirtd", 2);
    runsOnceAsRecorded("target's daemon killed", id);
  }

  @Test
  void theLinkIsCut() {
    long id = copying();
    LAB.cutLink(2);
    Await.pause(Duration.ofSeconds(20));
    LAB.restoreLink(2);
    runsOnceAsRecorded("link cut", id);
  }

  @Test
  void theTargetIsOutOfMemory() {
    int free =
        LAB.host("sh", 2, "xl info free_memory")
            .lines()
            .mapToInt(line -> Integer.parseInt(line.strip()))
            .findFirst()
            .orElseThrow();
    LAB.start(2, "big-02", 2, "--pvh", "--mib", Integer.toString(free - 64));
    var fleet = fleet();
    fleet.vm("big-02");
    var answer =
        fleet
            .api()
            .ask(
                "POST",
                "/api/v1/vms/" + fleet.vm(GUEST).get("id").asLong() + "/migrations",
                Map.of("targetHostId", fleet.host(2).get("id").asLong()));
    if (answer.status() >= 400) {
      assertThat(answer.status()).as(answer.problem()).isEqualTo(422);
      assertThat(answer.problem()).contains("memory");
      assertThat(LAB.where(GUEST)).containsExactly("1 running");
      Figures.print("Xen, target out of memory", "refused: " + answer.problem());
    } else {
      runsOnceAsRecorded("target out of memory", answer.body().get("id").asLong());
    }
  }

  @Test
  void theGuestRefusesToBalloon() {
    LAB.unlimitLink(1);
    LAB.start(1, STUBBORN, 3, "--pvh", "--no-balloon");
    var fleet = fleet();
    long vm = fleet.vm(STUBBORN).get("id").asLong();
    var options = Map.of("ballooning", true, "leastMemoryMiB", 96);
    fleet.api().patch("/api/v1/vms/" + vm, Map.of("moveOptions", options));
    long id =
        fleet
            .api()
            .post(
                "/api/v1/vms/" + vm + "/migrations",
                Map.of("targetHostId", fleet.host(2).get("id").asLong(), "method", "BALLOON_FIRST"))
            .get("id")
            .asLong();
    runsOnceAsRecorded("guest refuses to balloon", STUBBORN, 3, id);
    assertThat(fleet.api().get("/api/v1/migrations/" + id).get("log").toString())
        .contains("is asked to leave 96 MiB", "It does not give more than that", "moves without");
    assertThat(LAB.host("sh", 2, "xl list " + STUBBORN)).contains(" 128 ");
  }

  private static Fleet fleet() {
    if (connected == null) {
      throw new IllegalStateException("The console was not started.");
    }
    return new Fleet(LAB, connected);
  }

  /** Start a move, and wait until it has been copying for a moment. */
  private static long copying() {
    var fleet = fleet();
    long id = fleet.move(GUEST, 2);
    Await.until(
        "copying",
        Duration.ofSeconds(90),
        () -> fleet.api().get("/api/v1/migrations/" + id),
        m -> m.get("phase").asString().equals("COPYING"));
    Await.pause(Duration.ofSeconds(3));
    return id;
  }

  private static void runsOnceAsRecorded(String fault, long id) {
    runsOnceAsRecorded(fault, GUEST, 1, id);
  }

  private static void runsOnceAsRecorded(String fault, String guest, int number, long id) {
    var fleet = fleet();
    JsonNode ended = fleet.ended(id, Duration.ofMinutes(5));
    var where = LAB.where(guest);
    Figures.print(
        "Xen, " + fault,
        "%s, %s: %s".formatted(ended.get("state").asString(), where, ended.get("sentence")));
    List<String> running = where.stream().filter(line -> line.endsWith(" running")).toList();
    assertThat(running).as("one copy runs: " + where).hasSize(1);
    // what runs is alive
    LAB.await(number);
    var host = fleet.hostName(Integer.parseInt(running.getFirst().split(" ")[0]));
    assertThat(ended.get("sentence").asString()).contains(host);
    assertThat(ended.get("state").asString())
        .isEqualTo(host.equals(fleet.hostName(2)) ? "COMPLETED" : "FAILED");
    Await.until(
        "the inventory to know",
        Duration.ofSeconds(60),
        () -> fleet.vm(guest),
        v -> v.get("host").asString().equals(host));
  }
}
