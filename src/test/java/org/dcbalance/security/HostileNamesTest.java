package org.dcbalance.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.security.HostileThings.EVIL;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.testing.Route;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/** Names that hypervisors and people choose are shown as text, wherever they come up. */
@ConsoleTest
class HostileNamesTest {
  private static final String FORMULA = "=2+3";

  /** It has no names, but for those of strategies. */
  private static final String STRATEGIES = "/api/v1/reports/strategies.csv";

  @LocalServerPort private int port;
  @Autowired private PoolPolicy pools;
  @Autowired private JdbcClient jdbc;
  @Autowired private List<RequestMappingInfoHandlerMapping> mappings;
  private Browser browser;
  private HostileThings things;

  @BeforeEach
  void nameThings() {
    browser = new Browser(port);
    browser.signIn("admin", ConsoleTest.PASSWORD);
    things = new HostileThings(jdbc, pools);
  }

  @AfterEach
  void tidyUp() {
    things.close();
    browser.close();
  }

  @Test
  void noPageRunsThem() {
    var evil = encoded(EVIL);
    var addresses =
        Stream.concat(
                routes().filter(Route::page).map(things::address),
                Stream.of(
                    "/vms?q=" + evil,
                    "/search?q=" + evil,
                    "/audit?q=" + evil,
                    "/events?host=" + evil + "&vm=" + evil,
                    "/reports/migrations?q=" + evil,
                    "/reports/downtime?q=" + evil,
                    "/reports/strategies?pool=" + things.pool(),
                    "/settings/strategy?pool=" + things.pool()))
            .toList();
    var shown = new ArrayList<String>();
    for (var path : addresses) {
      var answer = browser.get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      harmless(path, answer.body());
      if (answer.body().contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;`${7*7}[[7*7]]")) {
        shown.add(path);
      }
    }
    assertThat(shown).as("pages that show such a name").hasSizeGreaterThanOrEqualTo(28);
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
    for (var path : List.of("/api/v1/pools", "/api/v1/events", "/api/v1/hosts/" + encoded(EVIL))) {
      var answer = browser.get(path);
      assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).contains("json");
      assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    }
  }

  @Test
  void spreadsheetsDoNotComputeThem() {
    var tables = routes().filter(route -> route.path().endsWith(".csv")).toList();
    assertThat(tables).hasSizeGreaterThanOrEqualTo(7);
    try (var recorded = new RecordedPool(jdbc, FORMULA, 60)) {
      happen(recorded);
      for (var table : tables) {
        // so long a time is read from means of minutes, which is what is recorded
        var path =
            "%s?poolId=%d&from=%s"
                .formatted(
                    table.address(id(table, recorded)),
                    recorded.id(),
                    Instant.now().minus(Duration.ofHours(13)));
        var answer = browser.get(path);
        assertThat(answer.statusCode()).as(path).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
            .startsWith("text/csv");
        assertThat(answer.headers().firstValue("Content-Disposition").orElseThrow())
            .startsWith("attachment");
        assertThat(answer.body())
            .as(path)
            .doesNotContainPattern("(?m)(^|,)\"?" + Pattern.quote(FORMULA));
        if (!table.path().equals(STRATEGIES)) {
          assertThat(answer.body())
              .as(path)
              .containsPattern("(?m)(^|,)\"?'" + Pattern.quote(FORMULA));
        }
      }
    }
  }

  private void happen(RecordedPool recorded) {
    pools.change(
        new PoolId(recorded.id()),
        PoolPolicy.Change.shared(null, null, FORMULA),
        new Operator(FORMULA));
    jdbc.sql(
            """
            insert into fleet_event (pool_id, host_id, vm_id, severity, kind, sentence)
            select h.pool_id, h.id, v.id, 'WARN', 'tried', :name
            from vm v join host h on h.id = v.host_id where h.pool_id = :pool
            """)
        .param("name", FORMULA)
        .param("pool", recorded.id())
        .update();
    jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, finished_at, downtime_millis, total_millis)
            select h.pool_id, v.id, h.id, h.id, 'COMPLETED', 'DONE', :name, :name, now(), now(), now(), 310, 24000
            from vm v join host h on h.id = v.host_id where h.pool_id = :pool
            """)
        .param("name", FORMULA)
        .param("pool", recorded.id())
        .update();
    jdbc.sql(
            """
            insert into migration_progress (migration_id, at, iteration, processed_bytes, remaining_bytes,
              dirty_rate, bandwidth) select id, now(), 1, 1, 1, 1, 1 from migration where pool_id = :pool
            """)
        .param("pool", recorded.id())
        .update();
    jdbc.sql(
            """
            insert into round (pool_id, number, at, took_millis, strategy, outcome, imbalance, threshold,
              window_seconds, sentence, requested_by)
            values (:pool, 1, now(), 1, 'DCbalance', 'BALANCED', 0.1, 0.15, 60, :name, :name)
            """)
        .param("name", FORMULA)
        .param("pool", recorded.id())
        .update();
  }

  /** Find what a table is about. */
  private long id(Route table, RecordedPool recorded) {
    return switch (table.path().replaceAll("^/api/v1/|/.*$", "")) {
      case "hosts" -> number("select min(id) from host where pool_id = :pool", recorded);
      case "vms" ->
          number(
              "select min(v.id) from vm v join host h on h.id = v.host_id where h.pool_id = :pool",
              recorded);
      case "migrations" -> number("select min(id) from migration where pool_id = :pool", recorded);
      default -> recorded.id();
    };
  }

  private long number(String sql, RecordedPool recorded) {
    return jdbc.sql(sql).param("pool", recorded.id()).query(Long.class).single();
  }

  private Stream<Route> routes() {
    return Route.all(mappings).stream();
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
