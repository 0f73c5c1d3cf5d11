package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/**
 * From a hot host to a finished migration, by the API alone, on three real hosts with six guests.
 *
 * <p>The steps are tests that build on each other.
 */
@Timeout(900)
@TestMethodOrder(OrderAnnotation.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("both processors")
@Order(9)
class StoryByApiIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("sta", 3);

  private static final List<String> HOT = List.of("web-01", "web-02", "web-03", "db-01");
  private static final List<String> CALM = List.of("db-02", "app-01");
  private static final Duration WINDOW = Duration.ofSeconds(16);

  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static Figures.Watch story = Figures.watch();
  private static Figures.Watch heat = Figures.watch();
  private static @Nullable JsonNode moved;

  @BeforeAll
  static void prepare() {
    story = Figures.watch();
    console =
        Console.inside(LAB, "by-api", 8080)
            .hurried()
            .set("DCBALANCE_BALANCING_CPU_THRESHOLD", "0.35")
            .start(() -> Fleet.startSix(LAB));
    connected = console.api();
    LAB.await(1, 2, 3, 4, 5, 6);
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

  @Test
  @Order(1)
  void hostsAreTestedAndAdded() {
    for (int n = 1; n <= 3; n++) {
      var tested = api().post("/api/v1/hosts/test", fleet().entry(n));
      assertThat(tested.get("facts").get("hypervisor").asString()).isEqualTo("QEMU");
      assertThat(tested.get("reach").valueStream())
          .as("both ways to each host that is there already")
          .hasSize(2 * (n - 1))
          .allMatch(reach -> reach.get("problem").isNull());
      fleet().add(n);
    }
    assertThat(api().items("/api/v1/hosts"))
        .hasSize(3)
        .allSatisfy(
            host -> {
              assertThat(host.get("pool").asString()).isEqualTo("default");
              assertThat(host.get("cores").asInt())
                  .isEqualTo(Runtime.getRuntime().availableProcessors());
              assertThat(host.get("memoryBytes").asLong()).isGreaterThan(1L << 30);
            });
  }

  @Test
  @Order(2)
  void guestsAppearWithAllTheirFields() {
    var db = fleet().vm("db-01");
    assertThat(db.get("uuid").asString()).isEqualTo(QemuLab.guestUuid(4).toString());
    assertThat(db.get("host").asString()).isEqualTo("kvm-01");
    assertThat(db.get("hypervisor").asString()).isEqualTo("QEMU");
    assertThat(db.get("domainId").asInt()).isPositive();
    assertThat(db.get("osType").asString()).isEqualTo("hvm");
    assertThat(db.get("state").asString()).isEqualTo("RUNNING");
    assertThat(db.get("cpus").asInt()).isEqualTo(1);
    assertThat(db.get("maxMemoryBytes").asLong()).isEqualTo(112L << 20);
    assertThat(db.get("memoryBytes").asLong()).isEqualTo(QemuLab.GUEST_MEMORY.bytes());
    assertThat(db.get("disks").get(0).get("source").asString())
        .isEqualTo(LAB.folder() + "/shared/db-01.qcow2");
    assertThat(db.get("addresses").toString()).contains("52:54:00:dc:b0:04");
    assertThat(db.get("networks").toString()).contains("br-vm");
    assertThat(
            Await.until(
                    "its CPU time",
                    Duration.ofSeconds(20),
                    () -> fleet().vm("db-01"),
                    vm -> vm.get("cpuTimeSeconds").asDouble() > 0)
                .get("movable")
                .asBoolean())
        .as("its disk is on storage not marked as shared")
        .isFalse();
    var names =
        Await.until(
            "six guests",
            Duration.ofSeconds(30),
            () -> api().items("/api/v1/vms").stream().map(v -> v.get("name").asString()).toList(),
            found -> found.size() == 6);
    assertThat(names).containsAll(HOT).containsAll(CALM);
  }

  @Test
  @Order(3)
  void aHotHostShowsInTheSamples() {
    // unequal, so that one move stands out round after round
    LAB.load(1, "burn=35");
    LAB.load(2, "burn=18");
    LAB.load(3, "burn=18");
    LAB.load(4, "burn=18");
    LAB.load(6, "burn=5");
    heat = Figures.watch();
    long host = fleet().host(1).get("id").asLong();
    var cpu =
        Await.until(
            "a busy CPU of kvm-01",
            Duration.ofSeconds(30),
            () -> newest("/api/v1/hosts/" + host + "/load", "cpu"),
            busy -> busy > 0.35);
    Figures.print("CPU share of the hot host", cpu);
    long vm = fleet().vm("web-01").get("id").asLong();
    Await.until(
        "a busy CPU of web-01",
        Duration.ofSeconds(30),
        () -> newest("/api/v1/vms/" + vm + "/load", "cpu"),
        busy -> busy > 0.15);
  }

  /** Give the newest value of a chart's line. */
  private static @Nullable Double newest(String chart, String line) {
    return api()
        .get(chart)
        .get("series")
        .valueStream()
        .filter(s -> s.get("name").asString().equals(line))
        .flatMap(s -> s.get("points").valueStream())
        .filter(p -> p.get(1).isNumber())
        .reduce((_, last) -> last)
        .map(p -> p.get(1).asDouble())
        .orElse(null);
  }

  @Test
  @Order(4)
  void aMoveIsProposedWithItsReason() {
    var proposed =
        Await.until(
            "a recommendation",
            Duration.ofSeconds(90),
            () -> api().items("/api/v1/recommendations?state=PROPOSED"),
            found -> !found.isEmpty());
    Figures.seconds("hot host to recommendation", heat.passed());
    assertThat(proposed)
        .allSatisfy(
            r -> {
              assertThat(r.get("source").asString()).isEqualTo("kvm-01");
              assertThat(r.get("vm").asString()).startsWith("web-0");
              assertThat(r.get("why").asString()).contains("kvm-01");
              assertThat(r.get("whyTarget").asString()).contains(r.get("target").asString());
              assertThat(r.get("imbalanceAfter").asDouble())
                  .isLessThan(r.get("imbalanceBefore").asDouble());
            });
    var round = api().items("/api/v1/rounds").getFirst();
    assertThat(round.get("passedOver").valueStream())
        .as("considered, not recommended")
        .anySatisfy(
            p -> {
              assertThat(p.toString()).contains("db-01");
              assertThat(p.toString()).contains("not on storage marked as shared");
            });
  }

  @Test
  @Order(5)
  void aDiskOnUnsharedStorageIsRefusedByHand() {
    var refused =
        api()
            .ask(
                "POST",
                "/api/v1/vms/" + fleet().vm("db-01").get("id").asLong() + "/migrations",
                Map.of("targetHostId", fleet().host(3).get("id").asLong()));
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.problem())
        .contains("db-01")
        .contains("db-01.qcow2")
        .contains("not on storage marked as shared");
    assertThat(LAB.where("db-01")).containsExactly("1 running");
  }

  @Test
  @Order(6)
  void theApprovedMoveIsMadeWhileTheGuestAnswers() {
    var best =
        Await.until(
            "the recommendation to move web-01",
            Duration.ofSeconds(60),
            () ->
                api().items("/api/v1/recommendations?state=PROPOSED").stream()
                    .filter(r -> r.get("vm").asString().equals("web-01"))
                    .findFirst()
                    .orElse(null),
            _ -> true);
    var guest = best.get("vm").asString();
    int number = Integer.parseInt(guest.substring("web-0".length()));
    int target = Fleet.hostNumber(best.get("target").asString());
    var address = QemuLab.guestAddress(number);
    api()
        .patch(
            "/api/v1/vms/" + best.get("vmId").asLong(),
            Map.of("probeAddress", address, "probePort", 80));
    var libvirt = fleet().nextMoveFrom(1, guest);
    var ran = LAB.uptime(number);
    try (var caller = new Caller(LAB.fabric(), address)) {
      Await.pause(Duration.ofSeconds(1));
      var approval = Figures.watch();
      approveTenTimesAtOnce(best.get("id").asLong());
      var begun =
          Await.until(
              "its migration",
              Duration.ofSeconds(20),
              () -> api().get("/api/v1/recommendations/" + best.get("id").asLong()),
              r -> r.path("migrationId").isNumber());
      var migration = fleet().ended(begun.get("migrationId").asLong(), Duration.ofSeconds(60));
      Figures.seconds("approval to completion", approval.passed());
      Await.pause(Duration.ofSeconds(1));
      assertThat(migration.get("state").asString())
          .as(migration.get("sentence").asString())
          .isEqualTo("COMPLETED");

      assertThat(api().items("/api/v1/migrations"))
          .as("one move of ten approvals")
          .extracting(m -> m.get("id").asLong())
          .containsExactly(migration.get("id").asLong());

      assertThat(LAB.where(guest)).containsExactly(target + " running");
      assertThat(LAB.uptime(number)).as("it goes on, and was not booted anew").isGreaterThan(ran);
      // the source measures to the very end, the target until the guest runs there
      var source = libvirt.join();
      assertThat(migration.get("downtimeMillis").asLong())
          .isPositive()
          .isEqualTo(source.number("downtime"));
      assertThat(migration.get("totalMillis").asLong())
          .isEqualTo(source.number("time_elapsed"))
          .isCloseTo(
              fleet().lastMoveTo(target, guest).number("time_elapsed"), withinPercentage(50));
      assertThat(migration.get("bytes").asLong()).isGreaterThan(1 << 20);
      assertThat(migration.get("guestDowntimeMillis").asLong()).isPositive().isLessThan(10_000);
      assertThat(migration.get("guestSilentMillis").asLong())
          .as("all gaps together")
          .isGreaterThanOrEqualTo(migration.get("guestDowntimeMillis").asLong());

      Await.until(
          "it answers",
          Duration.ofSeconds(30),
          caller::silentFor,
          silence -> silence.compareTo(Duration.ofSeconds(5)) < 0);
      assertThat(caller.answered()).isGreaterThan(20);
      for (var host : List.of("sourceCpu", "targetCpu")) {
        assertThat(migration.get(host).get("userMillis").asLong()).as(host).isPositive();
      }
      Figures.print(
          "CPU of both hosts, user and system",
          migration.get("sourceCpu") + " " + migration.get("targetCpu"));
      Figures.print("downtime by libvirt", migration.get("downtimeMillis").asLong() + " ms");
      Figures.print("downtime by the probe", migration.get("guestDowntimeMillis").asLong() + " ms");
      Figures.print("silent in all", migration.get("guestSilentMillis").asLong() + " ms");
      Figures.print("silence heard from outside", caller.longestSilence().toMillis() + " ms");
      assertThat(caller.longestSilence())
          .as("silent for the downtime alone")
          .isLessThan(Duration.ofMillis(migration.get("guestDowntimeMillis").asLong() + 6000));
      moved = best;
    }
  }

  private static void approveTenTimesAtOnce(long recommendation) {
    var path = "/api/v1/recommendations/" + recommendation + "/approve";
    try (var people = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers =
          IntStream.range(0, 10)
              .mapToObj(_ -> people.submit(() -> api().ask("POST", path, Map.of()).status()))
              .toList();
      assertThat(answers).extracting(Future::get).containsOnly(200);
    }
  }

  @Test
  @Order(7)
  void theMoveKeptItsPromiseAndIsNotMadeAgain() {
    var promised = Objects.requireNonNull(moved, "nothing was moved");
    long id = promised.get("id").asLong();
    var settled =
        Await.until(
            "the measured imbalance",
            WINDOW.plusSeconds(40),
            () -> api().get("/api/v1/recommendations/" + id),
            r -> r.path("imbalanceMeasured").isNumber());
    Figures.seconds("the story by API", story.passed());
    double before = settled.get("imbalanceBefore").asDouble();
    double after = settled.get("imbalanceAfter").asDouble();
    double measured = settled.get("imbalanceMeasured").asDouble();
    Figures.print(
        "imbalance before, promised, measured",
        "%.3f, %.3f, %.3f".formatted(before, after, measured));
    assertThat(settled.get("state").asString()).isEqualTo("SETTLED");
    var since = Instant.parse(settled.get("settledAt").asString());
    // the window of one round is a few readings here, and the machine is shared: rounds in a row
    Await.until(
        "at least half of what was promised",
        Duration.ofSeconds(60),
        () -> meanImbalance(since.plus(WINDOW)),
        mean -> before - mean >= (before - after) / 2);

    assertThat(api().items("/api/v1/recommendations"))
        .filteredOn(r -> r.get("vmId").asLong() == promised.get("vmId").asLong())
        .filteredOn(r -> Instant.parse(r.get("createdAt").asString()).isAfter(since))
        .as("the moved VM rests")
        .isEmpty();
    var rounds =
        api().items("/api/v1/rounds").stream()
            .filter(r -> Instant.parse(r.get("at").asString()).isAfter(since))
            .toList();
    assertThat(rounds).hasSizeGreaterThanOrEqualTo(3);
  }

  @Test
  @Order(8)
  void aDiskOnStorageMarkedAsSharedMovesWithItsGuest() {
    LAB.disk(4, "kept");
    long pool = fleet().host(1).get("poolId").asLong();
    api()
        .patch(
            "/api/v1/pools/" + pool, Map.of("sharedStorages", List.of(LAB.folder() + "/shared")));
    var migration = fleet().ended(fleet().move("db-01", 3), Duration.ofSeconds(60));
    assertThat(migration.get("state").asString())
        .as(migration.get("sentence").asString())
        .isEqualTo("COMPLETED");
    assertThat(LAB.where("db-01")).containsExactly("3 running");
    assertThat(LAB.disk(4)).contains("kept");
  }

  /** Give the mean of the rounds after an instant; null before the first. */
  private static @Nullable Double meanImbalance(Instant since) {
    var found =
        api().items("/api/v1/rounds").stream()
            .filter(round -> Instant.parse(round.get("at").asString()).isAfter(since))
            .map(round -> round.path("imbalance"))
            .filter(JsonNode::isNumber)
            .mapToDouble(JsonNode::asDouble)
            .average();
    return found.isPresent() ? found.getAsDouble() : null;
  }
}
