package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.lab.RunningCopies;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** Consoles that are killed in the middle of a real migration, alone and with a second one. */
@Timeout(900)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = "both processors", mode = ResourceAccessMode.READ)
@ResourceLock("ResilienceIT")
@Order(4)
class ResilienceIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("res", 2);

  /** So slow that a migration does not end by itself while a console starts. */
  private static final int CRAWL = 2;

  private static final String TAKES_OVER = "now collects, decides and executes";

  @AfterEach
  void tidy() {
    LAB.unlimitLink(1);
    LAB.stop("web-01", "web-02");
  }

  /**
   * Two consoles on one database: the one that drives a migration is killed and started again, the
   * other one takes over; then both are killed, and the migration ends while no console looks.
   */
  @Test
  void whateverIsKilledTheMigrationIsFoundAgain() {
    try (var database = Postgres.inside(LAB, "shared-database", 5499).start();
        var one = pair(database, "one", 8082).start();
        var two = pair(database, "two", 8083).start(ResilienceIT::startTwo);
        var apiOfOne = one.api();
        var apiOfTwo = two.api()) {
      new Fleet(LAB, apiOfOne).addAll(2);
      new Fleet(LAB, apiOfOne).tryNothingAgain();
      assertThat(apiOfOne.answers("/login")).isTrue();
      assertThat(apiOfTwo.answers("/login")).isTrue();
      assertThat(apiOfTwo.items("/api/v1/hosts")).as("they share what they know").hasSize(2);

      // asked of the one that only serves pages, made by the one that holds the lease
      var fleet = new Fleet(LAB, apiOfTwo);
      long id = startSlowMove(fleet, "web-01");
      assertThat(two.said()).doesNotContain(TAKES_OVER);
      var copies = RunningCopies.of(LAB, 2, "web-01");
      one.kill();
      assertThat(LAB.where("web-01")).as("the job goes on without a console").hasSize(2);
      var taken = Figures.watch();
      Await.until(
          "the other console's lease",
          Duration.ofSeconds(60),
          two::said,
          said -> said.contains(TAKES_OVER));
      Figures.seconds("leader killed to taken over", taken.passed());
      // no sooner: it starts in about the time that the lease takes to run out, and could win it
      one.begin();
      followed(fleet, id);
      one.awaitFirstPage(Duration.ofMinutes(3));
      LAB.unlimitLink(1);
      settledOnce(fleet, id, "web-01");
      assertThat(copies.end()).as("moments with two running copies").isZero();

      // and one that ends while no console looks
      one.kill();
      long unseen = startSlowMove(fleet, "web-02");
      copies = RunningCopies.of(LAB, 2, "web-02");
      two.kill();
      LAB.unlimitLink(1);
      Await.until(
          "web-02 on host 2 alone",
          Duration.ofSeconds(60),
          () -> LAB.where("web-02"),
          List.of("2 running")::equals);
      one.start();
      settledOnce(new Fleet(LAB, apiOfOne), unseen, "web-02");
      assertThat(copies.end()).as("moments with two running copies").isZero();
    }
  }

  private static void startTwo() {
    LAB.start(1, "web-01", 1);
    LAB.start(1, "web-02", 2);
  }

  /** It wakes up believing that it drives the move, and must not write or do anything more. */
  @Test
  @Tag("campaign")
  void aLeaderThatSleptPastItsLeaseDoesNothingMore() {
    try (var database = Postgres.inside(LAB, "sleeper-database", 5497).start();
        var sleeper = pair(database, "sleeper", 8085).start();
        var other = pair(database, "other", 8086).start();
        var api = other.api()) {
      LAB.start(1, "web-01", 1);
      var fleet = new Fleet(LAB, api);
      fleet.addAll(2);
      fleet.tryNothingAgain();
      long id = startSlowMove(fleet, "web-01");
      assertThat(other.said()).doesNotContain(TAKES_OVER);
      var copies = RunningCopies.of(LAB, 2, "web-01");
      sleeper.freeze();
      try {
        Await.until(
            "the other console's lease",
            Duration.ofSeconds(60),
            other::said,
            said -> said.contains(TAKES_OVER));
        followed(fleet, id);
        // asked of the one that holds the lease: what wakes up must not undo it
        api.post("/api/v1/migrations/" + id + "/abort", Map.of());
        var ended = fleet.ended(id, Duration.ofSeconds(60));
        assertThat(ended.get("state").asString()).isEqualTo("ABORTED");
      } finally {
        sleeper.thaw();
      }
      var before = api.get("/api/v1/migrations/" + id);
      Await.until(
          "the sleeper to let go",
          Duration.ofSeconds(30),
          sleeper::said,
          said -> said.contains("is left to whoever holds the lease"));
      Await.until(
          "the sleeper to know",
          Duration.ofSeconds(30),
          sleeper::said,
          said -> said.contains("Another console has taken over"));
      Await.pause(Duration.ofSeconds(5));
      assertThat(api.get("/api/v1/migrations/" + id)).as("not a word more").isEqualTo(before);
      assertThat(LAB.where("web-01")).containsExactly("1 running");
      assertThat(copies.end()).as("moments with two running copies").isZero();
      LAB.unlimitLink(1);
      long next = fleet.move("web-01", 2);
      settled(fleet, next, "web-01");
    }
  }

  private static void settled(Fleet fleet, long id, String guest) {
    var ended = fleet.ended(id, Duration.ofSeconds(90));
    assertThat(ended.get("state").asString())
        .as(ended.get("sentence").asString())
        .isEqualTo("COMPLETED");
    assertThat(LAB.where(guest)).containsExactly("2 running");
  }

  private static Console pair(Postgres database, String name, int port) {
    return database
        .serve(Console.inside(LAB, name, port).hurried())
        .set("DCBALANCE_LEADERSHIP_LEASE", "8s")
        .set("DCBALANCE_LEADERSHIP_RENEWAL", "2s");
  }

  /** Start a move by hand over a link that hardly lets it through, and wait until it copies. */
  private static long startSlowMove(Fleet fleet, String guest) {
    fleet.vm(guest);
    LAB.limitLink(1, CRAWL);
    long id = fleet.move(guest, 2);
    Await.until(
        "copying",
        Duration.ofSeconds(60),
        () -> fleet.api().get("/api/v1/migrations/" + id),
        m -> m.get("phase").asString().equals("COPYING") && m.path("progress").isObject());
    return id;
  }

  /** Wait until a console has taken up a job that another one began. */
  private static void followed(Fleet fleet, long id) {
    var seen =
        Await.until(
            "the job being followed",
            Duration.ofSeconds(60),
            () -> fleet.api().get("/api/v1/migrations/" + id),
            m -> m.get("log").toString().contains("is followed"));
    assertThat(seen.get("state").asString()).isEqualTo("RUNNING");
  }

  private static void settledOnce(Fleet fleet, long id, String guest) {
    settled(fleet, id, guest);
    var moves =
        fleet.api().items("/api/v1/migrations").stream()
            .filter(m -> m.get("vm").asString().equals(guest))
            .map(m -> m.get("id").asLong())
            .toList();
    assertThat(moves).as("nothing ran twice").containsExactly(id);
    JsonNode vm =
        Await.until(
            "the inventory to know",
            Duration.ofSeconds(20),
            () -> fleet.vm(guest),
            v -> v.get("host").asString().equals("kvm-02"));
    assertThat(vm.get("movingToHostId").isNull()).isTrue();
  }
}
