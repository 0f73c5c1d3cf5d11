package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import java.util.List;
import org.dcbalance.access.Role;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.Test;

/** Pools, their storages and rules by pages. */
@ConsolePagesTest
class PoolPagesTest extends SimulatedPages {
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
  void howLongAMoveMayTakeIsSaidOnThePoolsPage() {
    var path = "/pools/" + fleet.pool();
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var refused =
          administrator.sendAndFollow(
              path + "/move-options", "longestMinutes", "0", "retries", "4");
      assertThat(notice(refused))
          .startsWith("bad")
          .contains("&quot;longestMinutes&quot; lies between 1 and 10080, and not at 0.");
      assertThat(refused).containsPattern("name=\"longestMinutes\"[^>]*value=\"0\"");
      var saved = administrator.sendAndFollow(path + "/move-options", "longestMinutes", "45");
      assertThat(notice(saved)).startsWith("ok");
      assertThat(saved)
          .contains("Longest move, minutes")
          .containsPattern("name=\"longestMinutes\"[^>]*value=\"45\"");
      assertThat(administrator.page("/vms/" + fleet.vm("dns-01")))
          .as("what holds for a VM without its own")
          .containsPattern("name=\"longestMinutes\"[^>]*placeholder=\"45\"");
    } finally {
      jdbc.sql("update pool set move_options = '{}' where id = :pool")
          .param("pool", fleet.pool())
          .update();
    }
  }

  @Test
  void aPoolGoesOnlyAsLongAsNothingOfItIsKept() {
    try (var administrator = as(Role.ADMINISTRATOR)) {
      administrator.send("/pools", "name", "fleeting");
      long pool =
          jdbc.sql("select id from pool where name = 'fleeting'").query(Long.class).single();
      var path = "/pools/" + pool;
      long host =
          jdbc.sql(
                  """
                  insert into host (pool_id, name, uri, removed_at)
                  values (:pool, 'fleeting-01', 'simulated:///fleeting', now()) returning id
                  """)
              .param("pool", pool)
              .query(Long.class)
              .single();
      assertThat(administrator.page(path))
          .contains("fleeting stays: it has removed hosts on record")
          .doesNotContain(path + "/delete");
      assertThat(notice(administrator.sendAndFollow(path + "/delete")))
          .startsWith("bad")
          .contains("fleeting stays");
      long vm =
          jdbc.sql(
                  """
                  insert into vm (host_id, uuid, name, state, vcpus, max_memory_bytes, memory_bytes)
                  values (:host, gen_random_uuid(), 'fleeting-vm', 'SHUT_OFF', 1, 1, 1) returning id
                  """)
              .param("host", host)
              .query(Long.class)
              .single();
      jdbc.sql(
              """
              insert into migration (pool_id, vm_id, source_id, target_id, state, requested_by, why, created_at)
              values (:pool, :vm, :host, :host, 'FAILED', 'somebody', 'for a test', now())
              """)
          .param("pool", pool)
          .param("vm", vm)
          .param("host", host)
          .update();
      assertThat(administrator.page(path)).contains("it has migrations on record");
      jdbc.sql("delete from migration where pool_id = :pool").param("pool", pool).update();
      jdbc.sql("delete from vm where id = :vm").param("vm", vm).update();
      jdbc.sql("delete from host where id = :host").param("host", host).update();
      assertThat(administrator.page(path)).contains(path + "/delete");
      assertThat(administrator.sendAndFollow(path + "/delete"))
          .contains("The pool fleeting was removed.");
    }
  }

  @Test
  void aPoolsRulesAreAddedNamedAndRemovedOnPages() {
    long one = fleet.vm("web-01");
    var path = "/pools/" + fleet.pool();
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
      assertThat(administrator.page("/vms/" + one))
          .contains("web-apart", "/vms/" + fleet.vm("web-02"));
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
  void chartsOfImbalanceOfferTheRangesOfThePagesOfLoad() {
    try (var operator = as(Role.OPERATOR)) {
      for (var page : List.of("/", "/pools/" + fleet.pool())) {
        operator.send("/rounds", "back", "/");
        assertThat(operator.page(page)).contains("href=\"?range=24h\" aria-current=\"true\"");
        assertThat(operator.page(page + "?range=6h"))
            .contains("data-ranges=\"24h\"", "href=\"?range=6h\" aria-current=\"true\"")
            .doesNotContain("href=\"?range=24h\" aria-current");
        assertThat(operator.page(page + "?range=year"))
            .contains("href=\"?range=24h\" aria-current=\"true\"");
        assertThat(operator.page(page + "?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"))
            .doesNotContainPattern("range=[0-9a-z]+\" aria-current");
      }
    }
  }

  @Test
  void aRequestThatIsRefusedIsNotCalledAFailure() {
    try (var viewer = as(Role.VIEWER)) {
      var refused = viewer.get("/pools/x");
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body())
          .contains("This was refused", "Nothing was changed.")
          .doesNotContain("The console failed");
    }
  }
}
