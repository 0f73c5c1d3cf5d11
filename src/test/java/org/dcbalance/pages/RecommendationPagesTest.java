package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import java.sql.Types;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.RecordedPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Recommendations, approved and rejected by pages. */
@ConsolePagesTest
class RecommendationPagesTest extends SimulatedPages {
  /** A target that cannot be chosen in the form of a move. */
  private static final String CLOSED_TARGET = "name=\"targetHostId\"[^>]* disabled=\"disabled\"";

  @Test
  void approvingSeveralTellsWhichWereApprovedAndWhyNotTheOthers() {
    try (var operator = as(Role.OPERATOR)) {
      // a round may supersede the newest one before its page is there
      var path =
          Await.until(
              "the page of one that can be approved",
              Duration.ofSeconds(30),
              () -> "/recommendations/" + fleet.newestRecommendation(),
              found -> canBeApproved(operator.page(found)));
      assertThat(operator.fragment(path + "?fragment=state")).contains("Memory to copy");
      approveOneAndAnotherThatIsNone(operator);
      var none = notice(operator.sendAndFollow("/recommendations/approve", "back", "/"));
      assertThat(none).startsWith("bad").contains("No recommendation was selected");
    }
    var migration = fleet.newestMigration();
    try (var viewer = as(Role.VIEWER)) {
      assertThat(viewer.page("/migrations/" + migration))
          .contains("Expected against measured", "Queued");
      assertThat(viewer.fragment("/migrations/" + migration + "?fragment=state"))
          .contains("timeline");
    }
  }

  private static boolean canBeApproved(String page) {
    return Stream.of("Checked just now", "Effect on both hosts", "Approve 1 move")
        .allMatch(page::contains);
  }

  private void approveOneAndAnotherThatIsNone(SignedIn operator) {
    for (int tries = 0; ; tries++) {
      var notice =
          notice(
              operator.sendAndFollow(
                  "/recommendations/approve",
                  "id",
                  "" + fleet.newestRecommendation(),
                  "id",
                  "999999"));
      assertThat(notice).contains("There is no recommendation 999999.");
      if (jdbc.sql("select count(*) from migration").query(Long.class).single() > 0) {
        return;
      }
      assertThat(tries).as(notice).isLessThan(10);
    }
  }

  @Test
  void aRejectionKeepsItsReason() {
    var id = fleet.newestRecommendation();
    try (var operator = as(Role.OPERATOR)) {
      var notice =
          notice(
              operator.sendAndFollow(
                  "/recommendations/reject", "id", "" + id, "reason", "Backup until four"));
      // a round may have overtaken it meanwhile, which is said as plainly
      assertThat(notice).containsAnyOf("Rejected 1 move", "superseded it");
      if (notice.contains("Rejected")) {
        assertThat(operator.page("/recommendations/" + id))
            .contains("Rejected", "Backup until four");
      }
    }
  }

  @Test
  void whatARuleDoesNotPartIsNamedBeforeItIsApprovedAndCountedAfter() {
    try (var recorded = new RecordedPool(jdbc, "pair-" + UUID.randomUUID(), 1);
        var operator = as(Role.OPERATOR)) {
      long pool = pool();
      long round = round(pool);
      long one = proposed(pool, recorded, round, 1, "1 hour");
      long other = proposed(pool, recorded, round, 2, "1 hour");
      var names = vms(one, other);
      together(one, other);
      together(other, one);
      var list = operator.page("/recommendations");
      assertThat(list)
          .contains(
              "data-along=\"" + other + "\"",
              "data-along=\"" + one + "\"",
              "with " + names.getLast() + ", which a rule keeps with it",
              "Approve the moves of " + names.getFirst() + " and " + names.getLast() + " to ",
              "Their memory goes over the network unencrypted.",
              "data-subject=\"the moves of " + names.getFirst() + " and " + names.getLast());
      var page = operator.page("/recommendations/" + one);
      assertThat(page)
          .contains("Approve 2 moves", "with " + names.getLast())
          .doesNotContain("Approve 1 move");
      var effect = operator.fragment("/recommendations?fragment=effect&id=" + one);
      assertThat(effect).contains("4.0 GiB", " · not encrypted");
      var notice =
          notice(
              operator.sendAndFollow(
                  "/recommendations/approve", "id", "" + other, "back", "/migrations"));
      assertThat(notice)
          .startsWith("ok")
          .contains("Approved 2 moves: " + names.getFirst() + " to ", names.getLast() + " to ");
      forget(pool);
    }
  }

