package org.dcbalance.reporting;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** What charts draw, as files for spreadsheets; names that they would compute are text. */
@ConsolePagesTest
class ChartFilesTest {
  private static final String FORMULA = "=1+1";
  private static final String INSTANT = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z";

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  private RecordedPool pool;
  private Browser browser;
  private long host;
  private long vm;

  @BeforeEach
  void record() {
    pool = new RecordedPool(jdbc, "chart-files", 30);
    host = one("select id from host where name = 'chart-files-1'");
    vm = one("update vm set name = '=1+1' where name = 'chart-files-vm-1' returning id");
    browser = new Browser(port);
    browser.signIn("admin", ConsoleTest.PASSWORD);
  }

  @AfterEach
  void forget() {
    browser.close();
    jdbc.sql("delete from migration where vm_id = :vm").param("vm", vm).update();
    pool.close();
  }

  @Test
  void theLoadOfAVmHasAColumnForEachKind() {
    var lines = csv("/vms/" + vm + "/load.csv" + halfADay(), "vm-load.csv");
    assertThat(lines.getFirst())
        .isEqualTo(
            "at,vm,cpu share,memory bytes,memory used bytes,network received bytes/s,"
                + "network sent bytes/s,disk read bytes/s,disk written bytes/s,dirty rate bytes/s");
    // 2 of its 4 cores
    assertThat(rows(lines))
        .hasSizeGreaterThan(20)
        .allMatch(row -> row.matches(INSTANT + ",'=1\\+1,0\\.5,2\\.147483648E9,,0\\.0,.*"));
  }

  @Test
  void theLoadOfAHostIsThereWhateverItIsCalled() {
    jdbc.sql("update host set name = :name where id = :id")
        .param("name", FORMULA)
        .param("id", host)
        .update();
    var lines = csv("/hosts/" + host + "/load.csv" + halfADay(), "host-load.csv");
    assertThat(lines.getFirst()).startsWith("at,host,cpu share,memory bytes,network received");
    assertThat(rows(lines))
        .hasSizeGreaterThan(20)
        .allMatch(row -> row.matches(INSTANT + ",'=1\\+1,[\\d.]+,8\\.589934592E9,.*"));
    assertThat(rows(csv("/hosts/" + host + "/vm-load.csv" + halfADay(), "vms.csv")))
        .hasSizeGreaterThan(24)
        .anyMatch(row -> row.endsWith(",'=1+1,2.0"));
  }

  @Test
  void theSpanIsTheOneThatIsAskedFor() {
    var path = "/vms/" + vm + "/load.csv";
    assertThat(csv(path + "?from=2025-01-01T00:00:00Z&to=2025-01-01T06:00:00Z", "vm-load.csv"))
        .as("the names of the columns alone")
        .hasSize(1);
    assertThat(
            browser
                .get("/api/v1" + path + "?to=2025-01-01T00:00:00Z&from=2026-01-01T00:00:00Z")
                .body())
        .contains("cannot be shown", "at most 400 days");
    assertThat(browser.get("/api/v1/vms/999999999/load.csv").statusCode()).isEqualTo(404);
    assertThat(browser.get("/api/v1/migrations/999999999/progress.csv").statusCode())
        .isEqualTo(404);
  }

  @Test
  void theImbalanceOfAPoolIsThatOfItsRounds() {
    jdbc.sql(
            """
            insert into round (pool_id, number, at, took_millis, strategy, outcome, imbalance, threshold,
              window_seconds, sentence, requested_by)
            values (:pool, 1, now() - interval '10 minutes', 1, 'DCbalance', 'BALANCED', 0.25, 0.15, 600, '', 'amy')
            """)
        .param("pool", pool.id())
        .update();
    jdbc.sql("update pool set name = '=2+2' where id = :id").param("id", pool.id()).update();
    var path = "/pools/" + pool.id() + "/imbalance.csv";
    var lines = csv(path, "imbalance.csv");
    assertThat(lines).hasSize(2).first().isEqualTo("at,pool,imbalance");
    assertThat(lines.getLast()).matches(INSTANT + ",'=2\\+2,0\\.25");
    assertThat(browser.get("/pools/" + pool.id()).body()).contains("href=\"/api/v1" + path);
  }

