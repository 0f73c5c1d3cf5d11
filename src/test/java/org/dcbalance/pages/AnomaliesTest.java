package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.units.PoolId;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** What the overview says is wrong, from what the database tells. */
@ConsolePagesTest
class AnomaliesTest extends SimulatedPages {
  private static final Pattern LINE =
      Pattern.compile("<li><span class=\"badge tone-(bad|warn)\">(.*?)</li>", Pattern.DOTALL);

  @Autowired private ServiceAnomalies service;

  @Test
  void aFleetWithoutTroubleIsCalledSoWithItsNumbers() {
    long pool =
        jdbc.sql(
                """
                with pool as (insert into pool (name, paused) values ('calm', true) returning id)
                insert into host (pool_id, name, uri)
                select id, 'calm-01', 'simulated:///calm' from pool returning pool_id
                """)
            .query(Long.class)
            .single();
    try (var viewer = as(Role.VIEWER)) {
      pick(viewer, pool);
      assertThat(pageBeforeTheHostIsAsked(viewer, pool))
          .contains("Nothing is wrong", "0 of 1 host answer, with 0 VMs; no move is lost")
          .contains("no sample has come yet")
          .doesNotContainPattern(LINE);
      pick(viewer, null);
    } finally {
      jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
      jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
    }
  }

  /** The console asks its hosts every few seconds, and finds nothing behind this one's address. */
  private String pageBeforeTheHostIsAsked(SignedIn viewer, long pool) {
    for (int tries = 0; tries < 20; tries++) {
      jdbc.sql("update host set state = 'NEW', state_detail = '' where pool_id = :pool")
          .param("pool", pool)
          .update();
      var page = viewer.page("/");
      var state =
          jdbc.sql("select state from host where pool_id = :pool")
              .param("pool", pool)
              .query(String.class)
              .single();
      if (state.equals("NEW")) {
        return page;
      }
    }
    throw new AssertionError("The host was asked each time.");
  }

  @Test
  void whatIsBadComesBeforeWhatIsToBeWatchedEachWithItsNumbersAndALink() {
    try (var pool = new RecordedPool(jdbc, "wrong-1", 15);
        var viewer = as(Role.VIEWER)) {
      long crashed = vm("wrong-1-vm-4");
      long host = host("wrong-1-1");
      jdbc.sql("update vm set state = 'CRASHED' where id = :id").param("id", crashed).update();
      jdbc.sql("update vm set state = 'PAUSED' where name = 'wrong-1-vm-1'").update();
      outside(pool, vm("wrong-1-vm-2"), "10 min");
      outside(pool, vm("wrong-1-vm-3"), "2 h");
      pick(viewer, pool.id());
      var lines = lines(viewer.page("/"));
      assertThat(lines)
          .extracting(line -> line.group(1))
          .containsExactly("bad", "bad", "bad", "bad", "warn", "warn", "warn");
      assertThat(lines)
          .extracting(line -> text(line.group(2)))
          .satisfiesExactly(
              line -> assertThat(line).startsWith("Unreachable wrong-1-3 does not answer"),
              line -> assertThat(line).startsWith("Unreachable wrong-1-2 does not answer"),
              line -> assertThat(line).startsWith("Unreachable wrong-1-1 does not answer"),
              line -> assertThat(line).startsWith("Crashed wrong-1-vm-4 has crashed on wrong-1-2."),
              line ->
                  assertThat(line)
                      .startsWith(
                          "Overloaded wrong-1-1 has used more than its threshold in each of the last 10 min: 125 % of its CPU on average, threshold 85 %."),
              line ->
                  assertThat(line)
                      .startsWith("Suspended wrong-1-vm-1 is paused on wrong-1-1")
                      .contains("nothing of DCbalance keeps it so"),
              line ->
                  assertThat(line)
                      .startsWith(
                          "Moved outside wrong-1-vm-2 moved to wrong-1-1 outside DCbalance.")
                      .endsWith("10 min ago"));
      assertThat(lines.get(2).group(2)).contains("href=\"/hosts/" + host + "\"");
      assertThat(lines.get(3).group(2)).contains("href=\"/vms/" + crashed + "\"");
      pick(viewer, null);
    }
  }