  @Test
  void whatIsSelectedSaysHowManyStartAtOnceAndWhatTheOthersWaitFor() {
    try (var recorded = new RecordedPool(jdbc, "caps-" + UUID.randomUUID(), 1);
        var operator = as(Role.OPERATOR)) {
      long pool = pool();
      long round = round(pool);
      // all three leave the same host, which may send two at once
      long one = proposed(pool, recorded, round, 1, "1 hour");
      long two = proposed(pool, recorded, round, 2, "1 hour");
      long three = proposed(pool, recorded, round, 3, "1 hour");
      var effect = "/recommendations?fragment=effect";
      assertThat(operator.fragment(effect + "&id=" + one))
          .contains("starts at once")
          .doesNotContain("queue");
      assertThat(operator.fragment(effect + "&id=" + one + "&id=" + two))
          .contains("all 2 start at once")
          .doesNotContain("queue");
      assertThat(operator.fragment(effect + "&id=" + one + "&id=" + two + "&id=" + three))
          .contains("2 start at once, 1 queues", "which may send 2 guests at once.");
      // a move that waits already is before them; while the database is doubted, nothing takes it
      // up
      jdbc.sql("update installation set doubt = 'It was restored.', doubted_at = now()").update();
      jdbc.sql(
              """
              insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by, created_at, started_at)
              select pool_id, vm_id, source_id, target_id, 'PENDING', 'QUEUED', '', 'amy', now(), null
              from recommendation where id = :id
              """)
          .param("id", three)
          .update();
      assertThat(operator.fragment(effect + "&id=" + one + "&id=" + two))
          .contains("1 starts at once, 1 queues");
      forget(pool);
    } finally {
      jdbc.sql("update installation set doubt = null, doubted_at = null").update();
    }
  }

  @Test
  void aSelectionIsScoredAsIfItsMovesAloneWereMade() {
    try (var recorded = new RecordedPool(jdbc, "alone-" + UUID.randomUUID(), 1);
        var operator = as(Role.OPERATOR)) {
      long round = round(recorded.id());
      jdbc.sql("update round set imbalance = 0.9 where id = :id").param("id", round).update();
      // memory of the hosts: 75 %, 25 % and none
      jdbc.sql(
              "update vm set memory_bytes = 8589934592 where host_id in (select id from host where pool_id = :pool)")
          .param("pool", recorded.id())
          .update();
      long first = proposed(recorded.id(), recorded, round, 1, "1 hour");
      long second = proposed(recorded.id(), recorded, round, 2, "1 hour");
      // to the third host: 50 %, 25 %, 25 %, and with the other one 25 %, 25 %, 50 %
      for (var chosen : List.of("&id=" + second, "&id=" + first + "&id=" + second)) {
        assertThat(scored(operator, recorded, chosen))
            .contains("imbalance 0.16 → 0.06")
            .doesNotContain("0.70", "0.50");
      }
    }
  }

  /** Ask for an effect while the hosts seem to answer, which the console soon finds untrue. */
  private String scored(SignedIn operator, RecordedPool recorded, String chosen) {
    return Await.until(
        "a score of open hosts",
        Duration.ofSeconds(10),
        () -> {
          jdbc.sql(
                  """
                  update host set state = 'UP', last_seen = now(),
                    missing = '{"LIVE_MIGRATION": "so that nobody asks them"}'
                  where pool_id = :pool
                  """)
              .param("pool", recorded.id())
              .update();
          return operator
              .fragment("/recommendations?fragment=effect" + chosen)
              .replaceAll("<[^>]*>", "");
        },
        effect -> !effect.contains("imbalance 0.00"));
  }

