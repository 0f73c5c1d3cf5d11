package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.lab.RunningCopies;
import org.dcbalance.method.Method;
import org.dcbalance.testing.Await;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Break moves of a real guest that writes once it is stopped for its move, or runs on the target
 * and still needs the source's memory; {@link CampaignIT} breaks them before. The guest runs on
 * exactly one host afterwards, or its record says that it is lost and what to do. It is never seen
 * to run on two hosts, which are asked ten times a second.
 *
 * <p>Each round begins anew, with daemons that were restarted. {@code -Dcampaign.rounds=} sets how
 * many there are; unless told, each fault strikes once at either moment.
 */
@Tag("campaign")
@Timeout(1800)
class PostCopyCampaignIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("pcc", 2);

  private static final String GUEST = "web-01";

  /** In Mbit/s: what the guest has takes about a quarter of a minute. */
  private static final int SLOW = 20;

  private static final List<Fault> FAULTS =
      List.of(
          Fault.CONSOLE_KILLED,
          Fault.LINK_CUT,
          Fault.LINK_CUT_FOR_GOOD,
          Fault.TARGET_DAEMON_KILLED,
          Fault.SOURCE_DAEMON_KILLED,
          Fault.TARGET_EMULATOR_KILLED);

  private static final int ROUNDS = Integer.getInteger("campaign.rounds", 2 * FAULTS.size());
  private static final Tally TALLY = new Tally();

  private static @Nullable Console console;

  @BeforeAll
  static void begin() {
    console = Console.inside(LAB, "post-copy-campaign", 8093).hurried().start();
    try (var api = console.api()) {
      var fleet = new Fleet(LAB, api);
      fleet.addAll(2);
      api.patch(
          "/api/v1/pools/" + fleet.host(1).get("poolId").asLong(),
          Map.of(
              "moveOptions",
              Map.of("retries", 0, "notLive", true, "postCopy", true, "postCopyAfterPercent", 25)));
    }
  }

  @AfterAll
  static void end() {
    TALLY.print();
    if (console != null) {
      console.close();
    }
  }

  /** Whatever the round before has left must not be in the way of this one. */
  @BeforeEach
  void beginAnew() {
    for (int host = 1; host <= 2; host++) {
      LAB.restoreLink(host);
      LAB.unlimitLink(host);
    }
    BrokenMove.endBothHalves(LAB, GUEST);
    LAB.stop(GUEST);
    try (var api = console().api()) {
      // of a round that failed
      for (var migration : api.items("/api/v1/migrations")) {
        if (migration.get("finishedAt").isNull()) {
          BrokenMove.close(api, migration.get("id").asLong(), "neither");
        }
      }
      LAB.start(1, GUEST, 1, "dirty=16:500");
      var fleet = new Fleet(LAB, api);
      fleet.seeAllUp(Duration.ofMinutes(2));
      Await.until(
          "the inventory to show that it runs on host 1",
          Duration.ofSeconds(60),
          () -> fleet.vm(GUEST),
          vm ->
              vm.get("host").asString().equals(fleet.hostName(1))
                  && vm.get("state").asString().equals("RUNNING"));
    }
  }

  static Stream<Arguments> rounds() {
    return IntStream.range(0, ROUNDS)
        .mapToObj(
            round ->
                Arguments.of(
                    round,
                    round / FAULTS.size() % 2 == 0 ? Moment.POST_COPY : Moment.STOPPED,
                    FAULTS.get(round % FAULTS.size())));
  }

  @ParameterizedTest(name = "round {0}: {1}, {2}")
  @MethodSource("rounds")
  void theGuestRunsOnceOrIsSaidToBeLost(int round, Moment moment, Fault fault) {
    var copies = RunningCopies.of(LAB, 2, GUEST);
    BrokenMove move;
    try (var api = console().api()) {
      LAB.limitLink(1, SLOW);
      var method = moment == Moment.POST_COPY ? Method.POST_COPY : Method.NOT_LIVE;
      long id = new Fleet(LAB, api).moveOnceHostsAnswer(GUEST, 2, method);
      awaitMoment(moment);
      if (moment == Moment.POST_COPY) {
        assertThat(api.get("/api/v1/migrations/" + id).get("switchedAt").isString())
            .as("the record shows the switch")
            .isTrue();
      }
      move = new BrokenMove(LAB, moment, fault, id, GUEST, 1, 2);
    }
    Await.pause(Duration.ofMillis(new Random(7_919L * round + 1).nextInt(2000)));
    move.strike(console());
    try (var api = console().api()) {
      var state = move.end(api);
      // one that post-copy lost is on neither host now
      if (moment != Moment.POST_COPY || !state.equals("LOST")) {
        move.nothingIsLeft(new Fleet(LAB, api), state);
      }
      int twice = copies.end();
      TALLY.add(new Tally.Round(moment, fault, state, copies.most()));
      assertThat(twice).as("moments with two running copies").isZero();
    }
  }

  private static void awaitMoment(Moment moment) {
    var reason = moment == Moment.POST_COPY ? "paused (post-copy)" : "paused (migrating)";
    Await.until(
        "the source to say " + reason,
        Duration.ofSeconds(60),
        Duration.ofMillis(50),
        () -> LAB.host("virsh", 1, "domstate", GUEST, "--reason"),
        said -> said.contains(reason));
  }

  private static Console console() {
    return Objects.requireNonNull(console);
  }
}
