package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/**
 * Checkpoints of three guests that talk to each other all the time, by numbered datagrams and TCP,
 * on two real hosts: brought back, none has heard what another has not said.
 *
 * <p>The steps are tests that build on each other.
 */
@Timeout(600)
@TestMethodOrder(OrderAnnotation.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = "both processors", mode = ResourceAccessMode.READ)
@ResourceLock("VirtualClusterIT")
@Order(7)
class VirtualClusterIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("vcl", 2);

  private static final List<String> GUESTS = List.of("shop-01", "shop-02", "shop-03");

  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static long cluster;
  private static long taken;

  @BeforeAll
  static void prepare() {
    console = Console.inside(LAB, "clusters", 8080).hurried().start();
    connected = console.api();
    LAB.start(1, "shop-01", 1, "--disk", "shared");
    LAB.start(1, "shop-02", 2);
    LAB.start(2, "shop-03", 3, "--disk", "shared");
    LAB.peers(1, 2, 3);
    LAB.peers(2, 1, 3);
    LAB.peers(3, 1, 2);
    fleet().addAll(2);
    GUESTS.forEach(fleet()::vm);
    long pool = fleet().host(1).get("poolId").asLong();
    api()
        .ask("PUT", "/api/v1/pools/" + pool + "/checkpoint-storage", Map.of("name", "checkpoints"));
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

  private static long id(String guest) {
    return fleet().vm(guest).get("id").asLong();
  }

  /** Add up a count that all guests keep of each other. */
  private static long sum(String count) {
    var pattern = Pattern.compile("\\b" + count + " (\\d+)");
    return IntStream.rangeClosed(1, 3)
        .mapToObj(LAB::peers)
        .flatMap(said -> pattern.matcher(said).results())
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .sum();
  }

  private static double longestStall() {
    var pattern = Pattern.compile("stall ([0-9.]+)");
    return IntStream.rangeClosed(1, 3)
        .mapToObj(LAB::peers)
        .flatMap(said -> pattern.matcher(said).results())
        .mapToDouble(found -> Double.parseDouble(found.group(1)))
        .max()
        .orElseThrow();
  }

  private static void talks() {
    long before = sum("got");
    Await.until(
        "them to talk", Duration.ofSeconds(20), () -> sum("got"), now -> now > before + 600);
    assertThat(List.of(sum("torn"), sum("broken")))
        .as("connections that were open go on, nothing twice and nothing missing")
        .containsOnly(0L);
  }

  private static JsonNode ended(long id) {
    return Await.until(
        "the checkpoint of the cluster",
        Duration.ofSeconds(60),
        () -> api().get("/api/v1/cluster-checkpoints/" + id),
        t -> List.of("COMPLETE", "FAILED").contains(t.get("state").asString()));
  }

  private static JsonNode restored(long id) {
    return Await.until(
        "the restore of the cluster",
        Duration.ofSeconds(90),
        () -> api().get("/api/v1/cluster-checkpoints/" + id),
        t ->
            List.of("DONE", "FAILED").contains(t.get("restores").get(0).get("state").asString())
                && t.get("members")
                    .valueStream()
                    .noneMatch(
                        m ->
                            List.of("PENDING", "RESTORING", "DETACHING")
                                .contains(m.get("restores").get(0).get("state").asString())));
  }

  @Test
  @Order(1)
  void aClusterIsNamed() {
    var ids = GUESTS.stream().map(VirtualClusterIT::id).toList();
    var one =
        api()
            .ask(
                "POST",
                "/api/v1/virtual-clusters",
                Map.of("name", "x", "vmIds", ids.subList(0, 1)));
    assertThat(one.status()).isEqualTo(400);
    assertThat(one.problem()).contains("2 to 64 members, not 1");
    cluster =
        api()
            .post("/api/v1/virtual-clusters", Map.of("name", "shop", "vmIds", ids))
            .get("id")
            .asLong();
    var again = api().ask("POST", "/api/v1/virtual-clusters", Map.of("name", "shop", "vmIds", ids));
    assertThat(again.status()).isEqualTo(409);
    assertThat(api().get("/api/v1/virtual-clusters/" + cluster).get("members")).hasSize(3);
  }

  @Test
  @Order(2)
  void allAreCapturedAtOnePointAndGoOnTogether() {
    talks();
    LAB.disk(1, "then");
    taken =
        api()
            .post("/api/v1/virtual-clusters/" + cluster + "/checkpoints", Map.of())
            .get("id")
            .asLong();
    var done = ended(taken);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("COMPLETE");
    assertThat(done.get("members"))
        .hasSize(3)
        .allMatch(m -> m.get("state").asString().equals("COMPLETE"));
    Figures.print("cluster of 3 stood still together", done.get("pauseMillis").asLong() + " ms");
    talks();
    Figures.print(
        "longest silence of a TCP stream, by the clocks of the guests", longestStall() + " s");
    assertThat(sum("backwards")).isZero();
  }

  @Test
  @Order(3)
  void allAreBroughtBackToItOnOtherHosts() {
    LAB.disk(1, "later");
    var swapped =
        Stream.of(1, 2, 3)
            .map(
                n ->
                    Map.of(
                        "vmId",
                        id("shop-0" + n),
                        "hostId",
                        fleet().host(n == 3 ? 1 : 2).get("id").asLong()))
            .toList();
    var path = "/api/v1/cluster-checkpoints/" + taken + "/restore";
    var running = api().ask("POST", path, Map.of("hosts", swapped));
    assertThat(running.status()).isEqualTo(422);
    assertThat(api().ask("POST", path, Map.of("replace", "shop-01")).status()).isEqualTo(400);
    api().post(path, Map.of("hosts", swapped, "replace", "shop"));
    var done = restored(taken);
    assertThat(done.get("restores").get(0).get("state").asString())
        .as(done.toString())
        .isEqualTo("DONE");
    Figures.print(
        "cluster of 3 restored", done.get("restores").get(0).get("runningMillis").asLong() + " ms");
    LAB.await(1, 2, 3);
    assertThat(LAB.where("shop-01")).containsExactly("2 running");
    assertThat(LAB.where("shop-02")).containsExactly("2 running");
    assertThat(LAB.where("shop-03")).containsExactly("1 running");
    talks();
    assertThat(sum("backwards")).as("nobody has heard what was not said").isZero();
    assertThat(LAB.disk(1)).contains("then");
  }

  /** The same guests, captured one after the other: the rule must break, or it tells nothing. */
  @Test
  @Order(4)
  @Tag("campaign")
  void capturedOneByOneTheyWouldNotFitTogether() {
    var singles =
        GUESTS.stream()
            .map(
                guest -> {
                  long id =
                      api()
                          .post("/api/v1/vms/" + id(guest) + "/checkpoints", Map.of())
                          .get("id")
                          .asLong();
                  Await.until(
                      "a checkpoint of " + guest,
                      Duration.ofSeconds(60),
                      () -> api().get("/api/v1/checkpoints/" + id),
                      c -> c.get("state").asString().equals("COMPLETE"));
                  return id;
                })
            .toList();
    for (int i = 0; i < 3; i++) {
      long id = singles.get(i);
      api().post("/api/v1/checkpoints/" + id + "/restore", Map.of("replace", GUESTS.get(i)));
      Await.until(
          "its restore",
          Duration.ofSeconds(90),
          () -> api().get("/api/v1/checkpoints/" + id).get("restores").get(0),
          r -> r.get("state").asString().equals("DONE"));
    }
    LAB.await(1, 2, 3);
    Await.until(
        "somebody to hear a number again",
        Duration.ofSeconds(20),
        () -> sum("backwards"),
        found -> found > 0);
    Figures.print("heard again, captured one by one", sum("backwards"));
  }
}
