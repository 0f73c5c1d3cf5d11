package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Rounds of the simulated pool that are decided again. */
@ConsolePagesTest
class RoundReplayTest extends SimulatedPages {
  @Test
  void aRoundDecidedAgainByTheSameLimitsComesToTheSame() {
    // the next round takes over what it confirms, and nothing of this one may be left by then
    var found =
        Await.until(
            "a round and what it proposed",
            Duration.ofSeconds(30),
            () -> {
              long newest = proposing();
              return Map.entry(newest, proposedBy(newest));
            },
            each -> !each.getValue().isEmpty());
    long round = found.getKey();
    var proposed = found.getValue();
    var after =
        jdbc.sql("select imbalance_after from round where id = :round")
            .param("round", round)
            .query(Double.class)
            .single();
    try (var viewer = as(Role.VIEWER)) {
      var answer = json(viewer, "/api/v1/rounds/" + round + "/replay");
      assertThat(answer.get("alike").asBoolean()).isTrue();
      assertThat(answer.get("outcome").asString()).isEqualTo("PROPOSAL");
      assertThat(answer.get("imbalanceAfter").asDouble()).isEqualTo(after);
      var moves =
          answer
              .get("moves")
              .valueStream()
              .map(move -> move.get("vm").asString() + " to " + move.get("target").asString())
              .sorted()
              .toList();
      assertThat(moves).containsAll(proposed);
      assertThat(viewer.page("/rounds/" + round + "/replay"))
          .contains(
              "Strategy and limits are the round", "Moves it would propose (" + moves.size() + ")");
    }
  }

  @Test
  void theFormSentAsItIsShownChangesNothing() {
    long round = proposing();
    jdbc.sql(
            """
            update round_input set decided_by = jsonb_set(decided_by, '{limits,maxTransfer,bytes}', '1610612736')
            where round_id = :round
            """)
        .param("round", round)
        .update();
    try (var viewer = as(Role.VIEWER)) {
      var page = viewer.page("/rounds/" + round);
      assertThat(page).containsPattern("name=\"maxTransferGib\"[^>]*value=\"1\"");
      var query =
          Pattern.compile("type=\"number\" name=\"(\\w+)\"[^>]*value=\"([^\"]*)\"")
              .matcher(page)
              .results()
              .map(field -> field.group(1) + "=" + field.group(2))
              .collect(Collectors.joining("&"));
      assertThat(query).contains("cpuPercent=", "maxMoves=");
      assertThat(viewer.page("/rounds/" + round + "/replay?strategy=DCBALANCE&" + query))
          .contains("Strategy and limits are the round");
    }
  }

  @Test
  void otherLimitsAndStrategiesDecideOtherwiseAndChangeNothing() {
    long round = proposing();
    var api = "/api/v1/rounds/" + round + "/replay";
    var before = open();
    try (var viewer = as(Role.VIEWER)) {
      var wide =
          json(viewer, api + "?imbalanceThreshold=1&cpuThreshold=1&memoryThreshold=1&maxMoves=1");
      assertThat(wide.get("alike").asBoolean()).isFalse();
      assertThat(wide.get("outcome").asString()).isEqualTo("BALANCED");
      assertThat(wide.get("moves").size()).isZero();
      var patient = json(viewer, api + "?holdRounds=1000");
      assertThat(patient.get("outcome").asString()).isEqualTo("HOLDING");
      assertThat(patient.get("sentence").asString()).contains("of 1000 rounds");
      assertThat(json(viewer, api + "?strategy=OSVD").get("strategy").asString()).isEqualTo("OSVD");
      assertThat(json(viewer, api + "?strategy=NONE").get("moves").size()).isZero();
      assertThat(json(viewer, api + "?maxMoves=1").get("moves").size())
          .as("moves under way count, too")
          .isLessThanOrEqualTo(1);
      var page =
          viewer.page("/rounds/" + round + "/replay?imbalance=1&cpuPercent=100&memoryPercent=100");
      assertThat(page)
          .contains("This round", "Decided again", "Moves it would propose (0)")
          .containsPattern("name=\"imbalance\"[^>]*value=\"1\"");
    }
    // what was approved before may end meanwhile
    assertThat(before).containsAll(open());
    assertThat(
            // others may ask for rounds, and tests of pages do
            jdbc.sql("select count(*) from round where requested_by = 'page-viewer'")
                .query(Long.class)
                .single())
        .as("rounds that a replay recorded")
        .isZero();
  }

