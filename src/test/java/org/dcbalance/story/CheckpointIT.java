package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Beside;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints of a real guest with a disk, by the API, on two real hosts. What the console knows of
 * them goes through libvirt alone: their folder has another path outside of the hosts.
 *
 * <p>The steps are tests that build on each other.
 */
@Timeout(600)
@TestMethodOrder(OrderAnnotation.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = "both processors", mode = ResourceAccessMode.READ)
@ResourceLock("CheckpointIT")
@Order(5)
class CheckpointIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("cpt", 2);

  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static long checkpoint;

  /** How long the guest had run just before it was captured, and just after. */
  private static Duration from = Duration.ZERO;

  private static Duration then = Duration.ZERO;

  @BeforeAll
  static void prepare() {
    console =
        Console.inside(LAB, "checkpoints", 8080)
            .hurried()
            .start(() -> LAB.start(1, "db-01", 1, "--disk", "shared", "dirty=16:500"));
    connected = console.api();
    fleet().addAll(2);
    fleet().vm("db-01");
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

  private static Api api() {
    return Objects.requireNonNull(connected);
  }

  private static Captures db() {
    return new Captures(fleet(), "db-01");
  }

  private static Copies copies() {
    return new Copies(db());
  }

  private static Fleet fleet() {
    return new Fleet(LAB, api());
  }

  @Test
  @Order(1)
  void aStorageIsChosenFirst() {
    var refused = api().ask("POST", db().path("/checkpoints"), Map.of());
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.problem()).contains("No storage is chosen");
    var pool = "/api/v1/pools/" + fleet().host(1).get("poolId").asLong() + "/checkpoint-storage";
    var unknown = api().ask("PUT", pool, Map.of("name", "elsewhere"));
    assertThat(unknown.status()).isEqualTo(422);
    assertThat(unknown.problem()).contains("kvm-01").contains("elsewhere");
    assertThat(api().ask("PUT", pool, Map.of("name", "a/../b")).status()).isEqualTo(400);
    var chosen = api().ask("PUT", pool, Map.of("name", "checkpoints"));
    assertThat(chosen.status()).as(chosen.problem()).isEqualTo(200);
    assertThat(api().items(pool))
        .hasSize(2)
        .allMatch(h -> h.get("availableBytes").asLong() > 0 && h.get("problem").isNull());
  }

  @Test
  @Order(2)
  void aCheckpointIsTakenWhileTheGuestRuns() {
    LAB.disk(1, "before");
    from = LAB.uptime(1);
    // looked up before, since it is soon taken
    var checkpoints = db().path("/checkpoints");
    var moves = db().path("/migrations");
    var two = Map.of("targetHostId", fleet().host(2).get("id").asLong());
    var asked = api().post(checkpoints, Map.of("why", "before the upgrade"));
    checkpoint = asked.get("id").asLong();
    var other = api().ask("POST", moves, two);
    var again = api().ask("POST", checkpoints, Map.of());
    assertThat(other.status()).as(other.problem()).isEqualTo(422);
    assertThat(other.problem()).contains("A checkpoint of db-01 is being taken");
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.problem()).contains("is being taken");

    var taken = db().until(checkpoint, "COMPLETE");
    then = LAB.uptime(1);
    assertThat(taken.get("why").asString()).isEqualTo("before the upgrade");
    assertThat(taken.get("pauseMillis").asLong()).isPositive();
    assertThat(taken.get("memoryBytes").asLong()).isBetween(20L << 20, 130L << 20);
    assertThat(taken.get("memorySha256").asString()).hasSize(64);
    assertThat(taken.get("disks").get(0).get("sha256").asString()).hasSize(64);
    assertThat(taken.get("verifiedAt").isNull()).isFalse();
    Figures.print("checkpoint pause", taken.get("pauseMillis").asLong() + " ms");
    Figures.print("checkpoint in all", taken.get("totalMillis").asLong() + " ms");
    Figures.print("checkpoint size", (taken.get("bytes").asLong() >> 20) + " MiB");
    assertThat(LAB.host("virsh", 1, "domblklist", "db-01"))
        .contains("/shared/db-01.qcow2")
        .doesNotContain("dcb-");
    assertThat(db().stored()).hasSize(2).allMatch(name -> name.startsWith("dcb-"));
    assertThat(LAB.host("sh", 1, "sh", "-c", "stat -c '%U %a' /var/lib/libvirt/checkpoints/*"))
        .isEqualToIgnoringWhitespace("root 600 root 600");
  }

  @Test
  @Order(3)
  void theGuestGoesOnFromItOnAnotherHostAndThenOnItsOwn() {
    LAB.disk(1, "after");
    var path = "/api/v1/checkpoints/" + checkpoint + "/restore";
    var two = Map.of("hostId", fleet().host(2).get("id").asLong());
    var runs = api().ask("POST", path, two);
    assertThat(runs.status()).isEqualTo(422);
    assertThat(runs.problem()).contains("db-01 runs, and would be ended");
    assertThat(api().ask("POST", path, Map.of("replace", "db-02")).status()).isEqualTo(400);
    assertThat(LAB.disk(1)).contains("after");

    for (int host = 2; host >= 1; host--) {
      var there = fleet().host(host).get("id").asLong();
      var asked = Figures.watch();
      api().post(path, Map.of("hostId", there, "replace", "db-01"));
      var done = db().restored(checkpoint);
      assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
      assertThat(done.get("host").asString()).isEqualTo("kvm-0" + host);
      Figures.print("restore to running", done.get("runningMillis").asLong() + " ms");
      LAB.await(1);
      assertThat(LAB.where("db-01")).containsExactly(host + " running");
      assertThat(LAB.uptime(1))
          .as("it goes on where it was")
          .isBetween(from, then.plus(asked.passed()).plusSeconds(2));
      assertThat(LAB.disk(1)).contains("before");
      LAB.disk(1, "once-more");
      Await.until(
          "the inventory to see it there",
          Duration.ofSeconds(30),
          () -> fleet().vm("db-01"),
          vm -> vm.get("hostId").asLong() == there);
      assertThat(api().get(db().path("")).toString()).doesNotContain("outside");
    }
  }

  @Test
  @Tag("campaign")
  @Order(4)
  void aHostWithoutItsBridgeIsRefusedBeforeAnythingIsTouched() {
    var before = db().stored();
    LAB.host("sh", 2, "ip", "link", "set", "br-vm", "down");
    LAB.host("sh", 2, "ip", "link", "set", "br-vm", "name", "br-other");
    try {
      var two = fleet().host(2).get("id").asLong();
      api()
          .post(
              "/api/v1/checkpoints/" + checkpoint + "/restore",
              Map.of("hostId", two, "replace", "db-01"));
      var refused = db().restored(checkpoint);
      assertThat(refused.get("state").asString()).isEqualTo("FAILED");
      assertThat(refused.get("sentence").asString())
          .startsWith("kvm-02 has no bridge br-vm.")
          .contains("db-01 runs on kvm-01.");
    } finally {
      LAB.host("sh", 2, "ip", "link", "set", "br-other", "name", "br-vm");
      LAB.host("sh", 2, "ip", "link", "set", "br-vm", "up");
    }
    assertThat(LAB.where("db-01")).containsExactly("1 running");
    assertThat(LAB.disk(1)).as("its disk is the one that it had").contains("once-more");
    assertThat(db().stored()).as("no disk was made for it").containsExactlyElementsOf(before);
  }

  @Test
  @Order(5)
  void aCopyRunsBesideItAndNoFrameOfItReachesTheNetwork() throws IOException {
    var before = db().stored();
    var frames = Beside.supply(() -> copies().framesFrom(2));
    var asked = copies().ask(checkpoint, 2, "db-01-copy", null);
    assertThat(asked.status()).as(asked.problem()).isEqualTo(202);
    var done = db().restored(checkpoint);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
    assertThat(done.get("sentence").asString())
        .contains("db-01-copy runs on kvm-02 beside db-01")
        .contains("its links are down");
    Figures.print("copy to running", done.get("runningMillis").asLong() + " ms");
    assertThat(LAB.where("db-01")).containsExactly("1 running");
    assertThat(LAB.where("db-01-copy")).containsExactly("2 running");

    // the first one is busy on the network all the while, and its copy goes on by itself
    var first = LAB.uptime(1);
    var copy = copies().said(2, "db-01-copy");
    assertThat(Copies.seconds(copy))
        .as("it goes on where the first one was, which has gone on for longer since")
        .isBetween(from.toSeconds(), LAB.uptime(1).toSeconds());
    assertThat(copy).contains("disk before").contains("carrier 0");
    assertThat(LAB.disk(1)).as("the first one's disk").contains("once-more");
    assertThat(Copies.written(copies().said(2, "db-01-copy"))).isGreaterThan(Copies.written(copy));
    assertThat(LAB.uptime(1)).isGreaterThan(first);

    LAB.host("sh", 2, "touch", "/run/enough");
    assertThat(frames.join()).as("frames of the copy that left its host").isEqualTo("0");
    var again = copies().ask(checkpoint, 2, "db-01-copy", null);
    assertThat(again.status()).isEqualTo(409);

    // the same count sees them where nothing keeps it apart
    var control = Beside.supply(() -> copies().framesFrom(2));
    var tap = LAB.host("virsh", 2, "domiflist", "db-01-copy").lines();
    var device = tap.filter(l -> l.contains("ethernet")).findFirst().orElseThrow().strip();
    LAB.host("sh", 2, "ip", "link", "set", device.split(" +")[0], "master", "br-vm");
    LAB.host("virsh", 2, "domif-setlink", "db-01-copy", device.split(" +")[0], "up");
    copies().said(2, "db-01-copy");
    LAB.host("sh", 2, "touch", "/run/enough");
    assertThat(Integer.parseInt(control.join())).isPositive();
    copies().remove("db-01-copy", before);
    LAB.await(1);
  }

  @Test
  @Tag("campaign")
  @Order(6)
  void aCopyAnswersOnANetworkThatLeadsNowhereElse() throws IOException {
    var before = db().stored();
    var none = copies().ask(checkpoint, 1, "db-01-test", "copies");
    assertThat(none.status()).isEqualTo(202);
    assertThat(db().restored(checkpoint).get("sentence").asString())
        .startsWith("kvm-01 has no network copies.")
        .contains("nothing is left of the copy");
    copies().network("copies", "<bridge name='br-copies'/>");
    copies().network("open", "<forward mode='bridge'/><bridge name='br-vm'/>");
    copies().ask(checkpoint, 1, "db-01-test", "open");
    assertThat(db().restored(checkpoint).get("sentence").asString()).contains("is not isolated");
    assertThat(db().stored()).containsExactlyElementsOf(before);

    copies().ask(checkpoint, 1, "db-01-test", "copies");
    var done = db().restored(checkpoint);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
    LAB.host("sh", 1, "ip", "address", "add", "10.77.0.250/24", "dev", "br-copies");
    var copy =
        Await.until(
            "the copy to answer on its network",
            Duration.ofSeconds(30),
            () -> {
              try {
                return LAB.host("sh", 1, "curl", "-s", "-m", "3", "http://10.77.0.11/cgi-bin/stat");
              } catch (AssertionError e) {
                return "";
              }
            },
            said -> said.contains("uptime"));
    assertThat(Copies.seconds(copy)).isLessThan(LAB.uptime(1).toSeconds());
    assertThat(LAB.host("sh", 1, "ip", "-o", "link", "show", "master", "br-vm").lines())
        .as("the first one and the way out")
        .hasSize(2);
    LAB.host("virsh", 1, "net-destroy", "open");
    copies().remove("db-01-test", before);
    LAB.host("virsh", 1, "net-destroy", "copies");
  }

  @Test
  @Order(7)
  void aFlippedByteIsFoundAndNothingIsRestoredFromIt() throws IOException {
    var before = db().shown(checkpoint).get("verifiedAt").asString();
    api().post("/api/v1/checkpoints/" + checkpoint + "/verify", Map.of());
    var verified =
        Await.until(
            "another look at it",
            Duration.ofSeconds(60),
            () -> db().shown(checkpoint),
            c ->
                c.get("state").asString().equals("COMPLETE")
                    && !c.get("verifiedAt").asString().equals(before));
    assertThat(verified.get("verifiedAt").asString()).isGreaterThan(before);

    flip(LAB.folder().resolve("checkpoints").resolve(memory()));
    api().post("/api/v1/checkpoints/" + checkpoint + "/verify", Map.of());
    assertThat(db().until(checkpoint, "DAMAGED").get("sentence").asString())
        .contains("memory is not what was written");
    var refused =
        api()
            .ask(
                "POST",
                "/api/v1/checkpoints/" + checkpoint + "/restore",
                Map.of("replace", "db-01"));
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.problem()).contains("is not complete");
  }

  private static String memory() {
    return db().stored().stream().filter(n -> n.endsWith(".memory")).findFirst().orElseThrow();
  }

  private static void flip(Path file) throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(5 << 20);
      int was = open.read();
      open.seek(5 << 20);
      open.write(was ^ 1);
    }
  }

  @Test
  @Order(8)
  void aDeletedOneFreesItsSpace() {
    api().ask("DELETE", "/api/v1/checkpoints/" + checkpoint, Map.of());
    db().until(checkpoint, "DELETED");
    assertThat(db().stored())
        .as("the disk that the guest goes on with, and the one that it had on the other host")
        .hasSize(2)
        .allMatch(name -> name.contains(".r"));
    assertThat(api().items("/api/v1/checkpoints")).isEmpty();
    assertThat(LAB.disk(1)).contains("once-more");
  }

  @Test
  @Order(9)
  void aConsoleThatIsKilledOnTheWayLeavesNothingBehind() {
    killedAt("Copying");
  }

  @ParameterizedTest
  @Order(10)
  @Tag("campaign")
  @ValueSource(strings = {"Looking", "Writing", "Merging", "Reading"})
  void norDoesOneThatIsKilledAtAnotherStep(String step) {
    killedAt(step);
  }

  @Test
  @Order(11)
  @Tag("campaign")
  void aGuestThatPostCopyLostGoesOnFromTheCheckpointTakenBeforeItsMove() {
    api()
        .patch(
            "/api/v1/pools/" + fleet().host(1).get("poolId").asLong(),
            Map.of("sharedStorages", List.of(LAB.folder() + "/shared", "/var/lib/libvirt")));
    api().patch(db().path(""), Map.of("moveOptions", Map.of("postCopy", true)));
    LAB.disk(1, "precious");
    var ran = LAB.uptime(1);
    LAB.limitLink(1, 20);
    long move =
        api()
            .post(
                db().path("/migrations"),
                Map.of("targetHostId", fleet().host(2).get("id").asLong(), "method", "POST_COPY"))
            .get("id")
            .asLong();
    Await.until(
        "its memory to be fetched from the target",
        Duration.ofSeconds(60),
        Duration.ofMillis(50),
        () -> LAB.host("virsh", 1, "domstate", "db-01", "--reason"),
        said -> said.contains("post-copy"));
    LAB.host("sh", 2, "pkill", "-KILL", "qemu-system");
    Await.until(
        "the move to be lost",
        Duration.ofSeconds(60),
        () -> api().get("/api/v1/migrations/" + move).get("state").asString(),
        "LOST"::equals);
    LAB.unlimitLink(1);
    var first =
        api().items("/api/v1/checkpoints").stream()
            .filter(c -> c.get("why").asString().equals("Before migration " + move + "."))
            .findFirst()
            .orElseThrow();
    assertThat(first.get("state").asString()).isEqualTo("COMPLETE");

    // without the pages that were only on the target it can never go on
    LAB.host("virsh", 1, "destroy", "db-01");
    api()
        .post(
            "/api/v1/migrations/" + move + "/close",
            Map.of("runsOn", "neither", "why", "its target's emulator was killed"));
    long id = first.get("id").asLong();
    api().post("/api/v1/checkpoints/" + id + "/restore", Map.of("replace", "db-01"));
    var done = db().restored(id);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
    LAB.await(1);
    assertThat(LAB.where("db-01")).containsExactly("1 running");
    assertThat(LAB.disk(1)).contains("precious");
    assertThat(LAB.uptime(1)).isGreaterThan(ran);
    LAB.disk(1, "once-more");
  }

  @Test
  @Order(12)
  @Tag("campaign")
  void aDaemonThatIsKilledOnTheWayCostsTheCheckpointAlone() {
    var before = db().stored();
    long id = db().beginUntil("Copying");
    LAB.host("kill-libvirtd", 1);
    assertThat(db().endOf(id).get("state").asString()).isEqualTo("FAILED");
    isAsBefore(id, before);
  }

  @Test
  @Order(13)
  @Tag("campaign")
  void aStorageThatIsGoneIsWaitedForToCleanUp() {
    var before = db().stored();
    long id = db().beginUntil("Copying");
    LAB.host("virsh", 1, "pool-destroy", "checkpoints");
    var waits =
        Await.until(
            "what is left to do",
            Duration.ofSeconds(60),
            () -> db().shown(id),
            c -> c.get("sentence").asString().contains("Left to do: "));
    assertThat(waits.get("state").asString()).isEqualTo("CLEANING");
    assertThat(waits.get("sentence").asString()).contains("checkpoints");
    LAB.host("virsh", 1, "pool-start", "checkpoints");
    assertThat(db().endOf(id).get("state").asString()).isEqualTo("FAILED");
    isAsBefore(id, before);
  }

  @Test
  @Order(14)
  @Tag("campaign")
  void withoutRoomNothingIsBegun() {
    var before = db().stored();
    LAB.host(
        "sh", 1, "mount", "-t", "tmpfs", "-o", "size=90m", "none", "/var/lib/libvirt/checkpoints");
    long id = api().post(db().path("/checkpoints"), Map.of()).get("id").asLong();
    var end = db().endOf(id);
    LAB.host("sh", 1, "umount", "/var/lib/libvirt/checkpoints");
    assertThat(end.get("state").asString()).isEqualTo("FAILED");
    assertThat(end.get("sentence").asString()).contains("MiB free, and db-01 may need ");
    assertThat(end.get("pauseMillis").isNull()).as("the guest was not touched").isTrue();
    isAsBefore(id, before);
  }

  @Test
  @Order(15)
  @Tag("campaign")
  void aConsoleThatIsKilledInARestoreLeavesItsEndToTheNextOne() {
    long id = db().take(Map.of());
    db().until(id, "COMPLETE");
    var two = fleet().host(2).get("id").asLong();
    api().post("/api/v1/checkpoints/" + id + "/restore", Map.of("hostId", two, "replace", "db-01"));
    var at =
        Await.until(
            "its memory to be read",
            Duration.ofSeconds(60),
            Duration.ofMillis(5),
            () -> db().shown(id).get("restores").get(0).get("step").asString(),
            step -> step.startsWith("Reading") || step.startsWith("It runs"));
    assertThat(at).isEqualTo("Reading its memory");
    // the step is written before the host is asked
    Await.until(
        "its host to have begun",
        Duration.ofSeconds(20),
        Duration.ofMillis(5),
        () -> LAB.where("db-01"),
        hosts -> hosts.stream().anyMatch(on -> on.startsWith("2 ")));
    Objects.requireNonNull(console).kill();
    console.start();
    var done = db().restored(id);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
    LAB.await(1);
    assertThat(LAB.where("db-01")).containsExactly("2 running");
    assertThat(LAB.host("virsh", 2, "dominfo", "db-01")).containsPattern("Persistent: +yes");
    assertThat(LAB.host("virsh", 2, "dumpxml", "--inactive", "db-01"))
        .contains(".r%d.vda".formatted(done.get("id").asLong()));
    assertThat(LAB.disk(1)).contains("once-more");
  }

  /** Ask for a checkpoint while copying its disk takes long, and wait for a step. */
  private static void isAsBefore(long id, List<String> before) {
    assertThat(db().stored()).containsExactlyElementsOf(before);
    assertThat(LAB.where("db-01")).containsExactly("1 running");
    assertThat(LAB.host("virsh", 1, "domblklist", "db-01")).doesNotContain("-%d\n".formatted(id));
    assertThat(LAB.disk(1)).contains("once-more");
  }

  private static void killedAt(String step) {
    var before = db().stored();
    long id = db().beginUntil(step);
    var at = db().shown(id).get("step").asString();
    Objects.requireNonNull(console).kill();
    console.start();
    Figures.print("killed at", at);
    var end = db().endOf(id);
    assertThat(end.get("state").asString()).as(end.toString()).isEqualTo("FAILED");
    isAsBefore(id, before);
  }
}
