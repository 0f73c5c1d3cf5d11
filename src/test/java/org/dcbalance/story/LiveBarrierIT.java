package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Guests that talk to each other, captured while they run and paused together only for the rest, on
 * two real hosts; beside the same guests paused for all of it. That captured one by one they would
 * not fit together is shown in {@link VirtualClusterIT}.
 *
 * <p>The steps are tests that build on each other.
 */
@Tag("campaign")
@Timeout(600)
@TestMethodOrder(OrderAnnotation.class)
class LiveBarrierIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("bar", 2);

  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static long shop;
  private static long taken;

  @BeforeAll
  static void prepare() {
    console = Console.inside(LAB, "barrier", 8080).hurried().start(() -> TalkingCluster.start(LAB));
    connected = console.api();
    cluster().begin();
    shop = cluster().name("shop");
    // one of them changes its memory all the time
    LAB.load(2, "dirty=8:200");
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

  private static JsonNode take(String manner) {
    long id = cluster().take(shop, manner);
    var done = cluster().ended(id);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("COMPLETE");
    assertThat(done.get("manner").asString()).isEqualTo(manner);
    assertThat(done.get("members"))
        .hasSize(3)
        .allMatch(m -> m.get("state").asString().equals("COMPLETE"))
        .allMatch(m -> m.get("pauseMillis").asLong() <= done.get("pauseMillis").asLong() + 500);
    cluster().talks();
    assertThat(cluster().sum("backwards")).isZero();
    print(manner, done);
    return done;
  }

  /** The longest silence only grows: what pauses for less is to come first. */
  private static void print(String manner, JsonNode done) {
    long bytes =
        done.get("members").valueStream().mapToLong(m -> m.get("memoryBytes").asLong()).sum();
    var each =
        done.get("members")
            .valueStream()
            .map(m -> m.get("pauseMillis").asString())
            .collect(Collectors.joining(", "));
    Figures.print(
        "cluster of 3, " + manner.toLowerCase(Locale.ROOT),
        "stood still together %d ms (%s ms each), memory %d MiB, longest silence of TCP %.3f s; %s"
            .formatted(
                done.get("pauseMillis").asLong(),
                each,
                bytes >> 20,
                cluster().longestStall(),
                done.get("sentence").asString()));
  }

  /** What libvirt keeps for the next move of a guest: the longest pause, and the bandwidth. */
  private static List<String> limits() {
    return List.of(
        LAB.host("virsh", 1, "migrate-getmaxdowntime", "shop-01").strip(),
        LAB.host("virsh", 1, "migrate-getspeed", "shop-01").strip());
  }

  private static List<String> stored() {
    return LAB.host("sh", 1, "ls", "/var/lib/libvirt/checkpoints").lines().toList();
  }

  @Test
  @Order(1)
  void theyStandStillTogetherForLessThanIfTheyWerePausedForAllOfIt() {
    cluster().talks();
    LAB.disk(1, "then");
    var limits = limits();
    var live = take("BARRIER");
    assertThat(limits()).as("its moves are limited as before").isEqualTo(limits);
    taken = live.get("id").asLong();
    assertThat(live.get("members")).allMatch(m -> m.get("live").asBoolean());
    var blocking = take("BLOCKING");
    assertThat(live.get("pauseMillis").asLong()).isLessThan(blocking.get("pauseMillis").asLong());
  }

  @Test
  @Order(2)
  void broughtBackNobodyHasHeardWhatWasNotSaid() {
    LAB.disk(1, "later");
    api()
        .post(
            "/api/v1/cluster-checkpoints/" + taken + "/restore",
            Map.of("hosts", cluster().swapped(), "replace", "shop"));
    var done = cluster().restored(taken);
    assertThat(done.get("restores").get(0).get("state").asString())
        .as(done.toString())
        .isEqualTo("DONE");
    cluster().areSwapped();
    cluster().talks();
    cluster().hasHeardOnlyWhatWasSaid();
    assertThat(LAB.disk(1)).contains("then");
  }

  @ParameterizedTest
  @Order(3)
  @ValueSource(
      strings = {"Keeping", "Writing their memory while", "Pausing", "Copying", "Reading it"})
  void aConsoleThatIsKilledOnTheWayLeavesThemRunningAndNothingBehind(String step) {
    var before = stored();
    long id = cluster().take(shop, "BARRIER");
    var at =
        Await.until(
                "the step " + step,
                Duration.ofSeconds(60),
                Duration.ofMillis(10),
                () -> shown(id),
                t -> t.get("step").asString().startsWith(step) || !open(t))
            .get("step")
            .asString();
    Objects.requireNonNull(console).kill();
    console.start();
    Figures.print("killed at", at);
    var end =
        Await.until(
            "the members to be put right",
            Duration.ofSeconds(90),
            () -> shown(id),
            t -> !open(t) && t.get("members").valueStream().noneMatch(LiveBarrierIT::open));
    assertThat(end.get("state").asString()).as(end.toString()).isEqualTo("FAILED");
    assertThat(end.get("members"))
        .as(end.toString())
        .allMatch(m -> m.get("state").asString().equals("FAILED"))
        .allMatch(m -> m.get("sentence").asString().endsWith("Nothing of it is left."));
    assertThat(stored()).isEqualTo(before);
    cluster().areSwapped();
    for (int n = 1; n <= 3; n++) {
      int host = n == 3 ? 1 : 2;
      assertThat(LAB.host("virsh", host, "migrate-getmaxdowntime", "shop-0" + n)).contains("300");
      assertThat(LAB.host("virsh", host, "migrate-getspeed", "shop-0" + n).strip().length())
          .as("no limit of bandwidth that one would notice")
          .isGreaterThan(6);
    }
    cluster().talks();
    assertThat(cluster().sum("backwards")).isZero();
  }

  private static JsonNode shown(long id) {
    return api().get("/api/v1/cluster-checkpoints/" + id);
  }

  private static boolean open(JsonNode one) {
    return List.of("PENDING", "TAKING", "CLEANING").contains(one.get("state").asString());
  }
}