  @Test
  void movesThatAreLostOrFailedAndVmsThatRunTwiceOrVanishedAreNamed() {
    try (var pool = new RecordedPool(jdbc, "wrong-5", 1);
        var viewer = as(Role.VIEWER)) {
      long lost = move(pool, "wrong-5-vm-1", "LOST", "Both hosts are silent.", null);
      long failed = move(pool, "wrong-5-vm-2", "FAILED", "The link was cut.", "10 min");
      move(pool, "wrong-5-vm-3", "FAILED", "Too long ago.", "2 h");
      jdbc.sql(
              """
              update vm set second_host_id = :host, second_since = now() - interval '5 min'
              where name = 'wrong-5-vm-4'
              """)
          .param("host", host("wrong-5-3"))
          .update();
      jdbc.sql("update vm set gone_since = now() - interval '3 min' where name = 'wrong-5-vm-3'")
          .update();
      pick(viewer, pool.id());
      var lines = lines(viewer.page("/"));
      assertThat(lines)
          .extracting(line -> text(line.group(2)))
          .filteredOn(line -> !line.startsWith("Unreachable"))
          .satisfiesExactly(
              line ->
                  assertThat(line)
                      .startsWith(
                          "Runs twice wrong-5-vm-4 appears to run on wrong-5-2 and on wrong-5-3.")
                      .endsWith("5 min ago"),
              line ->
                  assertThat(line)
                      .startsWith(
                          "Lost The move of wrong-5-vm-1 from wrong-5-1 to wrong-5-2 is lost"),
              line ->
                  assertThat(line)
                      .startsWith(
                          "Vanished wrong-5-vm-3 vanished from wrong-5-1 without DCbalance.")
                      .endsWith("3 min ago"),
              line ->
                  assertThat(line)
                      .startsWith(
                          "Failed The move of wrong-5-vm-2 from wrong-5-1 to wrong-5-2 did not happen: The link was cut.")
                      .endsWith("10 min ago"));
      assertThat(lines)
          .extracting(line -> line.group(2))
          .anyMatch(line -> line.contains("href=\"/migrations/" + lost + "\""))
          .anyMatch(line -> line.contains("href=\"/migrations/" + failed + "\""));
      assertThat(text(viewer.page("/vms/" + vm("wrong-5-vm-4"))))
          .contains("Runs twice wrong-5-vm-4 appears to run on wrong-5-2 and on wrong-5-3.");
      pick(viewer, null);
    }
  }

  @Test
  void aMoveThatWasGivenUpIsNamedAndOneThatAPersonAbortedIsNot() {
    try (var pool = new RecordedPool(jdbc, "wrong-7", 1);
        var viewer = as(Role.VIEWER)) {
      long givenUp = move(pool, "wrong-7-vm-1", "ABORTED", "The copy no longer gains.", "10 min");
      jdbc.sql("update migration set given_up = sentence where id = :id")
          .param("id", givenUp)
          .update();
      move(pool, "wrong-7-vm-2", "ABORTED", "Aborted by amy.", "10 min");
      pick(viewer, pool.id());
      assertThat(lines(viewer.page("/")))
          .extracting(line -> text(line.group(2)))
          .filteredOn(line -> line.startsWith("Failed"))
          .singleElement()
          .asString()
          .startsWith(
              "Failed The move of wrong-7-vm-1 from wrong-7-1 to wrong-7-2 did not happen: The copy no longer gains.");
      pick(viewer, null);
    }
  }

