package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
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
  private static final String CAPPED = "capped-04";

  /** 128 MiB take a quarter of a minute: time to break something. */
  private static final int SLOW = 60;

  /** A minute: time to start a guest or a console meanwhile. */
  private static final int SLOWEST = 18;

  /** What a guest of the lab has unless told otherwise. */
  private static final int MIB = 128;

  /** In percent of one CPU: what the guest had, and what it has while it moves. */
  private static final int OLD_CAP = 70;

  private static final int CAP = 20;

  /** Where libvirt's Xen driver writes what Xen's library says. */
  private static final String LIBXL_LOG = "/var/log/libvirt/libxl/libxl-driver.log";

  /** What the record advises where Xen holds half a copy. */
  private static final String HALF_HELPS = "kill $(pidof libxl-save-helper)";

  /** What a move writes to its guest's metadata. */
  private static final String MARK = "dcbalance migration=";

  private static @Nullable Console console;
  private static @Nullable Api connected;

  @BeforeAll
  static void begin() {
    console = Console.inside(LAB, "xen-faults", 8087).forXen().start();
    connected = console.api();
    var fleet = new Fleet(LAB, connected);
    fleet.addAll(2);
    fleet.tryNothingAgain();
    assertThat(fleet.host(1).get("missing").propertyNames())
        .as("its scheduler caps guests")
        .doesNotContain("CPU_CAP");
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
    LAB.host("restart-libvirtd", 2);
    // what is still half restored there, too, so that the next copy finds its memory and its name
    LAB.stop(GUEST, "big-02", STUBBORN, CAPPED);
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
    var seen = settled(id);
    if (seen.get("state").asString().equals("LOST")) {
      // whether the target notices the end of the stream depends on when it was cut
      Figures.print("Xen, half a copy stays", seen.get("sentence").asString());
      assertThat(seen.get("sentence").asString()).contains(HALF_HELPS, "restart libvirtd");
      assertThat(LAB.where(GUEST)).contains("1 running");
      LAB.host("sh", 2, HALF_HELPS);
      LAB.host("restart-libvirtd", 2);
    }
    runsOnceAsRecorded("link cut", id);
  }

  /** Wait until a move has ended, or is lost. */
  private static JsonNode settled(long id) {
    return Await.until(
        "its end or loss",
        Duration.ofMinutes(3),
        () -> fleet().api().get("/api/v1/migrations/" + id),
        m -> !List.of("PENDING", "RUNNING").contains(m.get("state").asString()));
  }

  @Test
  void aTargetWithoutMemoryIsRefusedBeforeAnythingStarts() {
    LAB.start(2, "big-02", 2, "--pvh", "--mib", Integer.toString(freeMiB() - 64));
    var fleet = fleet();
    fleet.vm("big-02");
    var answer =
        fleet
            .api()
            .ask(
                "POST",
                "/api/v1/vms/" + fleet.vm(GUEST).get("id").asLong() + "/migrations",
                Map.of("targetHostId", fleet.host(2).get("id").asLong()));
    assertThat(answer.status()).as(answer.problem()).isEqualTo(422);
    assertThat(answer.problem()).contains("has no memory for " + GUEST);
    assertThat(LAB.where(GUEST)).containsExactly("1 running");
    Figures.print("Xen, target out of memory before", "refused: " + answer.problem());
  }

  /**
   * Another guest takes the memory that nobody promised to the one that arrives: Xen gives memory
   * to a restored guest as its pages come in.
   */
  @Test
  void theTargetRunsOutOfMemoryWhileTheGuestArrives() {
    LAB.limitLink(1, SLOWEST);
    int before = freeMiB();
    long id = copying();
    Await.until(
        "the first pages", Duration.ofSeconds(30), XenFaultsIT::freeMiB, free -> free < before - 8);
    int meanwhile = freeMiB();
    assertThat(before - meanwhile).as("it came page by page").isLessThan(MIB / 2);
    LAB.start(2, "big-02", 2, "--pvh", "--no-wait", "--mib", Integer.toString(meanwhile - MIB / 2));
    var ended = runsOnceAsRecorded("target out of memory in the middle", id);
    assertThat(ended.get("state").asString()).isEqualTo("FAILED");
    assertThat(LAB.host("sh", 2, "cat " + LIBXL_LOG))
        .as("what ended it, in the words of the target's Xen")
        .contains("Failed to populate physmap", "Restore failed");
    Figures.print(
        "Xen, memory of a guest that arrives",
        "%d MiB free before, %d while it arrived, %d afterwards"
            .formatted(before, meanwhile, freeMiB()));
    assertThat(LAB.where("big-02")).containsExactly("2 running");
  }

  /** Paused behind libvirt's back, which goes on calling it running, as a failed resume does. */
  @Test
  void theGuestStandsStillOnceItArrived() {
    long id = copying();
    // a guest that arrives is paused and has used no time; the first state without a p is its start
    LAB.host(
        "sh",
        2,
        "until xl list %1$s 2>/dev/null | awk 'NR == 2 && $5 !~ /p/ {f = 1} END {exit !f}'; do sleep 0.1; done; xl pause %1$s"
            .formatted(GUEST));
    var fleet = fleet();
    var lost = settled(id);
    Figures.print("Xen, a guest that stands still", lost.get("sentence").asString());
    assertThat(lost.get("state").asString()).isEqualTo("LOST");
    assertThat(lost.get("sentence").asString())
        .contains(
            "is called running by " + fleet.hostName(2) + ", but uses no CPU time", "xl list");
    assertThat(LAB.where(GUEST)).as("and libvirt calls it so").contains("2 running");

    LAB.host("sh", 2, "xl unpause " + GUEST);
    var ended = runsOnceAsRecorded("stood still, and goes on", id);
    assertThat(ended.get("state").asString()).isEqualTo("COMPLETED");
  }

  /** Its memory is on its way to where it was asked to be, and never gets there by itself. */
  @Test
  void aGuestWhoseBalloonMovesIsNotSent() {
    LAB.unlimitLink(1);
    LAB.start(1, STUBBORN, 3, "--pvh", "--no-balloon");
    var fleet = fleet();
    long vm = fleet.vm(STUBBORN).get("id").asLong();
    LAB.host("virsh", 1, "setmem", STUBBORN, "96M", "--live");
    long id = move(vm, "PRE_COPY");
    Await.until(
        "it to wait",
        Duration.ofSeconds(30),
        () -> fleet.api().get("/api/v1/migrations/" + id).get("log").toString(),
        log -> log.contains("It is not sent before that is over."));
    Await.pause(Duration.ofSeconds(5));
    assertThat(LAB.where(STUBBORN)).containsExactly("1 running");
    LAB.host("virsh", 1, "setmem", STUBBORN, MIB + "M", "--live");
    var ended = runsOnceAsRecorded("a balloon that moves", STUBBORN, 3, id);
    assertThat(ended.get("state").asString()).isEqualTo("COMPLETED");
  }

  private static int freeMiB() {
    return LAB.host("sh", 2, "xl info free_memory")
        .lines()
        .mapToInt(line -> Integer.parseInt(line.strip()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theGuestRefusesToBalloon() {
    LAB.unlimitLink(1);
    LAB.start(1, STUBBORN, 3, "--pvh", "--no-balloon");
    var fleet = fleet();
    long vm = fleet.vm(STUBBORN).get("id").asLong();
    var options = Map.of("ballooning", true, "leastMemoryMiB", 96);
    fleet.api().patch("/api/v1/vms/" + vm, Map.of("moveOptions", options));
    long id = move(vm, "BALLOON_FIRST");
    runsOnceAsRecorded("guest refuses to balloon", STUBBORN, 3, id);
    assertThat(fleet.api().get("/api/v1/migrations/" + id).get("log").toString())
        .contains("is asked to leave 96 MiB", "It does not give more than that", "moves without");
    assertThat(LAB.host("sh", 2, "xl list " + STUBBORN)).contains(" " + MIB + " ");
  }

  /** Its cap before is not 0: it has to be put back, and not merely taken off. */
  @Test
  void theConsoleIsKilledDuringACappedMove() {
    LAB.start(1, CAPPED, 4, "--pvh");
    LAB.host("sh", 1, "xl sched-credit2 -d %s -c %d".formatted(CAPPED, OLD_CAP));
    LAB.limitLink(1, SLOWEST);
    var fleet = fleet();
    long vm = fleet.vm(CAPPED).get("id").asLong();
    fleet.api().patch("/api/v1/vms/" + vm, Map.of("moveOptions", Map.of("capPercent", CAP)));
    long id = move(vm, "CAPPED");
    copies(id);
    assertThat(cap(1)).isEqualTo(CAP);
    assertThat(definition(1)).as("its old cap is saved on it").contains("was cap=" + OLD_CAP);

    killAndStart();
    var ended = runsOnceAsRecorded("console killed during a capped move", CAPPED, 4, id);
    int host = ended.get("state").asString().equals("COMPLETED") ? 2 : 1;
    Await.until("its old cap", Duration.ofSeconds(30), () -> cap(host), cap -> cap == OLD_CAP);
    assertThat(definition(host)).as("what runs").doesNotContain(MARK);
    assertThat(definition(host, "--inactive")).as("what is started next").doesNotContain(MARK);
    assertThat(ended.get("method").asString()).isEqualTo("CAPPED");
    var log = fleet.api().get("/api/v1/migrations/" + id).get("log").toString();
    assertThat(log)
        .contains("Its CPU is capped at " + CAP + " %")
        .contains("Taken over")
        .contains("Put back on " + fleet.hostName(host))
        .contains("a CPU cap of " + OLD_CAP + " %");
    Figures.print(
        "Xen, the console that was started again",
        log.contains("is followed") ? "followed the copy" : "found it ended");
  }

  private static void killAndStart() {
    var running = Objects.requireNonNull(console);
    running.kill();
    running.start();
  }

  /** Read what Xen itself says, in the last column of the last line. */
  private static int cap(int host) {
    var said = LAB.host("sh", host, "xl sched-credit2 -d " + CAPPED).strip();
    return Integer.parseInt(said.substring(said.lastIndexOf(' ') + 1));
  }

  private static String definition(int host, String... of) {
    return LAB.host(
        "virsh",
        host,
        Stream.concat(Stream.of("dumpxml", CAPPED), Stream.of(of)).toArray(String[]::new));
  }

  private static long move(long vm, String method) {
    var target = fleet().host(2).get("id").asLong();
    return fleet()
        .api()
        .post("/api/v1/vms/" + vm + "/migrations", Map.of("targetHostId", target, "method", method))
        .get("id")
        .asLong();
  }

  private static Fleet fleet() {
    if (connected == null) {
      throw new IllegalStateException("The console was not started.");
    }
    return new Fleet(LAB, connected);
  }

  /** Start a move, and wait until it has been copying for a moment. */
  private static long copying() {
    long id = fleet().move(GUEST, 2);
    copies(id);
    return id;
  }

  private static void copies(long id) {
    Await.until(
        "copying",
        Duration.ofSeconds(90),
        () -> fleet().api().get("/api/v1/migrations/" + id),
        m -> m.get("phase").asString().equals("COPYING"));
    Await.pause(Duration.ofSeconds(3));
  }

  private static JsonNode runsOnceAsRecorded(String fault, long id) {
    return runsOnceAsRecorded(fault, GUEST, 1, id);
  }

  private static JsonNode runsOnceAsRecorded(String fault, String guest, int number, long id) {
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
    return ended;
  }
}