  @Test
  void whatCannotBeIsRefusedAndSaid() {
    long round = proposing();
    try (var viewer = as(Role.VIEWER)) {
      var refused = viewer.get("/api/v1/rounds/" + round + "/replay?cpuThreshold=7");
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("A CPU threshold of 700 % makes no sense.");
      assertThat(viewer.get("/api/v1/rounds/" + round + "/replay?holdRounds=0").body())
          .contains("The hold lies between 1 and 1000 rounds");
      assertThat(viewer.get("/api/v1/rounds/" + round + "/replay?maxMoves=51").body())
          .contains("A replay looks for 50 moves at most, and not for 51.");
      assertThat(viewer.page("/rounds/" + round + "/replay?cpuPercent=1E-500000000"))
          .contains("Not decided", "The CPU threshold is no number that can be.");
      assertThat(viewer.get("/api/v1/rounds/987654321/replay").statusCode()).isEqualTo(404);
      assertThat(viewer.page("/rounds/" + round + "/replay?cpuPercent=700"))
          .contains("Not decided", "A CPU threshold of 700 % makes no sense.")
          .containsPattern("name=\"cpuPercent\"[^>]*value=\"700\"");
      // put back, since no other round may have proposed anything that tests look for
      jdbc.sql("create table kept_input as select * from round_input where round_id = " + round)
          .update();
      jdbc.sql("delete from round_input where round_id = :round").param("round", round).update();
      try {
        var gone = viewer.get("/api/v1/rounds/" + round + "/replay");
        assertThat(gone.statusCode()).isEqualTo(422);
        assertThat(gone.body()).contains("decided on is not kept", "keep-inputs");
        assertThat(viewer.page("/rounds/" + round))
            .contains("not kept: that is dropped after 1 d,");
      } finally {
        jdbc.sql("insert into round_input select * from kept_input").update();
        jdbc.sql("drop table kept_input").update();
      }
    }
  }

  @Test
  void oneRoundIsToldAsInTheList() {
    long round = proposing();
    try (var viewer = as(Role.VIEWER)) {
      var one = json(viewer, "/api/v1/rounds/" + round);
      assertThat(one.get("id").asLong()).isEqualTo(round);
      assertThat(one.get("outcome").asString()).isEqualTo("PROPOSAL");
      assertThat(json(viewer, "/api/v1/rounds?limit=1&after=" + (round + 1)).get("items").get(0))
          .isEqualTo(one);
      var missing = viewer.get("/api/v1/rounds/987654321");
      assertThat(missing.statusCode()).isEqualTo(404);
      assertThat(missing.body()).contains("There is no round 987654321.");
    }
  }

  private static JsonNode json(SignedIn someone, String path) {
    var answer = someone.get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new JsonMapper().readTree(answer.body());
  }

  private List<String> open() {
    return jdbc.sql(
            "select id || ' ' || state from recommendation where state = 'APPROVED' order by id")
        .query(String.class)
        .list();
  }

  private List<String> proposedBy(long round) {
    return jdbc.sql(
            """
            select v.name || ' to ' || t.name from recommendation c join vm v on v.id = c.vm_id
            join host t on t.id = c.target_id where c.round_id = :round order by 1
            """)
        .param("round", round)
        .query(String.class)
        .list();
  }

  /** Find a round that proposed something and knows what it decided on. */
  private long proposing() {
    fleet.newestRecommendation();
    return Await.until(
        "a round that proposed something",
        Duration.ofSeconds(30),
        () ->
            jdbc.sql(
                    """
                    select r.id from round r join round_input i on i.round_id = r.id
                    join pool p on p.id = r.pool_id and p.simulated
                    where r.outcome = 'PROPOSAL' and r.came_from like 'Computed.%'
                      and exists (select from recommendation c where c.round_id = r.id)
                    order by r.id desc limit 1
                    """)
                .query(Long.class)
                .optional()
                .orElse(null),
        _ -> true);
  }
}
