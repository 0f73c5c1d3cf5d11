package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import java.time.Duration;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.migration.Aborts;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.Test;

/** Migrations that ended badly, and what is done about them by pages. */
@ConsolePagesTest
class MigrationPagesTest extends SimulatedPages {
  /** An epoch under which this console drives nothing. */
  private static final long LATER = 1L << 50;

  @Test
  void aMoveThatIsToBeTriedAgainIsShownAndTakenBack() {
    long id = lostMigration();
    jdbc.sql(
            """
            update migration set state = 'FAILED', phase = 'DONE', finished_at = now(),
              sentence = 'It stayed.', most_attempts = 3, passing = 'CONNECTION',
              retry_at = now() + interval '10 minutes', end_by = now() + interval '1 hour',
              allowed_until = now() + interval '30 minutes'
            where id = :id
            """)
        .param("id", id)
        .update();
    var path = "/migrations/" + id;
    try (var viewer = as(Role.VIEWER);
        var operator = as(Role.OPERATOR)) {
      assertThat(viewer.page(path))
          .contains(
              "; next at ",
              "since <span>a host did not answer",
              ", to have ended by ",
              "; allowed until ")
          .doesNotContain("Do not try again");
      assertThat(operator.page("/migrations"))
          .containsPattern(
              "It stayed. It is tried again at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\.");
      assertThat(operator.page(path)).contains("Do not try again");
      var answer = operator.sendAndFollow(path + "/retry/cancel");
      assertThat(notice(answer))
          .startsWith("ok")
          .contains("The move of lost-01 is not tried again.");
      assertThat(answer)
          .contains("It is not tried again, says page-operator.")
          .doesNotContain("; next at ", "Do not try again");
    } finally {
      jdbc.sql("update host set removed_at = now() where name like 'gone-%'").update();
    }
  }

