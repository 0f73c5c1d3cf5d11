package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.lab.XenLab;
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

/** Guests are saved on one Xen host, and go on there and on another. */
@Tag("campaign")
@Timeout(1800)
@TestMethodOrder(OrderAnnotation.class)
class XenCheckpointIT {
  @RegisterExtension static final XenLab LAB = new XenLab("xcp", 2);

  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static long checkpoint;

  /** How long the guest had run just before it was captured, and just after. */
  private static Duration from = Duration.ZERO;

  private static Duration then = Duration.ZERO;

  @BeforeAll
  static void begin() {
    console =
        Console.inside(LAB, "xen-checkpoints", 8089)
            .forXen()
            .start(
                () -> {
                  LAB.start(1, "web-01", 1, "--pvh", "dirty=16:500");
                  LAB.start(1, "db-02", 2, "--pvh", "--disk", "shared");
                });
    connected = console.api();
    new Fleet(LAB, connected).addAll(2);
    assertThat(web().choose("checkpoints").status()).isEqualTo(200);
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

  private static Captures web() {
    return new Captures(new Fleet(LAB, api()), "web-01");
  }

  @Test
  @Order(1)
  void aGuestIsSavedAndReadBackAtOnce() {
    from = LAB.uptime(1);
    checkpoint = web().take(Map.of("why", "before the upgrade"));
    var taken = web().endOf(checkpoint);
    assertThat(taken.get("state").asString()).as(taken.toString()).isEqualTo("COMPLETE");
    assertThat(taken.get("live").asBoolean()).isFalse();
    assertThat(taken.get("pauseMillis").asLong()).isPositive();
    assertThat(taken.get("memoryBytes").asLong()).isBetween(100L << 20, 160L << 20);
    assertThat(taken.get("memorySha256").asString()).hasSize(64);
    Figures.print("checkpoint on Xen, stood still", taken.get("pauseMillis").asLong() + " ms");
    Figures.print("checkpoint on Xen, in all", taken.get("totalMillis").asLong() + " ms");
    Figures.print("checkpoint on Xen, size", (taken.get("bytes").asLong() >> 20) + " MiB");
    LAB.await(1);
    then = LAB.uptime(1);
    assertThat(then).as("it goes on, and was not booted anew").isGreaterThan(from);
    assertThat(LAB.where("web-01")).containsExactly("1 running");
    assertThat(LAB.host("virsh", 1, "dominfo", "web-01")).containsPattern("Persistent: +yes");
    assertThat(web().stored()).hasSize(1);
    assertThat(LAB.host("sh", 1, "stat -c '%U %a' /var/lib/libvirt/checkpoints/*"))
        .contains("root 600");
  }

  @Test
  @Order(2)
  void oneThatWritesToADiskIsRefusedAndRunsOn() {
    var ran = LAB.uptime(2);
    var db = new Captures(web().fleet(), "db-02");
    var end = db.endOf(db.take(Map.of()));
    assertThat(end.get("state").asString()).isEqualTo("FAILED");
    assertThat(end.get("sentence").asString()).contains("Xen cannot freeze its disk xvda");
    assertThat(LAB.uptime(2)).isGreaterThan(ran);
    assertThat(web().stored()).hasSize(1);
  }

  @Test
  @Order(3)
  void severalAtOnePointAreRefused() {
    var ids =
        List.of("web-01", "db-02").stream()
            .map(name -> web().fleet().vm(name).get("id").asLong())
            .toList();
    var cluster = api().post("/api/v1/virtual-clusters", Map.of("name", "shop", "vmIds", ids));
    var refused =
        api()
            .ask(
                "POST",
                "/api/v1/virtual-clusters/" + cluster.get("id").asLong() + "/checkpoints",
                Map.of());
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.problem()).contains("stands still while it is captured on xen-01");
  }

  @Test
  @Order(4)
  void itGoesOnFromTheCheckpointOnTheOtherHostAndThenOnItsOwn() {
    for (int host = 2; host >= 1; host--) {
      var asked = Figures.watch();
      api()
          .post(
              "/api/v1/checkpoints/" + checkpoint + "/restore",
              Map.of("hostId", web().fleet().host(host).get("id").asLong(), "replace", "web-01"));
      var done = web().restored(checkpoint);
      assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
      Figures.print("restore on Xen to running", done.get("runningMillis").asLong() + " ms");
      LAB.await(1);
      assertThat(LAB.where("web-01")).containsExactly(host + " running");
      assertThat(LAB.uptime(1))
          .as("it goes on where it was")
          .isBetween(from, then.plus(asked.passed()).plusSeconds(2));
      assertThat(LAB.host("virsh", host, "dominfo", "web-01")).containsPattern("Persistent: +yes");
      var there = web().fleet().host(host).get("id").asLong();
      Await.until(
          "the inventory to see it there",
          Duration.ofSeconds(60),
          () -> web().fleet().vm("web-01"),
          vm -> vm.get("hostId").asLong() == there);
    }
  }

  @Test
  @Order(5)
  void noCopyOfItIsRun() {
    api().post("/api/v1/checkpoints/" + checkpoint + "/copies", Map.of("name", "web-01-copy"));
    var end = web().restored(checkpoint);
    assertThat(end.get("state").asString()).isEqualTo("FAILED");
    assertThat(end.get("sentence").asString()).contains("cannot run a copy of it");
    assertThat(LAB.where("web-01-copy")).isEmpty();
  }

  @Test
  @Order(6)
  void aConsoleThatIsKilledWhileItIsSavedBringsItBack() {
    var before = web().stored();
    var ran = LAB.uptime(1);
    long id = web().beginUntil("Writing");
    var running = Objects.requireNonNull(console);
    running.kill();
    running.start();
    var end = web().endOf(id);
    assertThat(end.get("state").asString()).as(end.toString()).isEqualTo("FAILED");
    LAB.await(1);
    assertThat(LAB.where("web-01")).containsExactly("1 running");
    assertThat(LAB.uptime(1)).as("it goes on, and was not booted anew").isGreaterThan(ran);
    assertThat(web().stored()).containsExactlyElementsOf(before);
  }

  @Test
  @Order(7)
  void aDaemonThatIsKilledWhileItIsSavedCostsTheCheckpointAlone() {
    var before = web().stored();
    var ran = LAB.uptime(1);
    long id = web().beginUntil("Writing");
    LAB.host("kill-libvirtd", 1);
    var end = web().endOf(id);
    assertThat(end.get("state").asString()).as(end.toString()).isEqualTo("FAILED");
    LAB.await(1);
    assertThat(LAB.where("web-01")).containsExactly("1 running");
    assertThat(LAB.uptime(1)).as("it goes on, and was not booted anew").isGreaterThan(ran);
    assertThat(web().stored()).containsExactlyElementsOf(before);
  }
}
