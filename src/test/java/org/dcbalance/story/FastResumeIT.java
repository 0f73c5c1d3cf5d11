package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
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
import tools.jackson.databind.JsonNode;

/**
 * A real guest runs before the memory of its checkpoint was read, by real host helpers over SSH.
 * The console sees no file of a host: the folder of the checkpoints has another path outside.
 *
 * <p>The steps are tests that build on each other.
 */
@Tag("campaign")
@Timeout(900)
@TestMethodOrder(OrderAnnotation.class)
class FastResumeIT {
  @RegisterExtension static final QemuLab LAB = QemuLab.withHelpers("fst", 2);

  private static final Path INSIDE = Path.of("/var/lib/libvirt/checkpoints");
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static long checkpoint;

  /** How long the guest had run just before it was captured, and just after. */
  private static Duration from = Duration.ZERO;

  private static Duration then = Duration.ZERO;
  private static String memory = "";

  @BeforeAll
  static void prepare() {
    console =
        Console.inside(LAB, "fast-resume", 8080)
            .set("DCBALANCE_LIBVIRT_ALLOWED_PATHS", LAB.folder().resolve("ssh").toString())
            .hurried()
            .start();
    connected = console.api();
    LAB.start(1, "db-01", 1, "--disk", "shared", "dirty=16:500", "hold=16");
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

  private static Fleet fleet() {
    return new Fleet(LAB, api());
  }

  private static String helper(int host) {
    return "/api/v1/hosts/" + fleet().host(host).get("id").asLong() + "/helper";
  }

  private static Map<String, String> access(int host) {
    return Map.of(
        "address", "10.99.0." + host,
        "keyFile", LAB.helperKey().toString(),
        "hostKey", LAB.hostKey(host));
  }

  private static JsonNode shown() {
    return api().get("/api/v1/checkpoints/" + checkpoint);
  }

  private static Path outside(String kind) {
    return LAB.folder().resolve("checkpoints").resolve(memory.replace(".memory", kind));
  }

  /** Restore it, replacing what runs, and give what came of that. */
  private static JsonNode restored(int host, String manner) {
    var since = Figures.watch();
    var asked =
        api()
            .post(
                "/api/v1/checkpoints/" + checkpoint + "/restore",
                Map.of(
                    "hostId",
                    fleet().host(host).get("id").asLong(),
                    "manner",
                    manner,
                    "replace",
                    "db-01"));
    long id = asked.get("restores").get(0).get("id").asLong();
    var done =
        Await.until(
            "the restore",
            PATIENCE,
            () -> shown().get("restores").get(0),
            r -> List.of("DONE", "FAILED").contains(r.get("state").asString()));
    assertThat(done.get("id").asLong()).isEqualTo(id);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
    Figures.print(
        "restore asked " + manner + ", done " + done.get("doneAs").asString() + ", to running",
        done.get("runningMillis").asLong() + " ms");
    LAB.await(1);
    assertThat(LAB.where("db-01")).contains(host + " running").hasSize(1);
    assertThat(LAB.uptime(1))
        .as("the counter in its memory goes on where it was")
        .isBetween(from, then.plus(since.passed()).plusSeconds(2));
    assertThat(LAB.disk(1)).contains("before");
    Await.until(
        "the inventory to see it there",
        Duration.ofSeconds(60),
        () -> fleet().vm("db-01").get("hostId").asLong(),
        id2 -> id2 == fleet().host(host).get("id").asLong());
    return done;
  }

  private static String leased() {
    return shown().get("fast").get("leased").asString("");
  }

  private static void awaitLease(String wanted) {
    Await.until(
        "the lease to be of \"" + wanted + "\"", PATIENCE, FastResumeIT::leased, wanted::equals);
  }

  @Test
  @Order(1)
  void aHelperIsStoredOnceItAnswered() {
    var none = api().ask("GET", helper(1), Map.of());
    assertThat(none.status()).isEqualTo(404);
    var elsewhere =
        Map.of("address", "10.99.0.1", "keyFile", "/etc/hostname", "hostKey", LAB.hostKey(1));
    assertThat(api().ask("PUT", helper(1), elsewhere).problem()).contains("allowed-paths");
    var other = Map.of("address", "10.99.0.1", "keyFile", LAB.helperKey().toString());
    var pinned = new java.util.HashMap<>(other);
    pinned.put("hostKey", LAB.hostKey(2));
    var refused = api().ask("PUT", helper(1), pinned);
    assertThat(refused.status()).as("another host's key").isEqualTo(502);
    assertThat(refused.problem()).contains("was not reached");
    assertThat(api().ask("GET", helper(1), Map.of()).status()).as("not stored").isEqualTo(404);
    for (int host = 1; host <= 2; host++) {
      var answer = api().ask("PUT", helper(host), access(host));
      assertThat(answer.status()).as(answer.problem()).isEqualTo(200);
      assertThat(answer.body().get("hook").asString()).isEqualTo("ready");
      assertThat(answer.body().get("whyNot").isNull()).as(answer.body().toString()).isTrue();
    }
  }

  @Test
  @Order(2)
  void aCheckpointIsPreparedForIt() throws IOException {
    var pool = "/api/v1/pools/" + fleet().host(1).get("poolId").asLong() + "/checkpoint-storage";
    assertThat(api().ask("PUT", pool, Map.of("name", "checkpoints")).status()).isEqualTo(200);
    LAB.disk(1, "before");
    from = LAB.uptime(1);
    var vm = "/api/v1/vms/" + fleet().vm("db-01").get("id").asLong();
    checkpoint = api().post(vm + "/checkpoints", Map.of()).get("id").asLong();
    var taken =
        Await.until(
            "the checkpoint",
            PATIENCE,
            FastResumeIT::shown,
            c -> c.get("state").asString().equals("COMPLETE"));
    then = LAB.uptime(1);
    var fast =
        Await.until(
            "its preparation",
            PATIENCE,
            () -> shown().get("fast"),
            f -> !f.isNull() && !f.get("state").asString().equals("MAKING"));
    assertThat(fast.get("state").asString()).as(fast.toString()).isEqualTo("READY");
    assertThat(fast.get("memoryBytes").asLong()).isEqualTo(QemuLab.GUEST_MEMORY.bytes());
    assertThat(fast.get("touchedFrom").asString()).isEqualTo("CAPTURE");
    Figures.print("split took", fast.get("madeMillis").asLong() + " ms");
    Figures.print("pages written during capture", fast.get("touchedPages").asLong());
    memory =
        LAB.host("sh", 1, "ls", INSIDE.toString())
            .lines()
            .filter(n -> n.endsWith(".memory"))
            .findFirst()
            .orElseThrow();
    assertThat(INSIDE.resolve(memory)).as("the console sees no file of a host").doesNotExist();
    assertThat(Files.size(outside(".memory"))).isEqualTo(taken.get("memoryBytes").asLong());
    assertThat(Files.size(outside(".lazy-image"))).isLessThan(4L << 20);
  }

  @Test
  @Order(3)
  void aGuestRunsOnItTwiceAndItStaysAsItIs() throws IOException {
    var sum = sum();
    for (int run = 1; run <= 2; run++) {
      var done = restored(1, "LAZY");
      assertThat(done.get("doneAs").asString()).as(done.toString()).isEqualTo("LAZY");
      assertThat(done.get("sentence").asString()).contains("Its memory is read as it needs it.");
      assertThat(leased()).isEqualTo("db-01 on kvm-01");
      LAB.load(1, "dirty=24:2000");
      var deleted = api().ask("DELETE", "/api/v1/checkpoints/" + checkpoint, Map.of());
      assertThat(deleted.status()).isEqualTo(409);
      assertThat(deleted.problem()).contains("db-01 on kvm-01 runs on the memory");
    }
    Await.until(
        "what it needed first",
        PATIENCE,
        () -> shown().get("fast"),
        f -> f.get("touchedFrom").asString().equals("RESTORE"));
    Figures.print("pages needed first", shown().get("fast").get("touchedPages").asLong());
    assertThat(sum()).as("the guest's writes are its own").isEqualTo(sum);
    assertThat(LAB.host("virsh", 1, "dumpxml", "db-01", "--inactive"))
        .as("when it starts anew it has memory of its own")
        .doesNotContain("memoryBacking")
        .doesNotContain("xmlns/memory");
  }

  private static String sum() {
    return LAB.host("sh", 1, "sha256sum", INSIDE + "/" + memory.replace(".memory", ".lazy-ram"));
  }

  @Test
  @Order(4)
  void whatItNeededFirstIsReadAheadOnTheOtherHost() {
    var done = restored(2, "PREDICTED");
    assertThat(done.get("doneAs").asString()).as(done.toString()).isEqualTo("PREDICTED");
    awaitLease("db-01 on kvm-02");
  }

  @Test
  @Order(5)
  void itMovesLiveAndTheLeaseEnds() {
    api()
        .patch(
            "/api/v1/pools/" + fleet().host(1).get("poolId").asLong(),
            Map.of("sharedStorages", List.of(LAB.folder() + "/shared", "/var/lib/libvirt")));
    var sum = sum();
    var before = LAB.uptime(1);
    long move = fleet().move("db-01", 1);
    var moved = fleet().ended(move, PATIENCE);
    assertThat(moved.get("state").asString()).as(moved.toString()).isEqualTo("COMPLETED");
    assertThat(LAB.uptime(1)).isGreaterThan(before);
    awaitLease("");
    assertThat(sum()).isEqualTo(sum);
  }

  @Test
  @Order(6)
  void whereItCannotBeHadMemoryIsReadFirstAndTheReasonIsKept() {
    var link = "/etc/libvirt/hooks/qemu.d/dcbalance";
    var program = LAB.host("sh", 1, "readlink", link).strip();
    LAB.host("sh", 1, "rm", link);
    var without = restored(1, "LAZY");
    assertThat(without.get("doneAs").asString()).isEqualTo("EAGER");
    assertThat(without.get("fellBack").asString()).contains("does not call the helper");
    assertThat(without.get("sentence").asString()).contains("All of its memory was read before");
    assertThat(leased()).isEmpty();
    LAB.host("sh", 1, "ln", "-s", program, link);
    var unread = restored(1, "PREDICTED");
    assertThat(unread.get("fellBack").asString()).contains("has not started since");
    LAB.host("kill-libvirtd", 1);
    Await.until(
        "libvirt to know its hook",
        PATIENCE,
        () -> api().ask("PUT", helper(1), access(1)),
        a -> a.status() == 200 && a.body().get("hook").asString().equals("ready"));
    Await.until("the host", PATIENCE, () -> fleet().host(1).get("state").asString(), "UP"::equals);
    assertThat(restored(1, "LAZY").get("doneAs").asString()).isEqualTo("LAZY");
  }

  @Test
  @Order(7)
  void aFlippedByteIsFoundAndNothingRunsOnIt() throws IOException {
    flip(outside(".lazy-ram"), 40L << 20);
    var done = restored(1, "LAZY");
    assertThat(done.get("doneAs").asString()).isEqualTo("EAGER");
    assertThat(done.get("fellBack").asString()).contains("block 40 is not what was written");
    assertThat(shown().get("fast").get("state").asString()).isEqualTo("DAMAGED");
    assertThat(shown().get("state").asString())
        .as("what was captured is whole, and was restored")
        .isEqualTo("COMPLETE");
  }

  private static void flip(Path file, long at) throws IOException {
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(at);
      int was = open.read();
      open.seek(at);
      open.write(was ^ 1);
    }
  }

  @Test
  @Order(8)
  void aDeletedOneFreesItsSpace() {
    awaitLease("");
    api().ask("DELETE", "/api/v1/checkpoints/" + checkpoint, Map.of());
    Await.until("its end", PATIENCE, () -> shown().get("state").asString(), "DELETED"::equals);
    assertThat(LAB.host("sh", 1, "ls", INSIDE.toString()))
        .doesNotContain(".lazy-")
        .doesNotContain(".memory");
  }
}
