package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import java.util.List;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pages with the simulated pool behind them, over HTTP, as each role sees them. */
@ConsolePagesTest
class PagesTest extends SimulatedPages {
  @ParameterizedTest
  @EnumSource(Role.class)
  void everyPageOpensForEveryRole(Role role) {
    var vm = fleet.vm("web-01");
    var host = fleet.host("sim-01");
    var pool = fleet.pool();
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
              "/events",
              "/events?severity=WARN&host=sim&vm=web&from=2026-01-01",
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
              "/?fragment=anomalies",
              "/?fragment=hosts",
              "/?fragment=running",
              "/?fragment=past",
              "/recommendations?fragment=table",
              "/recommendations?fragment=effect",
              "/migrations?fragment=active",
              "/migrations?fragment=finished",
              "/hosts?fragment=table",
              "/events?fragment=table",
              "/hosts/" + host + "?fragment=state",
              "/hosts/" + host + "?fragment=vms",
              "/vms?fragment=table",
              "/vms/" + vm + "?fragment=state",
              "/vms/" + vm + "?fragment=moves",
              "/hosts/" + host + "?fragment=moves",
              "/pools/" + pool + "?fragment=state",
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
      assertThat(viewer.page("/search?q=sim-")).contains(">in Simulated<", "value=\"sim-\"");
      assertThat(viewer.page("/search")).contains("Type what you look for into the field above.");
      assertThat(viewer.page("/vms?q=web-")).doesNotContain("autocomplete=\"off\" value=\"web-");
      assertThat(viewer.get("/search?q=sim-03").headers().firstValue("Location"))
          .hasValueSatisfying(to -> assertThat(to).endsWith("/hosts/" + fleet.host("sim-03")));
    }
  }

  @Test
  void aSearchThatFindsTooMuchSaysSoAndOneThatIsTooLongIsRefused() {
    long pool =
        jdbc.sql("insert into pool (name, paused) values ('meadow', true) returning id")
            .query(Long.class)
            .single();
    try (var viewer = as(Role.VIEWER)) {
      jdbc.sql(
              """
              with meadow as (
                insert into host (pool_id, name, uri, cores, memory_bytes, state, maintenance)
                values (:pool, 'meadow-1', 'simulated:///meadow-1', 4, 1024, 'DOWN', true) returning id)
              insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
              select gen_random_uuid(), id, 'flock-' || g, 'RUNNING', 1, 1024, 1024
              from meadow cross join generate_series(1001, 1101) g
              """)
          .param("pool", pool)
          .update();
      assertThat(viewer.page("/search?q=flock-"))
          .contains("More than 100 hits", "Only the first 100 are shown.", ">flock-1100<")
          .doesNotContain(">flock-1101<");
      assertThat(viewer.page("/search?q=flock-10"))
          .contains("99 hits", ">flock-1099<")
          .doesNotContain("More than", "Only the first");
      var refused = viewer.get("/search?q=" + "f".repeat(201));
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("What is looked for may have at most 200 characters.");
    } finally {
      jdbc.sql("delete from vm where host_id in (select id from host where pool_id = :pool)")
          .param("pool", pool)
          .update();
      jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
      jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
    }
  }

  @Test
  void viewersSeeNoFormThatChangesAnything() {
    var host = fleet.host("sim-01");
    try (var viewer = as(Role.VIEWER)) {
      for (var path :
          List.of(
              "/",
              "/recommendations",
              "/migrations",
              "/hosts/" + host,
              "/hosts/" + host + "/evacuation",
              "/vms/" + fleet.vm("web-01"),
              "/pools",
              "/pools/" + fleet.pool(),
              "/settings/strategy?pool=" + fleet.pool())) {
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
    var path = "/hosts/" + fleet.host("sim-02");
    try (var operator = as(Role.OPERATOR);
        var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(operator.page(path))
          .contains("sim-02", "Maintenance…")
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
  void aHostToWhichNoVmCouldMoveIsSaidToBeSoAtEntry() {
    try (var administrator = as(Role.ADMINISTRATOR)) {
      assertThat(administrator.page("/hosts/new")).doesNotContain("No VM can move to this host");
      for (var uri :
          List.of(
              "qemu+ssh://root@127.0.0.1:9/system?keyfile=/etc/dcbalance/libvirt/id",
              "qemu+tls://127.0.0.1:9/system?pkipath=/etc/dcbalance/libvirt/pki")) {
        assertThat(tried(administrator, uri, ""))
            .as(uri)
            .contains("No VM can move to this host", "such as qemu+tls://host/system");
        assertThat(tried(administrator, uri, "qemu+tls://127.0.0.1:9/system"))
            .as(uri + " with a peer URI")
            .doesNotContain("No VM can move to this host");
      }
      assertThat(tried(administrator, "qemu+tcp://127.0.0.1:9/system", ""))
          .doesNotContain("No VM can move to this host");
    }
  }

  private static String tried(SignedIn administrator, String uri, String peerUri) {
    return administrator
        .send(
            "/hosts", "name", "kvm-09", "uri", uri, "peerUri", peerUri, "poolId", "1", "action",
            "test")
        .body();
  }

  @Test
  void aDoubtedDatabaseIsSaidOnEveryPageAndConfirmedByAnAdministrator() {
    var vm = fleet.vm("web-02");
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
          operator.sendAndFollow(
              "/vms/" + vm + "/migrations", "targetHostId", "" + fleet.host("sim-04"));
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

  @Test
  void preferencesAreKeptAndNobodyIsSentElsewhere() {
    try (var viewer = as(Role.VIEWER)) {
      var answer =
          viewer.send(
              "/preferences", "theme", "dark", "pool", "" + fleet.pool(), "back", "/vms?sort=name");
      assertThat(answer.headers().firstValue("Location"))
          .hasValueSatisfying(to -> assertThat(to).endsWith("/vms?sort=name"));
      assertThat(viewer.page("/vms"))
          .contains("data-theme=\"dark\"")
          .containsPattern("value=\"" + fleet.pool() + "\"[^>]*selected");
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
}
