package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

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
 * A host is lost: its network is cut and its guests are killed. Its VM is restored on the other
 * one, but only after somebody said that the host is off; and when it returns and runs the VM
 * again, that is told and nothing else is done.
 *
 * <p>The steps are tests that build on each other.
 */
@Tag("campaign")
@Timeout(600)
@TestMethodOrder(OrderAnnotation.class)
class RecoveryIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("rcv", 2);

  private static @Nullable Console console;
  private static @Nullable Api connected;
  private static long checkpoint;
  private static Duration from = Duration.ZERO;

  @BeforeAll
  static void prepare() {
    console = Console.inside(LAB, "recovery", 8080).hurried().start();
    connected = console.api();
    LAB.start(1, "db-01", 1, "--disk", "shared", "dirty=16:500");
    LAB.disk(1, "before");
    fleet().addAll(2);
    db().choose("checkpoints");
    from = LAB.uptime(1);
    checkpoint = db().take(Map.of("why", "every night"));
    db().until(checkpoint, "COMPLETE");
    LAB.disk(1, "after");
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

  private static Captures db() {
    return new Captures(fleet(), "db-01");
  }

  private static String lost(String path) {
    return "/api/v1/hosts/" + fleet().host(1).get("id").asLong() + path;
  }

  private static JsonNode recovery() {
    return api().get(lost("/recovery"));
  }

  private static Map<String, Object> wish() {
    return Map.of(
        "vmIds",
        List.of(fleet().vm("db-01").get("id").asLong()),
        "hostId",
        fleet().host(2).get("id").asLong());
  }

  @Test
  @Order(1)
  void aHostThatAnswersIsNotLost() {
    var word = Map.of("host", "kvm-01", "why", "its power was cut");
    var refused = api().ask("POST", lost("/fencing"), word);
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.problem()).contains("kvm-01 answers");
    assertThat(recovery().get("machines").isEmpty()).isTrue();
    assertThat(api().ask("POST", lost("/recovery"), wish()).status()).isEqualTo(422);
  }

  @Test
  @Order(2)
  void oneThatDoesNotAnswerMayStillRunItsVmsUntilSomebodySaysThatItIsOff() {
    LAB.cutLink(1);
    var silence = Figures.watch();
    Await.until(
        "kvm-01 to be down",
        Duration.ofSeconds(90),
        () -> fleet().host(1).get("state").asString(),
        "DOWN"::equals);
    var word = Map.of("host", "kvm-01", "why", "its power was cut");
    var early = api().ask("POST", lost("/fencing"), word);
    assertThat(early.status()).as("it was silent for %s", silence.passed()).isEqualTo(422);
    var nobody = api().ask("POST", lost("/recovery"), wish());
    assertThat(nobody.status()).isEqualTo(422);
    assertThat(nobody.problem()).contains("Nobody says that kvm-01 is off");
    assertThat(LAB.where("db-01")).as("it runs all the while").containsExactly("1 running");
    api()
        .post(
            "/api/v1/checkpoints/" + checkpoint + "/restore",
            Map.of("hostId", fleet().host(2).get("id").asLong(), "replace", "db-01"));
    var refused = db().restored(checkpoint);
    assertThat(refused.get("state").asString()).isEqualTo("FAILED");
    assertThat(refused.get("sentence").asString())
        .contains("kvm-01 does not answer, and db-01 may run there");
    assertThat(LAB.where("db-01")).containsExactly("1 running");

    Await.until(
        "a minute of silence",
        Duration.ofSeconds(150),
        Duration.ofSeconds(2),
        RecoveryIT::recovery,
        r -> r.get("whyNot").isNull());
    assertThat(silence.passed()).isGreaterThan(Duration.ofSeconds(60));
    assertThat(recovery().get("probe").asString()).contains("Nothing answers at its address");
  }

  @Test
  @Order(3)
  void itsVmGoesOnElsewhereFromTheLastCheckpoint() {
    // its guests end as with its power, and its disks stay where they are
    LAB.host("sh", 1, "pkill", "-KILL", "qemu-system");
    var other = api().ask("POST", lost("/fencing"), Map.of("host", "kvm-02", "why", "it is off"));
    assertThat(other.status()).isEqualTo(400);
    assertThat(api().ask("POST", lost("/fencing"), Map.of("host", "kvm-01")).status())
        .isEqualTo(400);
    assertThat(recovery().get("saidToBeOff").isNull()).isTrue();
    var word = Map.of("host", "kvm-01", "why", "its power was cut");
    var said = api().ask("POST", lost("/fencing"), word);
    assertThat(said.status()).as(said.problem()).isEqualTo(200);
    assertThat(api().get("/api/v1/audit").toString())
        .contains("HOST_FENCED")
        .contains("its power was cut");

    var machine = recovery().get("machines").get(0);
    assertThat(machine.get("vm").asString()).isEqualTo("db-01");
    assertThat(machine.get("checkpointId").asLong()).isEqualTo(checkpoint);
    assertThat(machine.get("ageSeconds").asLong()).isGreaterThan(60);
    var asked = api().ask("POST", lost("/recovery"), wish());
    assertThat(asked.status()).as(asked.problem()).isEqualTo(202);
    var done = db().restored(checkpoint);
    assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
    Figures.print("recovery to running", done.get("runningMillis").asLong() + " ms");
    LAB.await(1);
    assertThat(LAB.where("db-01")).contains("2 running").doesNotContain("1 running");
    assertThat(LAB.disk(1)).as("the disk of that instant").contains("before");
    assertThat(LAB.uptime(1)).isGreaterThan(from);
    Await.until(
        "the inventory to see it there",
        Duration.ofSeconds(30),
        () -> fleet().vm("db-01").get("hostId").asLong(),
        on -> on == fleet().host(2).get("id").asLong());
  }

  @Test
  @Order(4)
  void whatTheHostStillHasWhenItReturnsIsTold() {
    LAB.restoreLink(1);
    Await.until(
        "kvm-01 to be up",
        Duration.ofSeconds(90),
        () -> fleet().host(1).get("state").asString(),
        "UP"::equals);
    var left =
        Await.until(
            "its definition of db-01 to be found",
            Duration.ofSeconds(60),
            RecoveryIT::recovery,
            r -> !r.get("twins").isEmpty());
    assertThat(left.get("twins").get(0).get("loud").asBoolean()).isFalse();
    Await.until(
        "the word to be void",
        Duration.ofSeconds(30),
        RecoveryIT::recovery,
        r -> r.get("saidToBeOff").isNull());

    LAB.host("virsh", 1, "start", "db-01");
    var twin =
        Await.until(
            "the other db-01 to be found",
            Duration.ofSeconds(60),
            () -> recovery().get("twins").get(0),
            // libvirt starts a guest paused
            t -> t.get("sentence").asString().contains("db-01 is running on kvm-01"));
    assertThat(twin.get("loud").asBoolean()).isTrue();
    assertThat(twin.get("sentence").asString())
        .contains("was restored on kvm-02 from checkpoint " + checkpoint);
    assertThat(twin.get("advice").asString()).contains("virsh suspend db-01");
    Await.pause(Duration.ofSeconds(10));
    for (int host = 1; host <= 2; host++) {
      // a busy host counts as silent where all are asked
      assertThat(LAB.host("virsh", host, "domstate", "db-01").strip())
          .as("nothing is done by itself")
          .isEqualTo("running");
    }

    LAB.host("virsh", 1, "destroy", "db-01");
    LAB.host("virsh", 1, "undefine", "db-01");
    Await.until(
        "it to be settled",
        Duration.ofSeconds(60),
        RecoveryIT::recovery,
        r -> r.get("twins").isEmpty() && r.get("restored").isEmpty());
    assertThat(LAB.where("db-01")).containsExactly("2 running");
  }
}