  @Test
  void allThatARoundTookAwayStaysForAWhileAndSaysSo() {
    try (var recorded = new RecordedPool(jdbc, "away-" + UUID.randomUUID(), 1);
        var viewer = as(Role.VIEWER)) {
      long pool = pool();
      var ids =
          List.of(1, 2, 3, 4).stream()
              .map(vm -> proposed(pool, recorded, null, vm, "1 h"))
              .toList();
      jdbc.sql(
              """
              update recommendation set state = 'SUPERSEDED', superseded_by_round = 7, decided_at = now()
              where pool_id = :pool
              """)
          .param("pool", pool)
          .update();
      var list = viewer.page("/recommendations");
      ids.forEach(id -> assertThat(list).contains("id=\"recommendation-" + id + "\""));
      assertThat(viewer.page("/recommendations/" + ids.getFirst()))
          .contains("Superseded by round 7")
          .doesNotContain("<h2>Method</h2>", "<h2>Possible targets</h2>");
      forget(pool);
    }
  }

  @Test
  void whatHasExpiredIsRefusedByTheNameOfItsVmAndATimeThatPeopleRead() {
    try (var recorded = new RecordedPool(jdbc, "late-" + UUID.randomUUID(), 1);
        var operator = as(Role.OPERATOR)) {
      long pool = pool();
      long late = proposed(pool, recorded, null, 1, "-1 hour");
      assertThat(notice(operator.sendAndFollow("/recommendations/approve", "id", "" + late)))
          .startsWith("bad")
          .contains("Recommendation " + late + " to move " + vms(late).getFirst() + " cannot be")
          .containsPattern("it expired at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\.");
      forget(pool);
    }
  }

  @Test
  void theMethodIsForeseenAndAHostsMemoryShownWhereThatIsTheReason() {
    try (var recorded = new RecordedPool(jdbc, "ways-" + UUID.randomUUID(), 1);
        var operator = as(Role.OPERATOR)) {
      long pool = pool();
      long one = proposed(pool, recorded, null, 1, "1 hour");
      var page = operator.page("/recommendations/" + one);
      assertThat(page)
          .contains(
              "it is chosen anew when the move starts",
              "data-row=\"" + one + "\"",
              "data-approves=\"Approve the move of ",
              "id=\"reject-dialog\"")
          .doesNotContain("id=\"chart-source-memory\"");
      jdbc.sql(
              """
              update recommendation set effects = jsonb_build_array(jsonb_build_object('host', jsonb_build_object('value', source_id),
                'hostName', 'hot', 'cpuBefore', 0.2, 'cpuAfter', 0.1, 'memoryBefore', 0.97, 'memoryAfter', 0.6))
              where id = :id
              """)
          .param("id", one)
          .update();
      assertThat(operator.page("/recommendations/" + one))
          .contains("id=\"chart-source-memory\"", "id=\"chart-target-memory\"");
      forget(pool);
    }
  }

  @Test
  void howMemoryGoesOverTheNetworkIsSaidBeforeAnApproval() {
    try (var recorded = new RecordedPool(jdbc, "open-" + UUID.randomUUID(), 1);
        var operator = as(Role.OPERATOR)) {
      long pool = pool();
      long one = proposed(pool, recorded, null, 1, "1 hour");
      var path = "/recommendations/" + one;
      assertThat(operator.page(path))
          .contains(
              ">not encrypted</small>",
              "Its memory goes over the network unencrypted.\"",
              "goes unencrypted over the network from ");
      jdbc.sql(
              """
              update vm set move_options = '{"encrypted": true}'
              where id = (select vm_id from recommendation where id = :id)
              """)
          .param("id", one)
          .update();
      assertThat(operator.page(path))
          .contains(">by TLS</small>", "Its memory goes over the network by TLS, or not at all.\"")
          .doesNotContain("unencrypted");
      assertThat(operator.fragment("/recommendations?fragment=effect&id=" + one))
          .contains(" · by TLS");
      forget(pool);
    }
  }

