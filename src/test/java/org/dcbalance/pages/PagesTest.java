package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;

/** The pages with the simulated pool behind them, over HTTP, as each role sees them. */
@ConsolePagesTest
class PagesTest {
  private static final Pattern NOTICE =
      Pattern.compile(
          "<div class=\"banner (ok|warn|bad)\" role=\"status\">(.*?)</div>", Pattern.DOTALL);

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private PasswordEncoder encoder;

  @ParameterizedTest
  @EnumSource(Role.class)
  void everyPageOpensForEveryRole(Role role) {
    var vm = vm("web-01");
    var host = host("sim-01");
    var pool = pool();
    try (var someone = as(role)) {
      for (var path :
          List.of(
              "/",
              "/recommendations",
              "/migrations",
              "/hosts",
              "/hosts/" + host,
              "/vms",
              "/vms?q=web&sort=name",
              "/vms/" + vm,
              "/vms/" + vm + "?range=6h&target=" + host,
              "/pools",
              "/pools/" + pool,
              "/settings/strategy?pool=" + pool,
              "/reports/strategies?pool=" + pool,
              "/search?q=sim")) {
        assertThat(someone.page(path)).as(path).contains("</html>", "page-" + role.word());
      }
      for (var path :
          List.of(
              "/?fragment=nav&page=hosts",
              "/?fragment=newest",
              "/?fragment=now",
              "/?fragment=hosts",
              "/?fragment=running",
              "/?fragment=past",
              "/recommendations?fragment=table",
              "/recommendations?fragment=effect",
              "/migrations?fragment=active",
              "/migrations?fragment=finished",
              "/hosts?fragment=table",
              "/hosts/" + host + "?fragment=state",
              "/hosts/" + host + "?fragment=vms",
              "/vms?fragment=table",
              "/vms/" + vm + "?fragment=state",
              "/vms/" + vm + "?fragment=moves",
              "/hosts/" + host + "?fragment=moves",
              "/pools/" + pool + "?fragment=hosts")) {
        someone.fragment(path);
      }
    }
  }

  @Test
  void theListsShowTheSimulatedPool() {
    try (var viewer = as(Role.VIEWER)) {
      assertThat(viewer.page("/hosts")).contains("sim-01", "sim-04", "16 cores, 64.0 GiB");
      assertThat(viewer.page("/vms")).contains("web-01", "db-01");
      assertThat(viewer.page("/search?q=web-")).contains("web-01", "web-02");
      assertThat(viewer.get("/search?q=sim-03").headers().firstValue("Location"))
          .hasValueSatisfying(to -> assertThat(to).endsWith("/hosts/" + host("sim-03")));
    }
  }

  @Test
  void aLongListOfVmsComesInPages() {
    // of a host that nobody reads any more, and so are they as they were
    jdbc.sql(
            """
            with host as (
              insert into host (pool_id, name, uri, removed_at)
              values (:pool, 'paged', 'simulated:///paged', now()) returning id)
            insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
            select gen_random_uuid(), host.id, 'paged-' || to_char(n, 'fm000'), 'SHUT_OFF', 1, 1, 1
            from host, generate_series(1, 120) n
            """)
        .param("pool", pool())
        .update();
    try (var viewer = as(Role.VIEWER)) {
      var first = viewer.page("/vms?q=paged&sort=name");
      assertThat(first)
          .contains("paged-001", "paged-100", "1–100 of 120", "page=2")
          .doesNotContain("paged-101", "rel=\"prev\"");
      var second = viewer.page("/vms?q=paged&sort=name&page=2");
      assertThat(second)
          .contains("paged-101", "paged-120", "101–120 of 120", "page=1")
          .doesNotContain("paged-100", "rel=\"next\"");
    } finally {
      jdbc.sql("delete from vm where name like 'paged-%'").update();
    }
  }

  @Test
  void aPoolOfWhichNoHostIsOpenIsNotCalledBalanced() {
    long pool =
        jdbc.sql(
                """
                with pool as (insert into pool (name) values ('resting') returning id)
                insert into host (pool_id, name, uri, maintenance)
                select id, 'resting-01', 'simulated:///resting', true from pool returning pool_id
                """)
            .query(Long.class)
            .single();
    try (var operator = as(Role.OPERATOR)) {
      operator.send("/rounds", "back", "/");
      assertThat(operator.page("/recommendations?pool=" + pool))
          .contains("Nothing is decided: no host of it both answers and is out of maintenance.")
          .doesNotContain("Balanced (");
      assertThat(
              jdbc.sql("select count(*) from round where pool_id = :pool and imbalance is not null")
                  .param("pool", pool)
                  .query(Long.class)
                  .single())
          .as("rounds that claim an imbalance")
          .isZero();
    } finally {
      jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
      jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
    }
  }

