package org.dcbalance.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Names that hypervisors and people choose are shown as text, wherever they come up. */
@ConsoleTest
class HostileNamesTest {
  private static final String EVIL = "<img src=x onerror=alert(1)>\"'`${7*7}[[7*7]]";
  private static final String FORMULA = "=cmd|'/c calc'!A1";

  @LocalServerPort private int port;
  @Autowired private PoolPolicy pools;
  @Autowired private JdbcClient jdbc;
  private Browser browser;
  private HostPool pool;
  private long host;
  private long vm;
  private long migration;

  @BeforeEach
  void nameThings() {
    browser = new Browser(port);
    browser.signIn("admin", ConsoleTest.PASSWORD);
    pool =
        pools.add(
            ("<img src=x onerror=alert(1)> " + UUID.randomUUID()).substring(0, 60),
            new Operator(EVIL));
    pools.change(
        pool.id(),
        PoolPolicy.Change.shared(List.of("/srv/" + EVIL.replace("/", "")), List.of(EVIL), EVIL),
        new Operator(EVIL));
    host =
        insert(
            """
            insert into host (pool_id, name, uri, uuid, state, state_detail, hypervisor, maintenance)
            values (:pool, :name || ' ' || gen_random_uuid(), 'qemu+tcp://127.0.0.1:1/' || gen_random_uuid(),
              gen_random_uuid(), 'DOWN', :name, :name, true) returning id
            """,
            EVIL);
    vm =
        insert(
            """
            insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes, os_type,
              addresses, networks, never_move_note, gone_since)
            values (gen_random_uuid(), :host, :name, 'RUNNING', 1, 1024, 1024, :name,
              array[:name], array[:name], :name, now()) returning id
            """,
            EVIL);
    migration =
        insert(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, finished_at, sentence, downtime_millis, method_why)
            values (:pool, :vm, :host, :host, 'COMPLETED', 'DONE', :name, :name, now(), now(), now(),
              :name, 310, :name) returning id
            """,
            EVIL);
    insert(
        "insert into migration_log (migration_id, phase, sentence) values (:migration, 'DONE', :name) returning id",
        EVIL);
    insert(
        """
        insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold, window_seconds,
          sentence, requested_by, came_from, passed_over, terms)
        values (:pool, 1, now(), 1, 'DCbalance', 'BALANCED', 0.15, 60, :name, :name, :name,
          jsonb_build_array(jsonb_build_object('vmId', :vm, 'vm', :name, 'why', :name)),
          jsonb_build_array(jsonb_build_object('name', :name, 'value', 0.1, 'weight', 1))) returning id
        """,
        EVIL);
  }

  @AfterEach
  void tidyUp() {
    jdbc.sql("delete from vm where id = :id").param("id", vm).update();
    jdbc.sql("delete from host where id = :id").param("id", host).update();
    jdbc.sql("delete from pool where id = :id").param("id", pool.id().value()).update();
    browser.close();
  }

  private long insert(String sql, String name) {
    var statement = jdbc.sql(sql).param("name", name);
    if (sql.contains(":pool")) {
      statement = statement.param("pool", pool.id().value());
    }
    if (sql.contains(":host")) {
      statement = statement.param("host", host);
    }
    if (sql.contains(":vm")) {
      statement = statement.param("vm", vm);
    }
    if (sql.contains(":migration")) {
      statement = statement.param("migration", migration);
    }
    return statement.query(Long.class).single();
  }

  @Test
  void noPageRunsThem() {
    long round =
        jdbc.sql("select id from round where pool_id = :pool")
            .param("pool", pool.id().value())
            .query(Long.class)
            .single();
    int shown = 0;
    for (var path :
        List.of(
            "/",
            "/hosts",
            "/hosts/" + host,
            "/hosts/" + host + "/edit",
            "/hosts/new",
            "/vms",
            "/vms/" + vm,
            "/pools",
            "/pools/" + pool.id(),
            "/migrations",
            "/migrations/" + migration,
            "/recommendations",
            "/vms?q=" + encoded(EVIL),
            "/audit",
            "/audit?q=" + encoded(EVIL),
            "/rounds",
            "/rounds/" + round,
            "/reports/migrations",
            "/reports/migrations?q=" + encoded(EVIL),
            "/reports/downtime",
            "/about",
            "/settings/access")) {
      var answer = browser.get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      harmless(path, answer.body());
      shown += answer.body().contains("&lt;img src=x onerror=alert(1)&gt;") ? 1 : 0;
    }
    assertThat(shown).as("pages that show such a name").isGreaterThanOrEqualTo(14);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/hosts/%s",
        "/vms/%s",
        "/%s",
        "/login?error=%s&wait=%s",
        "/search?q=%s",
        "/audit?act=%s",
        "/rounds?outcome=%s",
        "/reports/migrations?from=%s",
        "/migrations?before=%s",
        "/vms?sort=%s&q=%s",
        "/?fragment=%s",
        "/?fragment=nav&page=%s"
      })
  void noAddressReflectsThem(String address) {
    var path = address.replace("%s", encoded("<script>alert(1)</script>"));
    for (var kind :
        List.of(new String[] {"Accept", "text/html"}, new String[] {"HX-Request", "true"})) {
      harmless(path, browser.get(path, kind).body());
    }
  }

  @Test
  void theApiAnswersWithATypeThatNoBrowserRuns() {
    for (var path :
        List.of(
            "/api/v1/vms/" + vm, "/api/v1/pools/" + pool.id(), "/api/v1/hosts/" + encoded(EVIL))) {
      var answer = browser.get(path);
      assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).contains("json");
      assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    }
  }

  @Test
  void spreadsheetsDoNotComputeThem() {
    jdbc.sql("update vm set name = :name where id = :id")
        .param("name", FORMULA)
        .param("id", vm)
        .update();
    pools.change(pool.id(), PoolPolicy.Change.shared(null, null, FORMULA), new Operator(FORMULA));
    for (var path :
        List.of(
            "/api/v1/reports/migrations.csv",
            "/api/v1/reports/downtime.csv",
            "/api/v1/audit.csv")) {
      var answer = browser.get(path);
      assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/csv");
      assertThat(answer.headers().firstValue("Content-Disposition").orElseThrow())
          .startsWith("attachment");
      assertThat(answer.body())
          .as(path)
          .contains("'" + FORMULA)
          .doesNotContain("," + FORMULA)
          .doesNotContain("\n" + FORMULA);
    }
  }

  private static void harmless(String path, String body) {
    assertThat(body)
        .as(path)
        .doesNotContain("<img src=x")
        .doesNotContain("<script>alert")
        .doesNotContain("${7*7}\"")
        .doesNotContain("[[49]]")
        .doesNotContain("\"'`49");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