  @Test
  void damagedCheckpointsAndPoolsThatFellBackAreNamed() {
    try (var pool = new RecordedPool(jdbc, "wrong-6", 1);
        var viewer = as(Role.VIEWER)) {
      long damaged =
          jdbc.sql(
                  """
                  insert into checkpoint (vm_id, pool_id, host_id, storage, state, live, why, requested_by,
                    captured_at, sentence)
                  values (:vm, :pool, :host, 'store', 'DAMAGED', true, 'by hand', 'amy', now(),
                    'Its memory is not what was written.') returning id
                  """)
              .param("vm", vm("wrong-6-vm-1"))
              .param("pool", pool.id())
              .param("host", host("wrong-6-1"))
              .query(Long.class)
              .single();
      jdbc.sql(
              """
              insert into fleet_event (pool_id, severity, kind, sentence)
              values (:pool, 'WARN', 'automation-fell-back', 'wrong-6 is back to manual approval.')
              """)
          .param("pool", pool.id())
          .update();
      pick(viewer, pool.id());
      assertThat(lines(viewer.page("/")))
          .extracting(line -> text(line.group(2)))
          .anyMatch(
              line ->
                  line.startsWith(
                      "Damaged Checkpoint %d of wrong-6-vm-1 is damaged: Its memory is not what was written."
                          .formatted(damaged)))
          .anyMatch(line -> line.startsWith("Fell back wrong-6 is back to manual approval."));
      pick(viewer, null);
    }
  }

