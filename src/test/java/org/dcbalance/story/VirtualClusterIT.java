package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.story.TalkingCluster.GUESTS;

import java.time.Duration;
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
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

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

  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static long shop;
  private static long taken;

  @BeforeAll
  static void prepare() {
    console =
        Console.inside(LAB, "clusters", 8080).hurried().start(() -> TalkingCluster.start(LAB));
    connected = console.api();
    cluster().begin();
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

  private static TalkingCluster cluster() {
    return new TalkingCluster(LAB, api());
  }

  @Test
  @Order(1)
  void aClusterIsNamed() {
    var ids = GUESTS.stream().map(cluster()::id).toList();
    var one =
        api()
            .ask(
                "POST",
                "/api/v1/virtual-clusters",
                Map.of("name", "x", "vmIds", ids.subList(0, 1)));
    assertThat(one.status()).isEqualTo(400);
    assertThat(one.problem()).contains("2 to 64 members, not 1");
    shop = cluster().name("shop");
    var again = api().ask("POST", "/api/v1/virtual-clusters", Map.of("name", "shop", "vmIds", ids));
    assertThat(again.status()).isEqualTo(409);
    assertThat(api().get("/api/v1/virtual-clusters/" + shop).get("members")).hasSize(3);
  }

  @Test
  @Order(2)
  void allAreCapturedAtOnePointAndGoOnTogether() {
    cluster().talks();
    LAB.disk(1, "then");
    taken = cluster().take(shop, "BLOCKING");
    var done = cluster().ended(taken);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("COMPLETE");
    assertThat(done.get("members"))
        .hasSize(3)
        .allMatch(m -> m.get("state").asString().equals("COMPLETE"));
    Figures.print("cluster of 3 stood still together", done.get("pauseMillis").asLong() + " ms");
    cluster().talks();
    Figures.print(
        "longest silence of a TCP stream, by the clocks of the guests",
        cluster().longestStall() + " s");
    assertThat(cluster().sum("backwards")).isZero();
  }

  @Test
  @Order(3)
  void allAreBroughtBackToItOnOtherHosts() {
    LAB.disk(1, "later");
    var swapped = cluster().swapped();
    var path = "/api/v1/cluster-checkpoints/" + taken + "/restore";
    var running = api().ask("POST", path, Map.of("hosts", swapped));
    assertThat(running.status()).isEqualTo(422);
    assertThat(api().ask("POST", path, Map.of("replace", "shop-01")).status()).isEqualTo(400);
    api().post(path, Map.of("hosts", swapped, "replace", "shop"));
    var done = cluster().restored(taken);
    assertThat(done.get("restores").get(0).get("state").asString())
        .as(done.toString())
        .isEqualTo("DONE");
    Figures.print(
        "cluster of 3 restored", done.get("restores").get(0).get("runningMillis").asLong() + " ms");
    cluster().areSwapped();
    cluster().talks();
    cluster().hasHeardOnlyWhatWasSaid();
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
                          .post("/api/v1/vms/" + cluster().id(guest) + "/checkpoints", Map.of())
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
        () -> cluster().sum("backwards"),
        found -> found > 0);
    Figures.print("heard again, captured one by one", cluster().sum("backwards"));
  }
}
