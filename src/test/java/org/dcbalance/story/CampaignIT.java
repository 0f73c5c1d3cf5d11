package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.lab.RunningCopies;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/**
 * Move real guests back and forth for a long time while consoles are killed, links are cut and
 * daemons end, and look after each move whether exactly one copy runs where the console says. No
 * guest is ever seen to run on two hosts, which are asked ten times a second.
 *
 * <p>Rounds that passed are noted in {@code target/campaign}, and a later run goes on after them;
 * {@code ./mvnw clean} starts anew. {@code -Dcampaign.rounds=} sets how many there are, 40 unless
 * told.
 */
@Tag("campaign")
@Timeout(4 * 3600)
class CampaignIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("camp", 3);

  private static final int ROUNDS = Integer.getInteger("campaign.rounds", 40);
  private static final List<String> GUESTS = List.of("web-01", "web-02", "web-03");
  private static final Path NOTED = Path.of("target", "campaign", "passed");
  private static final int CRAWL = 8;

  /** What goes wrong during a move. */
  private enum Fault {
    NONE,
    ABORT,
    CONSOLE_KILLED,
    LINK_CUT,
    LINK_CUT_FOR_LONG,
    TARGET_DAEMON_KILLED,
    SOURCE_DAEMON_KILLED,
    TARGET_EMULATOR_KILLED
  }

  @Test
  void exactlyOneCopyRunsWhateverHappens() throws IOException {
    Files.createDirectories(NOTED.getParent());
    int passed = Files.exists(NOTED) ? Files.readAllLines(NOTED).size() : 0;
    try (var console = Console.inside(LAB, "campaign", 8091).hurried()) {
      console.start();
      for (int n = 0; n < GUESTS.size(); n++) {
        LAB.start(1, GUESTS.get(n), n + 1);
      }
      try (var api = console.api()) {
        var fleet = new Fleet(LAB, api);
        fleet.addAll(3);
        fleet.tryNothingAgain();
      }
      for (int round = passed; round < ROUNDS; round++) {
        // each round has a seed of its own, so that one can be repeated alone
        play(console, round, new Random(7_919L * round + 1));
        Files.writeString(
            NOTED, round + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    }
  }

  private static void play(Console console, int round, Random random) {
    var fault = Fault.values()[round % Fault.values().length];
    var guest = GUESTS.get(random.nextInt(GUESTS.size()));
    var copies = RunningCopies.of(LAB, 3, guest);
    try (var api = console.api()) {
      var fleet = new Fleet(LAB, api);
      // what was broken last may still be coming back, and no move is asked of such a host
      fleet.seeAllUp(Duration.ofMinutes(2));
      int source = Fleet.hostNumber(fleet.vm(guest).get("host").asString());
      int target = 1 + (source + random.nextInt(2)) % 3;
      if (fault != Fault.NONE) {
        LAB.limitLink(source, CRAWL);
      }
      long id = fleet.move(guest, target);
      Await.until(
          "copying in round " + round,
          Duration.ofSeconds(90),
          () -> api.get("/api/v1/migrations/" + id),
          m -> m.path("progress").isObject() || m.get("finishedAt").isString());
      Await.pause(Duration.ofMillis(random.nextInt(2000)));
      breakIt(console, fault, guest, id, api, source, target);
      mend(source, target);
    }
    try (var api = console.api()) {
      var fleet = new Fleet(LAB, api);
      settled(fleet, round, fault, guest);
    }
    assertThat(copies.end()).as("copies that ran at once in round %d, %s", round, fault).isZero();
  }

  private static void breakIt(
      Console console, Fault fault, String guest, long id, Api api, int source, int target) {
    switch (fault) {
      case NONE -> {}
      case ABORT -> abort(api, id, source);
      case CONSOLE_KILLED -> {
        console.kill();
        console.start();
      }
      case LINK_CUT -> {
        LAB.cutLink(target);
        Await.pause(Duration.ofSeconds(5));
      }
      case LINK_CUT_FOR_LONG -> {
        LAB.cutLink(target);
        Await.pause(Duration.ofSeconds(40));
      }
      case TARGET_DAEMON_KILLED -> LAB.host("kill-libvirtd", target);
      case SOURCE_DAEMON_KILLED -> LAB.host("kill-libvirtd", source);
      case TARGET_EMULATOR_KILLED ->
          // the pattern does not match the shell that looks for it
          LAB.host(
              "sh", target, "sh", "-c", "pkill -KILL -f '[g]uest=%s,' || true".formatted(guest));
    }
  }

  /** libvirt 9.0 may keep the job for good; then what the page says must help. */
  private static void abort(Api api, long id, int source) {
    api.ask("POST", "/api/v1/migrations/" + id + "/abort", Map.of());
    var said =
        Await.until(
            "the end of the move, or what would bring it about",
            Duration.ofMinutes(2),
            () -> api.get("/api/v1/migrations/" + id),
            m -> m.get("finishedAt").isString() || m.toString().contains("Maybe restart libvirtd"));
    if (!said.get("finishedAt").isString()) {
      Figures.print("campaign, a job that libvirt kept", said.get("sentence").asString());
      LAB.host("kill-libvirtd", source);
    }
  }

  private static void mend(int source, int target) {
    LAB.restoreLink(target);
    LAB.unlimitLink(source);
  }

  private static void settled(Fleet fleet, int round, Fault fault, String guest) {
    var last =
        fleet.api().items("/api/v1/migrations").stream()
            .filter(m -> m.get("vm").asString().equals(guest))
            .findFirst()
            .orElseThrow();
    JsonNode ended = fleet.ended(last.get("id").asLong(), Duration.ofMinutes(3));
    var running = LAB.where(guest).stream().filter(line -> line.endsWith(" running")).toList();
    assertThat(running).as("round %d, %s: %s", round, fault, ended.get("sentence")).hasSize(1);
    var host = fleet.hostName(Integer.parseInt(running.getFirst().split(" ")[0]));
    Await.until(
        "the inventory to show " + guest + " on " + host,
        Duration.ofSeconds(60),
        () -> fleet.vm(guest),
        v -> v.get("host").asString().equals(host));
    Figures.print(
        "campaign round %d, %s".formatted(round, fault),
        ended.get("state").asString() + ", " + running);
  }
}