  private long move(RecordedPool pool, String vm, String state, String why, String ago) {
    return jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, finished_at, sentence)
            values (:pool, :vm, :source, :target, :state, 'SETTLING', 'by hand', 'amy', now(), now(),
              now() - cast(:ago as interval), :sentence)
            returning id
            """)
        .param("pool", pool.id())
        .param("vm", vm(vm))
        .param("source", host(vm.substring(0, 7) + "-1"))
        .param("target", host(vm.substring(0, 7) + "-2"))
        .param("state", state)
        .param("ago", ago)
        .param("sentence", why)
        .query(Long.class)
        .single();
  }

  @Test
  void aPeakIsNotCalledLastingLoad() {
    try (var pool = new RecordedPool(jdbc, "wrong-2", 15);
        var viewer = as(Role.VIEWER)) {
      jdbc.sql(
              "update host_rollup set cpu_cores = 1 where host_id = :host and at = (select max(at) from host_rollup where host_id = :host)")
          .param("host", host("wrong-2-1"))
          .update();
      pick(viewer, pool.id());
      assertThat(viewer.fragment("/?fragment=anomalies"))
          .contains("wrong-2-1 does not answer")
          .doesNotContain("Overloaded");
      pick(viewer, null);
    }
  }

  @Test
  void manyOfAKindAreOneLine() {
    try (var pool = new RecordedPool(jdbc, "wrong-3", 1);
        var viewer = as(Role.VIEWER)) {
      jdbc.sql("update vm set state = 'CRASHED' where name like 'wrong-3-%'").update();
      pick(viewer, pool.id());
      assertThat(lines(viewer.page("/")))
          .extracting(line -> text(line.group(2)))
          .contains(
              "Crashed 4 VMs have crashed: wrong-3-vm-1, wrong-3-vm-2, wrong-3-vm-3 and 1 more.");
      pick(viewer, null);
    }
  }

  @Test
  void hostsThatAnswerAndSendNothingAreStale() {
    try (var pool = new RecordedPool(jdbc, "wrong-4", 1);
        var viewer = as(Role.VIEWER)) {
      pick(viewer, pool.id());
      // the inventory finds out that they do not answer; what is seen in between counts
      Await.until(
          "stale hosts",
          Duration.ofSeconds(20),
          () -> {
            jdbc.sql(
                    "update host set state = 'UP', state_since = now() - interval '1 h' where pool_id = :pool")
                .param("pool", pool.id())
                .update();
            return viewer.page("/");
          },
          page -> page.contains("Collecting is late: all 3 hosts of wrong-4 answer"));
      pick(viewer, null);
    }
  }

  @Test
  void aRoundIsLateWhenTheThirdAfterItIsDue() {
    var now = Instant.now();
    // the second is due after 120 s, and the third after 180 s; a slow machine takes some of them
    assertThat(late(now.minusSeconds(130))).isEmpty();
    assertThat(late(now.minusSeconds(185)))
        .singleElement()
        .satisfies(
            it -> {
              assertThat(it.sentence())
                  .isEqualTo(
                      "The newest round of east-9, round 7, was 3 min ago; one is due every 1 min.");
              assertThat(it.tone()).isEqualTo("warn");
              assertThat(it.href()).isEqualTo("/rounds");
            });
  }

  @Test
  void viewersLearnThatMessagesAreMissedButNotWhere() {
    jdbc.sql(
            """
            with destination as (
              insert into notification_destination (name, kind, url, events, least_severity, created_by)
              values ('Night shift', 'WEBHOOK', 'https://hooks.example.org/x', '{}', 'INFO', 'amy') returning id)
            insert into notification_delivery (destination_id, event_id, event, severity, sentence, path, state,
              attempts, tried_at, outcome)
            select id, gen_random_uuid(), 'HOST_BACK', 'INFO', 'kvm-01 answers again.', '/hosts/1', 'GIVEN_UP', 21,
              now(), 'hooks.example.org did not answer in time.' from destination
            """)
        .update();
    try (var viewer = as(Role.VIEWER);
        var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(text(viewer.page("/")))
          .contains("Notifications: 1 message was given up in 24 h.")
          .doesNotContain("Night shift");
      assertThat(text(administrator.page("/")))
          .contains("Night shift: 1 message was given up in 24 h.");
      assertThat(administrator.page("/"))
          .containsPattern("href=\"/settings/notifications\"[^>]*>Night shift");
      jdbc.sql("update notification_destination set enabled = false where name = 'Night shift'")
          .update();
      assertThat(administrator.page("/")).doesNotContain("Night shift");
    } finally {
      jdbc.sql("delete from notification_destination where name = 'Night shift'").update();
    }
  }

  private List<Anomaly> late(Instant newest) {
    var round =
        new Board.RoundLine(
            7,
            newest,
            "DCbalance",
            Duration.ofMinutes(10),
            "Balanced.",
            null,
            Duration.ofMillis(1),
            newest.plusSeconds(60));
    var board =
        new Board(
            new PoolId(987654),
            "east-9",
            HostPool.Automation.MANUAL,
            false,
            0.15,
            round,
            null,
            null,
            null,
            0,
            0,
            List.of());
    var shell =
        new Shell(
            "overview",
            "light",
            "amy",
            "viewer",
            false,
            false,
            List.of(),
            board.poolId(),
            0,
            0,
            null,
            false,
            false,
            null,
            "/");
    return service.look(new AnomalySource.Fleet(shell, List.of(board), List.of()));
  }

  private void outside(RecordedPool pool, long vm, String ago) {
    jdbc.sql(
            """
            insert into fleet_event (at, pool_id, vm_id, severity, kind, sentence)
            select now() - cast(:ago as interval), :pool, id, 'WARN', 'vm-moved-outside',
              name || ' moved to wrong-1-1 outside DCbalance.' from vm where id = :vm
            """)
        .param("ago", ago)
        .param("pool", pool.id())
        .param("vm", vm)
        .update();
  }

  private static void pick(SignedIn someone, Long pool) {
    someone.send("/preferences", "pool", pool == null ? "" : "" + pool, "back", "/");
  }

  private static List<MatchResult> lines(String page) {
    return LINE.matcher(page).results().toList();
  }

  private static String text(String html) {
    return html.replaceAll("<[^>]*>", " ").replaceAll("[\\s\\u00a0]+", " ").strip();
  }

  private long vm(String name) {
    return jdbc.sql("select id from vm where name = :name")
        .param("name", name)
        .query(Long.class)
        .single();
  }

  private long host(String name) {
    return jdbc.sql("select id from host where name = :name")
        .param("name", name)
        .query(Long.class)
        .single();
  }
}