  @Test
  void aPausedPoolIsNotSaidToWaitForSamplesOrToBeWatched() {
    var name = "paused-" + UUID.randomUUID();
    try (var recorded = new RecordedPool(jdbc, name, 1);
        var viewer = as(Role.VIEWER)) {
      assertThat(viewer.page("/recommendations"))
          .as("beside pools that are not, the banner says it alone")
          .contains("Balancing of ")
          .doesNotContain(name + "</span> is paused", "No round of <span>" + name);
      var shown = "?shown=" + recorded.id();
      assertThat(viewer.page("/" + shown))
          .contains(
              ">Paused<",
              " is paused</h1>",
              "It has had no round yet. Nothing is decided until it is resumed.")
          .doesNotContain("being watched", "decision comes after");
      assertThat(viewer.page("/recommendations" + shown))
          .contains(">Paused<", "Nothing is decided until it is resumed.")
          .doesNotContain("decision comes after", "its last round was at");
      round(recorded.id());
      assertThat(viewer.page("/" + shown)).contains("Its last round was at ");
      assertThat(viewer.page("/recommendations" + shown)).contains("its last round was at ");
    }
  }

  @Test
  void whatWaitsInAPausedPoolIsNotOfferedForApproval() {
    try (var recorded = new RecordedPool(jdbc, "still-" + UUID.randomUUID(), 1);
        var operator = as(Role.OPERATOR)) {
      long pool = pool();
      long one = proposed(pool, recorded, null, 1, "1 hour");
      var list = "/recommendations?shown=" + pool;
      assertThat(operator.page(list))
          .contains("id=\"pick-" + one + "\"", "data-selects=\"all\"", "data-approves");
      assertThat(operator.page("/?shown=" + pool)).contains("data-approves");
      assertThat(operator.page("/recommendations/" + one)).contains("Approve 1 move");
      jdbc.sql("update pool set paused = true where id = :pool").param("pool", pool).update();
      assertThat(operator.page(list))
          .contains("id=\"recommendation-" + one + "\"", ">Paused<")
          .doesNotContain("id=\"pick-" + one + "\"", "data-selects=\"all\"", "data-approves");
      assertThat(operator.page("/?shown=" + pool))
          .contains("id=\"waiting-" + one + "\"")
          .doesNotContain("data-approves");
      assertThat(operator.page("/recommendations/" + one))
          .contains("its pool is paused", "Reject…")
          .doesNotContain("Approve 1 move");
      forget(pool);
    }
  }

  @Test
  void theMostUrgentAreListedAndTheOthersCounted() {
    try (var recorded = new RecordedPool(jdbc, "crowd-" + UUID.randomUUID(), 1);
        var viewer = as(Role.VIEWER)) {
      long pool = pool();
      long oldest = proposed(pool, recorded, null, 1, "1 hour");
      assertThat(viewer.page("/recommendations?shown=" + pool)).doesNotContain("most urgent ones");
      jdbc.sql(
              """
              with guest as (
                insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
                select gen_random_uuid(), r.source_id, 'crowd-' || n, 'RUNNING', 1, 1073741824, 1073741824
                from generate_series(1, 201) n, recommendation r where r.id = :like
                returning id, name)
              insert into recommendation (pool_id, vm_id, source_id, target_id, priority, state, why, why_target,
                effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
              select r.pool_id, g.id, r.source_id, r.target_id, 'LOW', 'PROPOSED', r.why, r.why_target, r.effects,
                r.cost, cast(substr(g.name, 7) as int) / 1000.0, 0.4, 0.1, now(), r.expires_at
              from guest g, recommendation r where r.id = :like
              """)
          .param("like", oldest)
          .update();
      var list = viewer.page("/recommendations?shown=" + pool);
      assertThat(list)
          .contains("id=\"recommendation-" + oldest + "\"", ">crowd-201<", ">crowd-3<")
          .contains("These are the most urgent ones; 2 others wait.")
          .doesNotContain(">crowd-1<", ">crowd-2<");
      assertThat(list.indexOf(">crowd-201<")).isLessThan(list.indexOf(">crowd-3<"));
      assertThat(viewer.page("/?shown=" + pool)).contains("All 202 recommendations");
      forget(pool);
    }
  }