  @Test
  void whatAMigrationHadStillToCopyIsThereFromItsFirstFigureOn() {
    long migration = migration("0 s");
    jdbc.sql(
            """
            insert into migration_progress (migration_id, at, iteration, processed_bytes, remaining_bytes,
              dirty_rate, bandwidth)
            select :id, now() + n * interval '1 second', n, 1000, 4096 / n, 10 * (n - 1), 200
            from generate_series(1, 2) n
            """)
        .param("id", migration)
        .update();
    var path = "/migrations/" + migration + "/progress.csv";
    var lines = csv(path, "migration-progress.csv");
    assertThat(lines.getFirst())
        .isEqualTo("at,vm,remaining bytes,dirty rate bytes/s,bandwidth bytes/s");
    assertThat(rows(lines))
        .satisfiesExactly(
            first -> assertThat(first).matches(INSTANT + ",'=1\\+1,4096\\.0,,200\\.0"),
            last -> assertThat(last).matches(INSTANT + ",'=1\\+1,2048\\.0,10\\.0,200\\.0"));
    assertThat(browser.get("/migrations/" + migration).body()).contains("href=\"/api/v1" + path);
  }

  @Test
  void aLongCopyIsDrawnInNoMorePointsThanOtherCharts() {
    long migration = migration("1 hour");
    jdbc.sql(
            """
            insert into migration_progress (migration_id, at, iteration, processed_bytes, remaining_bytes,
              dirty_rate, bandwidth)
            select m.id, m.started_at + n * interval '250 milliseconds', 1, 1000, 14400 - n, 10, 200
            from migration m cross join generate_series(1, 14400) n where m.id = :id
            """)
        .param("id", migration)
        .update();
    var path = "/migrations/" + migration + "/progress";
    var points =
        JsonMapper.shared().readTree(browser.get("/api/v1" + path).body()).at("/series/0/points");
    assertThat(points.size()).isBetween(700, 722);
    assertThat(points.get(points.size() - 1).get(1).asDouble()).isZero();
    assertThat(rows(csv(path + ".csv", "migration-progress.csv"))).hasSize(14_400);
  }

  private long migration(String lasted) {
    return jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, finished_at)
            select :pool, :vm, :host, t.id, 'COMPLETED', 'DONE', 'Asked for by hand.', 'amy',
              now() - cast(:lasted as interval), now() - cast(:lasted as interval), now()
            from host t where t.name = 'chart-files-2' returning id
            """)
        .param("pool", pool.id())
        .param("vm", vm)
        .param("host", host)
        .param("lasted", lasted)
        .query(Long.class)
        .single();
  }

  @Test
  void eachChartOfAPageLeadsToItsFile() {
    for (var page : List.of("/vms/" + vm, "/hosts/" + host)) {
      var body = browser.get(page).body();
      assertThat(body.split("data-chart ", -1)).as(page).hasSizeGreaterThan(4);
      assertThat(body.split("data-csv ", -1).length)
          .as("files of " + page)
          .isEqualTo(body.split("data-chart ", -1).length);
      assertThat(body).contains("href=\"/api/v1" + page + "/load.csv\"");
    }
  }

  private List<String> csv(String path, String file) {
    var answer = browser.get("/api/v1" + path);
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/csv");
    assertThat(answer.headers().firstValue("Content-Disposition"))
        .contains("attachment; filename=\"" + file + "\"");
    return answer.body().lines().toList();
  }

  /** As long as minutes are shown, of which alone the load is recorded. */
  private static String halfADay() {
    return "?from=" + Instant.now().minus(Duration.ofHours(12)) + "&to=" + Instant.now();
  }

  private static List<String> rows(List<String> lines) {
    return lines.subList(1, lines.size());
  }

  private long one(String sql) {
    return jdbc.sql(sql).query(Long.class).single();
  }
}