  @Test
  void viewersSeeNoFormThatChangesAnything() {
    var host = host("sim-01");
    try (var viewer = as(Role.VIEWER)) {
      for (var path :
          List.of(
              "/",
              "/recommendations",
              "/migrations",
              "/hosts/" + host,
              "/vms/" + vm("web-01"),
              "/pools",
              "/pools/" + pool(),
              "/settings/strategy?pool=" + pool())) {
        var forms =
            Pattern.compile("<form[^>]*method=\"post\"[^>]*>").matcher(viewer.page(path)).results();
        assertThat(forms.map(form -> form.group().replaceAll(".*action=\"([^\"]*)\".*", "$1")))
            .as(path)
            .containsOnly("/preferences", "/logout");
      }
      assertThat(viewer.send("/hosts/" + host + "/maintenance", "on", "true").statusCode())
          .isEqualTo(403);
    }
  }

  @Test
  void onlyAdministratorsSeeHowHostsAreReached() {
    var path = "/hosts/" + host("sim-02");
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(operator.page(path))
          .contains("sim-02", "Enter maintenance")
          .doesNotContain("simulated:///");
      assertThat(administrator.page(path)).contains("simulated:///sim-02");
      assertThat(administrator.get(path + "/edit").body())
          .contains("sim-02 is simulated: it has no connection to set.");
      assertThat(operator.get("/hosts/new").statusCode()).isEqualTo(403);
      assertThat(administrator.page("/hosts/new")).contains("Add the host");
    }
  }

  @Test
  void aRefusedHostComesBackWithWhatWasTyped() {
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var forbidden =
          administrator.send(
              "/hosts",
              "name",
              "kvm-09",
              "uri",
              "qemu+ext://kvm-09/system?command=/bin/true",
              "peerUri",
              "",
              "poolId",
              "1",
              "action",
              "save");
      assertThat(forbidden.statusCode()).isBetween(400, 499);
      assertThat(forbidden.body())
          .contains("value=\"kvm-09\"", "value=\"qemu+ext://kvm-09/system?command=/bin/true\"")
          .containsPattern("name=\"uri\"[^>]*aria-invalid=\"true\"");
      var taken =
          administrator.send(
              "/hosts",
              "name",
              "sim-01",
              "uri",
              "qemu+tcp://127.0.0.1:9/system",
              "poolId",
              "1",
              "action",
              "test");
      assertThat(taken.body())
          .contains("The inventory already has a host with the name sim-01", "Not reached")
          .containsPattern("name=\"name\"[^>]*aria-invalid=\"true\"");
      var misnamed =
          administrator.send(
              "/hosts", "name", "-", "uri", "qemu+tcp://127.0.0.1:9/system", "action", "save");
      assertThat(misnamed.body()).contains("value=\"-\"").contains("aria-invalid=\"true\"");
    }
  }

  @Test
  void approvingSeveralTellsWhichWereApprovedAndWhyNotTheOthers() {
    try (var operator = as(Role.OPERATOR)) {
      var id = waitForRecommendation();
      var page = operator.page("/recommendations/" + id);
      assertThat(page).contains("Checked just now", "Effect on both hosts", "Approve 1 move");
      assertThat(operator.fragment("/recommendations/" + id + "?fragment=state"))
          .contains("Memory to copy");
      approveOneAndANotherThatIsNone(operator);
      var none = notice(operator.sendAndFollow("/recommendations/approve", "back", "/"));
      assertThat(none).startsWith("bad").contains("No recommendation was selected");
    }
    var migration = waitForMigration();
    try (var viewer = as(Role.VIEWER)) {
      assertThat(viewer.page("/migrations/" + migration))
          .contains("Expected against measured", "Queued");
      assertThat(viewer.fragment("/migrations/" + migration + "?fragment=state"))
          .contains("timeline");
    }
  }

  /** Rounds go on meanwhile: what is superseded just then is refused, and the next one is taken. */
  private void approveOneAndANotherThatIsNone(SignedIn operator) {
    for (int tries = 0; ; tries++) {
      var notice =
          notice(
              operator.sendAndFollow(
                  "/recommendations/approve", "id", "" + waitForRecommendation(), "id", "999999"));
      assertThat(notice).contains("There is no recommendation 999999.");
      if (jdbc.sql("select count(*) from migration").query(Long.class).single() > 0) {
        return;
      }
      assertThat(tries).as(notice).isLessThan(10);
    }
  }

  @Test
  void aRejectionKeepsItsReason() {
    var id = waitForRecommendation();
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
  void whatAnOperatorWishesForAVmIsShown() {
    var path = "/vms/" + vm("dns-01");
    try (var operator = as(Role.OPERATOR)) {
      assertThat(
              operator.sendAndFollow(
                  path + "/never-move", "neverMove", "true", "note", "Bound to its clock"))
          .contains("Never moved", "Bound to its clock");
      assertThat(operator.sendAndFollow(path + "/never-move", "neverMove", "false"))
          .contains("Can move")
          .doesNotContain("Bound to its clock");
      var refused =
          operator.sendAndFollow(
              path + "/probe", "kind", "TCP", "address", "192.0.2.9", "port", "x");
      assertThat(notice(refused)).startsWith("bad").contains("is not a port");
      assertThat(refused).contains("value=\"192.0.2.9\"");
      assertThat(
              operator.sendAndFollow(
                  path + "/probe", "kind", "TCP", "address", "192.0.2.9", "port", "80"))
          .contains("is probed at 192.0.2.9 by TCP, port 80");
      assertThat(operator.sendAndFollow(path + "/probe", "kind", "NONE"))
          .contains("is not probed any more");
    }
  }

  @Test
  void aMoveByHandThatCannotBeIsRefusedWithTheReason() {
    var path = "/vms/" + vm("db-01");
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page(path)).contains("Why it cannot move", "passed-through device");
      var answer =
          operator.sendAndFollow(path + "/migrations", "targetHostId", "" + host("sim-03"));
      assertThat(notice(answer)).startsWith("bad").contains("db-01 is tied to its host");
    }
  }

  @Test
  void aMoveByHandThatBreaksARuleIsRefusedUnlessAnAdministratorInsists() {
    long vm = vm("web-03");
    long home =
        jdbc.sql("select host_id from vm where id = :vm")
            .param("vm", vm)
            .query(Long.class)
            .single();
    long elsewhere = host(home == host("sim-04") ? "sim-03" : "sim-04");
    var path = "/vms/" + vm + "/migrations";
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      administrator.send(
          "/pools/" + pool() + "/rules",
          "name",
          "stays-home",
          "kind",
          "ON",
          "vms",
          "web-03",
          "hosts",
          jdbc.sql("select name from host where id = :home")
              .param("home", home)
              .query(String.class)
              .single());
      assertThat(operator.page("/vms/" + vm + "?target=" + elsewhere))
          .contains(
              "It would break the rule &quot;stays-home&quot;: web-03 must run on these hosts alone")
          .doesNotContain("Even against placement rules");
      assertThat(notice(operator.sendAndFollow(path, "targetHostId", "" + elsewhere)))
          .startsWith("bad")
          .contains("It would break the rule &quot;stays-home&quot;");
      assertThat(
              notice(
                  operator.sendAndFollow(
                      path, "targetHostId", "" + elsewhere, "breakRules", "true")))
          .contains("Only administrators may break placement rules.");
      assertThat(administrator.page("/vms/" + vm)).contains("Even against placement rules");
      // a paused pool moves nothing, but it is not the rule any more that stands in the way
      administrator.send("/pools/" + pool() + "/pause", "paused", "true");
      assertThat(
              notice(
                  administrator.sendAndFollow(
                      path, "targetHostId", "" + elsewhere, "breakRules", "true")))
          .contains("is paused: nothing is moved.")
          .doesNotContain("stays-home");
    } finally {
      jdbc.sql("update pool set paused = false where id = :pool").param("pool", pool()).update();
      jdbc.sql("delete from placement_rule where name = 'stays-home'").update();
    }
  }

  @Test
  void aMoveThatIsToBeTriedAgainIsShownAndTakenBack() {
    long id = lostMigration();
    jdbc.sql(
            """
            update migration set state = 'FAILED', phase = 'DONE', finished_at = now(),
              sentence = 'It stayed.', most_attempts = 3, passing = 'CONNECTION',
              retry_at = now() + interval '10 minutes', end_by = now() + interval '1 hour'
            where id = :id
            """)
        .param("id", id)
        .update();
    var path = "/migrations/" + id;
    try (var viewer = as(Role.VIEWER);
        var operator = as(Role.OPERATOR)) {
      assertThat(viewer.page(path))
          .contains("; next at ", "since <span>a host did not answer", ", to have ended by ")
          .doesNotContain("Do not try again");
      assertThat(operator.page("/migrations")).contains("It stayed. It is tried again at ");
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
  void aDiskThatOtherHostsDoNotReachIsCopiedOnAnOperatorsWordAlone() {
    var path = "/vms/" + vm("backup-01");
    long target = host("sim-03");
    try (var operator = as(Role.OPERATOR)) {
      assertThat(operator.page(path)).contains("Copy its disks, too", "withStorage=true");
      assertThat(operator.page("/vms/" + vm("web-01"))).doesNotContain("Copy its disks, too");
      assertThat(operator.page(path + "?target=" + target + "&withStorage=true"))
          .contains("The disks of backup-01 cannot be copied with it, since sim-02 cannot");
      var plain = operator.sendAndFollow(path + "/migrations", "targetHostId", "" + target);
      assertThat(notice(plain)).startsWith("bad").contains("not on storage marked as shared");
      var along =
          operator.sendAndFollow(
              path + "/migrations", "targetHostId", "" + target, "withStorage", "true");
      assertThat(notice(along)).startsWith("bad").contains("cannot be copied with it");
      var late =
          operator.sendAndFollow(
              path + "/migrations", "targetHostId", "" + target, "endWithinMinutes", "soon");
      assertThat(notice(late)).contains("is no number of minutes");
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
  void aDoubtedDatabaseIsSaidOnEveryPageAndConfirmedByAnAdministrator() {
    var vm = vm("web-02");
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(operator.page("/hosts")).doesNotContain("Only observing");
      jdbc.sql("update installation set doubt = 'It was restored.', doubted_at = now()").update();
      for (var path : List.of("/", "/hosts", "/migrations", "/vms/" + vm)) {
        assertThat(operator.page(path))
            .as(path)
            .contains("Only observing", "It was restored.")
            .doesNotContain("Confirm this database");
      }
      var refused =
          operator.sendAndFollow("/vms/" + vm + "/migrations", "targetHostId", "" + host("sim-04"));
      assertThat(notice(refused))
          .startsWith("bad")
          .contains("Nothing is moved until an administrator confirms it.");
      assertThat(operator.send("/settings/installation/confirm").statusCode()).isEqualTo(403);
      var confirmed = administrator.page("/hosts");
      assertThat(confirmed).contains("Confirm this database");
      confirmed = administrator.sendAndFollow("/settings/installation/confirm", "back", "/hosts");
      assertThat(notice(confirmed)).startsWith("ok").contains("This database was confirmed");
      assertThat(confirmed).doesNotContain("Only observing");
      assertThat(notice(administrator.sendAndFollow("/settings/installation/confirm")))
          .startsWith("bad")
          .contains("Nothing is to be confirmed");
    } finally {
      jdbc.sql("update installation set doubt = null, doubted_at = null").update();
    }
  }

  /** Record a move between two hosts that do not answer. */
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
        .param("pool", pool())
        .param("vm", vm)
        .param("source", hosts.getFirst())
        .param("target", hosts.getLast())
        .query(Long.class)
        .single();
  }

  @Test
  void poolsTakeStoragesAndRefuseWhatIsNone() {
    var path =
        "/pools/"
            + jdbc.sql("select id from pool where name = 'default'").query(Long.class).single();
    try (var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(administrator.sendAndFollow(path + "/storages", "path", "relative/path"))
          .contains("is not an absolute path", "value=\"relative/path\"");
      assertThat(administrator.sendAndFollow(path + "/storages", "path", "/srv/pages-test"))
          .contains("/srv/pages-test is marked as shared");
      assertThat(administrator.sendAndFollow(path + "/storages/delete", "path", "/srv/pages-test"))
          .contains("None is marked");
      var taken = administrator.send("/pools", "name", "default");
      assertThat(taken.statusCode()).isEqualTo(409);
      assertThat(taken.body())
          .contains("There is a pool named default already.", "value=\"default\"");
    }
  }

  @Test
  void aPoolsRulesAreAddedNamedAndRemovedOnPages() {
    long one = vm("web-01");
    var path = "/pools/" + pool();
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var page =
          administrator.sendAndFollow(
              path + "/rules",
              "name",
              "web-apart",
              "kind",
              "APART",
              "hard",
              "false",
              "vms",
              "web-01, web-02");
      assertThat(page)
          .contains(
              "The rule web-apart holds from the next round on.", "should stay on different hosts");
      assertThat(administrator.page("/vms/" + one)).contains("web-apart", "/vms/" + vm("web-02"));
      assertThat(
              administrator.sendAndFollow(
                  path + "/rules", "name", "x", "kind", "ON", "vms", "web-01"))
          .contains("needs at least one host");
      assertThat(
              administrator.sendAndFollow(
                  path + "/rules",
                  "name",
                  "typed-once",
                  "kind",
                  "OFF",
                  "hard",
                  "false",
                  "vms",
                  "web-01, web-1",
                  "hosts",
                  "sim-01"))
          .contains("There is no virtual machine of this pool named &quot;web-1&quot;.")
          .contains("value=\"typed-once\"", "value=\"web-01, web-1\"", "value=\"sim-01\"")
          .containsPattern("value=\"OFF\" selected")
          .containsPattern("value=\"false\" selected");
      long rule =
          jdbc.sql("select id from placement_rule where name = 'web-apart'")
              .query(Long.class)
              .single();
      assertThat(administrator.sendAndFollow(path + "/rules/" + rule + "/delete"))
          .contains("The rule is removed.")
          .doesNotContain("web-apart</th>");
    }
    try (var viewer = as(Role.VIEWER)) {
      assertThat(viewer.send(path + "/rules", "name", "x", "kind", "ON").statusCode())
          .isEqualTo(403);
    }
  }

  @Test
  void preferencesAreKeptAndNobodyIsSentElsewhere() {
    try (var viewer = as(Role.VIEWER)) {
      var answer =
          viewer.send(
              "/preferences", "theme", "dark", "pool", "" + pool(), "back", "/vms?sort=name");
      assertThat(answer.headers().firstValue("Location"))
          .hasValueSatisfying(to -> assertThat(to).endsWith("/vms?sort=name"));
      assertThat(viewer.page("/vms"))
          .contains("data-theme=\"dark\"")
          .containsPattern("value=\"" + pool() + "\"[^>]*selected");
      var away = viewer.send("/preferences", "theme", "light", "back", "//elsewhere.example/");
      assertThat(away.headers().firstValue("Location"))
          .hasValueSatisfying(to -> assertThat(to).doesNotContain("elsewhere"));
      assertThat(viewer.page("/")).contains("data-theme=\"light\"");
      viewer.send("/preferences", "pool", "", "back", "/");
    }
  }

  @Test
  void whatIsNotThereIsSaidSo() {
    try (var viewer = as(Role.VIEWER)) {
      for (var path :
          List.of(
              "/hosts/999999",
              "/vms/999999",
              "/pools/999999",
              "/migrations/999999",
              "/recommendations/999999")) {
        var answer = viewer.get(path);
        assertThat(answer.statusCode()).as(path).isEqualTo(404);
        assertThat(answer.body()).as(path).contains("There is no ");
      }
      assertThat(viewer.get("/hosts/x").statusCode()).isEqualTo(400);
    }
    try (var nobody = new Browser(port)) {
      assertThat(nobody.get("/hosts?fragment=table", "HX-Request", "true").statusCode())
          .isEqualTo(401);
    }
  }

  private SignedIn as(Role role) {
    return SignedIn.as(role, port, jdbc, encoder);
  }

  private static String notice(String page) {
    var found = NOTICE.matcher(page);
    assertThat(found.find()).as("There is a notice on the page.").isTrue();
    return found.group(1)
        + ": "
        + found.group(2).replaceAll("<[^>]*>", " ").replaceAll("\\s+", " ");
  }

  private long waitForRecommendation() {
    return waitFor(
        """
        select r.id from recommendation r join pool p on p.id = r.pool_id
        where r.state = 'PROPOSED' and p.simulated order by r.id desc limit 1
        """);
  }

  private long waitForMigration() {
    return waitFor("select id from migration order by id desc limit 1");
  }

  private long vm(String name) {
    return waitFor("select id from vm where name = '" + name + "'");
  }

  private long host(String name) {
    return waitFor(
        "select id from host where removed_at is null and memory_bytes > 0 and name = '"
            + name
            + "'");
  }

  private long pool() {
    return waitFor("select id from pool where simulated");
  }

  private long waitFor(String query) {
    var giveUp = Instant.now().plus(Duration.ofSeconds(90));
    while (Instant.now().isBefore(giveUp)) {
      var found = jdbc.sql(query).query(Long.class).optional();
      if (found.isPresent()) {
        return found.get();
      }
      try {
        Thread.sleep(250);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new AssertionError("Nothing was found in time by: " + query);
  }
}
