package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.lab.RunningCopies;
import org.dcbalance.testing.Await;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Move real guests back and forth for a long time while consoles are killed, links are cut and
 * daemons end, and look after each move whether exactly one copy runs where the console says. No
 * guest is ever seen to run on two hosts, which are asked ten times a second. All of this strikes
 * while memory is copied; {@link PostCopyCampaignIT} has what strikes later.
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
  private static final Path NOTED = Path.of("target", "campaign", "rounds");
  private static final int CRAWL = 8;

  @Test
  void exactlyOneCopyRunsWhateverHappens() throws IOException {
    Files.createDirectories(NOTED.getParent());
    var tally = new Tally();
    var passed = Files.exists(NOTED) ? Files.readAllLines(NOTED) : List.<String>of();
    passed.forEach(line -> tally.add(Tally.Round.parse(line)));
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
      for (int round = passed.size(); round < ROUNDS; round++) {
        // each round has a seed of its own, so that one can be repeated alone
        var played = play(console, round, new Random(7_919L * round + 1));
        tally.add(played);
        Files.writeString(
            NOTED, played.line() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    } finally {
      tally.print();
    }
  }

  private static Tally.Round play(Console console, int round, Random random) {
    var fault = Fault.values()[round % Fault.values().length];
    var guest = GUESTS.get(random.nextInt(GUESTS.size()));
    var copies = RunningCopies.of(LAB, 3, guest);
    BrokenMove move;
    try (var api = console.api()) {
      var fleet = new Fleet(LAB, api);
      fleet.seeAllUp(Duration.ofMinutes(2));
      int source = Fleet.hostNumber(fleet.vm(guest).get("host").asString());
      int target = 1 + (source + random.nextInt(2)) % 3;
      if (fault != Fault.NONE) {
        LAB.limitLink(source, CRAWL);
      }
      long id = fleet.moveOnceHostsAnswer(guest, target, null);
      Await.until(
          "copying in round " + round,
          Duration.ofSeconds(90),
          () -> api.get("/api/v1/migrations/" + id),
          m -> m.path("progress").isObject() || m.get("finishedAt").isString());
      move = new BrokenMove(LAB, Moment.COPYING, fault, id, guest, source, target);
    }
    Await.pause(Duration.ofMillis(random.nextInt(2000)));
    move.strike(console);
    try (var api = console.api()) {
      var state = move.end(api);
      move.nothingIsLeft(new Fleet(LAB, api), state);
      assertThat(copies.end()).as("copies that ran at once in round %d, %s", round, fault).isZero();
      return new Tally.Round(Moment.COPYING, fault, state, copies.most());
    }
  }
}