  @Test
  void aHostThatARuleForbidsIsNoPossibleTarget() {
    long vm = fleet.vm("ldap-01");
    fleet.host("sim-01");
    long rule =
        jdbc.sql(
                """
                insert into placement_rule (pool_id, name, kind, hard, added_by)
                values (:pool, 'stays', 'OFF', true, 'test') returning id
                """)
            .param("pool", fleet.pool())
            .query(Long.class)
            .single();
    jdbc.sql("insert into placement_rule_vm (rule_id, vm_id) values (:rule, :vm)")
        .param("rule", rule)
        .param("vm", vm)
        .update();
    jdbc.sql(
            """
            insert into placement_rule_host (rule_id, host_id)
            select :rule, h.id from host h join host own on own.pool_id = h.pool_id join vm v on v.host_id = own.id
            where v.id = :vm and h.id <> own.id and h.removed_at is null
            """)
        .param("rule", rule)
        .param("vm", vm)
        .update();
    var forbidden = "stays&quot; forbids it: ldap-01 must never run on these hosts: ";
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(operator.page("/vms/" + vm))
          .contains(forbidden)
          .containsPattern(CLOSED_TARGET)
          .doesNotContain("✓ CPU");
      // whoever may break it on purpose can still choose the host
      assertThat(administrator.page("/vms/" + vm))
          .contains(forbidden)
          .doesNotContainPattern(CLOSED_TARGET);
    } finally {
      jdbc.sql("delete from placement_rule where id = :rule").param("rule", rule).update();
    }
  }

  /** Proposals of a pool that has no hosts: no round confirms or withdraws them meanwhile. */
  private long pool() {
    return jdbc.sql("insert into pool (name) values ('pages ' || gen_random_uuid()) returning id")
        .query(Long.class)
        .single();
  }

  private long round(long pool) {
    return jdbc.sql(
            """
            insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold,
              window_seconds, sentence, requested_by)
            values (:pool, 1, now(), 1, 'DCbalance', 'PROPOSAL', 0.15, 600, '', 'test') returning id
            """)
        .param("pool", pool)
        .query(Long.class)
        .single();
  }

  private long proposed(
      long pool, RecordedPool recorded, @Nullable Long round, int vm, String expires) {
    return jdbc.sql(
            """
            insert into recommendation (pool_id, round_id, vm_id, source_id, target_id, priority, state, why,
              why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at)
            select :pool, :round, v.id, v.host_id, t.id, 'HIGH', 'PROPOSED', 'Its host is hot.', 'There is room.', '[]',
              '{"bytes": 2147483648, "millis": 20000, "downtimeMillis": 300, "converges": true, "pastMoves": 0,
                "measuredDirtyRate": true, "measuredBandwidth": true}', 0.2, 0.4, 0.1, now(),
              now() + cast(:expires as interval)
            from vm v join host t on t.pool_id = :hosts and t.id <> v.host_id
            where v.host_id in (select id from host where pool_id = :hosts) and v.name like '%-vm-' || :vm
            order by t.name desc limit 1 returning id
            """)
        .param("pool", pool)
        .param("round", round, Types.BIGINT)
        .param("hosts", recorded.id())
        .param("vm", vm)
        .param("expires", expires)
        .query(Long.class)
        .single();
  }

  private void together(long one, long other) {
    jdbc.sql(
            """
            update recommendation set together = array[(select vm_id from recommendation where id = :other)]
            where id = :one
            """)
        .param("one", one)
        .param("other", other)
        .update();
  }

  private List<String> vms(Long... ids) {
    return Stream.of(ids)
        .map(
            id ->
                jdbc.sql(
                        "select v.name from recommendation r join vm v on v.id = r.vm_id where r.id = :id")
                    .param("id", id)
                    .query(String.class)
                    .single())
        .toList();
  }

  private void forget(long pool) {
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }
}