  @Test
  void aLostMigrationIsClosedByAnAdministratorAlone() {
    var id = lostMigration();
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(operator.page("/migrations/" + id)).doesNotContain("/close\"");
      assertThat(
              operator
                  .send("/migrations/" + id + "/close", "runsOn", "neither", "why", "x")
                  .statusCode())
          .isEqualTo(403);
      assertThat(administrator.page("/migrations/" + id))
          .contains("Close by hand…", "id=\"close-dialog\"", "/migrations/" + id + "/close");
      var kept = administrator.sendAndFollow("/hosts/" + fleet.unreachable("gone-2") + "/delete");
      assertThat(notice(kept))
          .startsWith("bad")
          .contains("A migration from or to gone-2 is queued, under way or lost.");
      var refused =
          administrator.sendAndFollow(
              "/migrations/" + id + "/close", "runsOn", "elsewhere", "why", "I saw it");
      assertThat(notice(refused)).startsWith("bad").contains("is not a place where it may run");
      assertThat(refused).contains("value=\"elsewhere\"", "value=\"I saw it\"");
      var closed =
          administrator.sendAndFollow(
              "/migrations/" + id + "/close", "runsOn", "neither", "why", "Its host is gone");
      assertThat(notice(closed)).startsWith("ok").contains("lost-01 may move again");
      assertThat(closed)
          .contains("who states that lost-01 runs on neither host: Its host is gone.")
          .doesNotContain("Close by hand…");
    } finally {
      jdbc.sql("update host set removed_at = now() where name like 'gone-%'").update();
    }
  }

  @Test
  void whatComesWhileThePageIsOpenIsThereWithoutReloading() {
    var id = lostMigration();
    var path = "/migrations/" + id;
    try (var administrator = as(Role.ADMINISTRATOR);
        var viewer = as(Role.VIEWER)) {
      assertThat(viewer.page(path))
          .contains("id=\"migration-charts\"", "fragment=charts")
          .doesNotContain("id=\"chart-remaining\"", "id=\"close-dialog\"");
      assertThat(viewer.fragment(path + "?fragment=charts"))
          .contains("id=\"migration-charts\"")
          .doesNotContain("id=\"chart-remaining\"", "timeline");
      jdbc.sql(
              """
              insert into migration_progress (migration_id, at, iteration, processed_bytes, remaining_bytes,
                dirty_rate, bandwidth) values (:id, now(), 2, 1000, 500, 1, 2)
              """)
          .param("id", id)
          .update();
      assertThat(viewer.fragment(path + "?fragment=charts"))
          .contains("id=\"chart-remaining\"", "id=\"chart-rates\"");
      // it may become lost on screen, and needs its dialog then
      jdbc.sql("update migration set state = 'RUNNING' where id = :id").param("id", id).update();
      assertThat(administrator.page(path)).contains("id=\"close-dialog\"");
    } finally {
      forget(id);
    }
  }

  @Test
  void howLongAGuestWasSilentInAllIsShownWhereAProbeTold() {
    var id = lostMigration();
    try (var viewer = as(Role.VIEWER)) {
      jdbc.sql(
              """
              update migration set guest_downtime_millis = 900,
                guest_probe = 'TCP 10.0.0.7:80 every 10 ms' where id = :id
              """)
          .param("id", id)
          .update();
      assertThat(viewer.page("/migrations/" + id))
          .contains("0.90 s")
          .doesNotContain("Silent in all");
      jdbc.sql("update migration set guest_silent_millis = 1440 where id = :id")
          .param("id", id)
          .update();
      assertThat(viewer.page("/migrations/" + id))
          .contains("0.90 s", "Silent in all, guest saw", "1.44 s", "not how much work it lost");
      assertThat(viewer.page("/api/v1/migrations/" + id))
          .contains("\"guestDowntimeMillis\":900", "\"guestSilentMillis\":1440");
    } finally {
      forget(id);
    }
  }

  @Test
  void whatRemainsIsSaidOfThePassThatItBelongsTo() {
    var id = lostMigration();
    jdbc.sql(
            """
            update migration set progress = jsonb_build_object('at', now(), 'elapsedMillis', 9000,
              'totalBytes', 2147483648, 'processedBytes', 3221225472, 'remainingBytes', 536870912,
              'dirtyRate', 1000, 'bandwidth', 2000, 'iteration', 3)
            where id = :id
            """)
        .param("id", id)
        .update();
    try (var viewer = as(Role.VIEWER)) {
      var row = row(viewer.fragment("/migrations?fragment=active"), id);
      assertThat(row).contains("3.0 GiB", "512 MiB", "in this pass").doesNotContain("gauge");
      assertThat(viewer.page("/migrations/" + id)).contains("<dt>Sent</dt>", "in this pass");
    } finally {
      forget(id);
    }
  }

  @Test
  void whatIsNotToldAnyMoreIsShownWithItsTimeAndWithoutAVerdict() {
    var id = lostMigration();
    try (var viewer = as(Role.VIEWER)) {
      told(id, "RUNNING", Duration.ZERO);
      assertThat(row(viewer.fragment("/migrations?fragment=active"), id))
          .contains("Converging")
          .doesNotContain("as of", "No news");
      told(id, "RUNNING", Duration.ofMinutes(1));
      assertThat(row(viewer.fragment("/migrations?fragment=active"), id))
          .contains("No news")
          .containsPattern("figures as of <time[^>]* datetime=\"\\d{4}-")
          .doesNotContain("Converging");
      told(id, "LOST", Duration.ZERO);
      assertThat(viewer.page("/migrations/" + id))
          .contains("No news")
          .containsPattern("<dt>Figures as of</dt><dd><time[^>]* datetime=\"\\d{4}-")
          .doesNotContain("Converging");
    } finally {
      forget(id);
    }
  }

  /** Have a migration tell the figures of a copy that gains, so long ago. */
  private void told(long id, String state, Duration ago) {
    jdbc.sql(
            """
            update migration set state = :state, epoch = :later, progress = jsonb_build_object(
              'at', now() - make_interval(secs => :ago), 'elapsedMillis', 9000,
              'totalBytes', 2147483648, 'processedBytes', 3221225472, 'remainingBytes', 536870912,
              'dirtyRate', 1000, 'bandwidth', 2000, 'iteration', 3)
            where id = :id
            """)
        .param("state", state)
        .param("later", LATER)
        .param("ago", ago.toSeconds())
        .param("id", id)
        .update();
  }

  @Test
  void noAbortIsOfferedInPostCopyAndThePageSaysWhy() {
    var id = lostMigration();
    var path = "/migrations/" + id;
    try (var operator = as(Role.OPERATOR)) {
      jdbc.sql(
              "update migration set state = 'RUNNING', phase = 'COPYING', epoch = :later where id = :id")
          .param("later", LATER)
          .param("id", id)
          .update();
      assertThat(operator.page(path)).contains("Abort the migration of lost-01?");
      jdbc.sql("update migration set switched_at = now() where id = :id").param("id", id).update();
      assertThat(operator.page(path))
          .contains(Aborts.IN_POST_COPY)
          .doesNotContain("Abort the migration of lost-01?");
      assertThat(row(operator.fragment("/migrations?fragment=active"), id))
          .contains(Aborts.IN_POST_COPY)
          .doesNotContain("Abort the migration of lost-01?");
      // a page that was open before still offers it
      assertThat(notice(operator.sendAndFollow(path + "/abort")))
          .startsWith("bad")
          .contains("Migration " + id + " cannot be aborted. " + Aborts.IN_POST_COPY);
    } finally {
      forget(id);
    }
  }

  @Test
  void figuresAreMissedOnlyOnceTheCopyWasOrderedAndToldOfOnceItHasEnded() {
    var id = lostMigration();
    var path = "/migrations/" + id;
    try (var viewer = as(Role.VIEWER)) {
      phase(id, "CHECKS");
      assertThat(viewer.page(path))
          .contains("told when the move has ended")
          .doesNotContain("no figures from the host so far", "not measured", "not probed");
      phase(id, "COPYING");
      assertThat(viewer.page(path)).contains("no figures from the host so far");
      jdbc.sql(
              """
              update migration set state = 'REFUSED', phase = 'DONE', finished_at = now()
              where id = :id
              """)
          .param("id", id)
          .update();
      assertThat(viewer.page(path))
          .contains("not measured", "not probed")
          .doesNotContain("told when the move has ended", "no probe is set");
    } finally {
      forget(id);
    }
  }

  private void phase(long id, String phase) {
    jdbc.sql(
            """
            update migration set state = 'RUNNING', phase = :phase, epoch = :later where id = :id
            """)
        .param("phase", phase)
        .param("later", LATER)
        .param("id", id)
        .update();
  }

  @Test
  void oneOfAnEvacuationSaysThatItIsTriedAgainAndNotThatItWasTheOnlyAttempt() {
    var id = lostMigration();
    var path = "/migrations/" + id;
    jdbc.sql(
            """
            update migration set state = 'FAILED', phase = 'DONE', finished_at = now(),
              sentence = 'It stayed.', most_attempts = 1
            where id = :id
            """)
        .param("id", id)
        .update();
    // its evacuation would be ended without
    jdbc.sql(
            """
            update host set maintenance = true
            where id = (select source_id from migration where id = :id)
            """)
        .param("id", id)
        .update();
    jdbc.sql(
            """
            with begun as (
              insert into evacuation (host_id, state, guests, started_by, started_at)
              select source_id, 'OPEN', 1, 'ann', now() from migration where id = :id returning id)
            insert into evacuation_move select begun.id, :id from begun
            """)
        .param("id", id)
        .update();
    try (var viewer = as(Role.VIEWER)) {
      assertThat(viewer.page(path))
          .contains("It is tried again, as attempt 2 of 3, since gone-1 is being emptied.")
          .doesNotContain("Attempt <span");
      jdbc.sql(
              """
              update evacuation set state = 'CANCELLED', ended_by = 'ann', ended_at = now()
              where id = (select evacuation_id from evacuation_move where migration_id = :id)
              """)
          .param("id", id)
          .update();
      assertThat(viewer.page(path)).doesNotContain("It is tried again");
    } finally {
      jdbc.sql(
              """
              delete from evacuation
              where host_id = (select source_id from migration where id = :id)
              """)
          .param("id", id)
          .update();
      forget(id);
    }
  }

  private static String row(String page, long id) {
    int from = page.indexOf("id=\"running-" + id + "\"");
    return page.substring(from, page.indexOf("</tr>", from));
  }

  @Test
  void onlyWhatIsStillWhereItWentIsOfferedTheWayBackWithItsCost() {
    var id = lostMigration();
    jdbc.sql(
            """
            update migration set state = 'COMPLETED', phase = 'DONE', finished_at = now(), bytes = 2147483648,
              total_millis = 26000, downtime_millis = 290
            where id = :id
            """)
        .param("id", id)
        .update();
    var path = "/migrations/" + id;
    try (var operator = as(Role.OPERATOR)) {
      // it is on its source again, or was never away
      assertThat(operator.page(path)).contains("Completed").doesNotContain("Migrate back");
      jdbc.sql(
              "update vm set host_id = m.target_id from migration m where m.vm_id = vm.id and m.id = :id")
          .param("id", id)
          .update();
      assertThat(operator.page(path))
          .contains(
              "Migrate back", "The way here copied 2.0 GiB in 26 s and paused it for 0.29 s.");
      jdbc.sql("update host set maintenance = true where name = 'gone-1' and removed_at is null")
          .update();
      assertThat(operator.page(path))
          .contains("It cannot migrate back while gone-1 is in maintenance.")
          .doesNotContain("Migrate back");
      jdbc.sql(
              """
              update migration set with_storage = true, disks =
                '[{"target": "vda", "path": "/srv/vda.qcow2", "capacity": 1, "allocation": 1}]'
              where id = :id
              """)
          .param("id", id)
          .update();
      assertThat(operator.page(path))
          .contains("It cannot migrate back while its old disks lie on gone-1.")
          .doesNotContain("Migrate back");
    } finally {
      forget(id);
    }
  }

  @Test
  void howItEndsIsSaidToThoseWhoDoNotSeeIt() {
    var id = lostMigration();
    var status =
        Pattern.compile("<span role=\"status\" id=\"migration-status\".*?</p>", Pattern.DOTALL);
    try (var viewer = as(Role.VIEWER)) {
      var lost = status.matcher(viewer.page("/migrations/" + id));
      assertThat(lost.find()).isTrue();
      assertThat(lost.group()).contains("Lost");
      forget(id);
      var failed = status.matcher(viewer.fragment("/migrations/" + id + "?fragment=state"));
      assertThat(failed.find()).isTrue();
      assertThat(failed.group()).contains("Failed");
    } finally {
      forget(id);
    }
  }

  private void forget(long id) {
    jdbc.sql(
            """
            update migration set state = 'FAILED', finished_at = coalesce(finished_at, now())
            where id = :id and state in ('RUNNING', 'LOST')
            """)
        .param("id", id)
        .update();
    jdbc.sql("update host set removed_at = now() where name like 'gone-%'").update();
  }

  private long lostMigration() {
    var hosts =
        jdbc.sql(
                """
                insert into host (pool_id, name, uri)
                select id, 'gone-' || n, 'simulated:///gone-' || n
                from pool, generate_series(1, 2) n where name = 'default' returning id
                """)
            .query(Long.class)
            .list();
    var vm =
        jdbc.sql(
                """
                insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
                values (gen_random_uuid(), :host, 'lost-01', 'RUNNING', 1, 1, 1) returning id
                """)
            .param("host", hosts.getFirst())
            .query(Long.class)
            .single();
    return jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why,
              requested_by, created_at, started_at, mark)
            values (:pool, :vm, :source, :target, 'LOST', 'SETTLING', 'a test', 'ann', now(), now(), '')
            returning id
            """)
        .param("pool", fleet.pool())
        .param("vm", vm)
        .param("source", hosts.getFirst())
        .param("target", hosts.getLast())
        .query(Long.class)
        .single();
  }
}
