package org.dcbalance.reporting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.dcbalance.console.Format;
import org.dcbalance.migration.MigrationRows;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reports over a pool of known moves: the figures are worked out by hand here. */
@ConsoleTest
class ReportsTest {
  private static final Instant START = Instant.parse("2026-03-01T12:00:30Z");

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private MoveReport moves;
  @Autowired private DowntimeReport downtimes;
  @Autowired private MigrationRows rows;
  private long pool;
  private long one;
  private long two;
  private long busy;
  private long calm;

  @BeforeEach
  void moveThings() {
    pool = insert("insert into pool (name) values ('report ' || gen_random_uuid()) returning id");
    one = host("report-1");
    two = host("report-2");
    busy = vm("busy", 2);
    calm = vm("calm", 2);
    // of 2 CPUs, 1.0 is half and 0.1 a twentieth; the limit between idle and loaded is a fifth
    for (int i = -1; i < 4; i++) {
      rollup(busy, i, 1.0);
      rollup(calm, i, 0.1);
    }
    // the minute in which its last move begins
    rollup(calm, 4, 1.0);
    move(busy, 0, "COMPLETED", 1000, 800L, 10_000, 0.40, 0.20, 0.25);
    move(busy, 1, "COMPLETED", 3000, 800L, 20_000, 0.40, 0.20, 0.38);
    move(busy, 2, "FAILED", null, 800L, 30_000, null, null, null);
    move(calm, 3, "COMPLETED", 100, 120L, 5_000, null, null, null);
    move(calm, 4, "COMPLETED", 200, null, 7_000, null, null, null);
    // before any figure that is kept
    move(calm, 60 * 24, "COMPLETED", 400, null, 7_000, null, null, null);
  }

  @AfterEach
  void tidyUp() {
    jdbc.sql("delete from vm_rollup where vm_id in (:ids)")
        .param("ids", java.util.List.of(busy, calm))
        .update();
    jdbc.sql("delete from vm where id in (:ids)")
        .param("ids", java.util.List.of(busy, calm))
        .update();
    jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }

  @Test
  void totalsCountWhatCompletedAndWhatHelped() {
    var totals = moves.totals(all());
    assertThat(totals.moves()).isEqualTo(6);
    assertThat(totals.completed()).isEqualTo(5);
    assertThat(totals.failed()).isEqualTo(1);
    // of 100, 200, 400, 1000, 3000: the third, and four fifths of the way from the fourth to the
    // last
    assertThat(totals.downtimeMedian()).isEqualTo(400);
    assertThat(totals.downtime95()).isCloseTo(1000 + 0.8 * 2000, within(0.001));
    assertThat(totals.totalMedian()).isEqualTo(7_000);
    // promised 0.40 to 0.20: 0.25 keeps more than half of it, 0.38 does not
    assertThat(totals.judged()).isEqualTo(2);
    assertThat(totals.helped()).isEqualTo(1);
    assertThat(totals.imbalanceBefore()).isEqualTo(0.40);
    assertThat(totals.imbalanceAfter()).isCloseTo((0.25 + 0.38) / 2, within(0.001));
  }

  @Test
  void aMoveHelpsOnceHoweverManyAttemptsItTook() {
    move(busy, 5, "COMPLETED", 500, null, 7_000, 0.40, 0.20, 0.25);
    jdbc.sql("update migration set attempt = 2 where pool_id = :pool and downtime_millis = 500")
        .param("pool", pool)
        .update();
    long failed =
        jdbc.sql(
                """
                insert into migration (pool_id, recommendation_id, vm_id, source_id, target_id, state, phase,
                  why, requested_by, created_at, started_at, finished_at, imbalance_before, imbalance_promised)
                select pool_id, recommendation_id, vm_id, source_id, target_id, 'FAILED', phase,
                  why, requested_by, created_at, started_at, finished_at, imbalance_before, imbalance_promised
                from migration where pool_id = :pool and attempt = 2 returning id
                """)
            .param("pool", pool)
            .query(Long.class)
            .single();
    var totals = moves.totals(all());
    assertThat(totals.judged()).isEqualTo(3);
    assertThat(totals.helped()).isEqualTo(2);
    assertThat(totals.imbalanceBefore()).isCloseTo(0.40, within(0.001));
    assertThat(totals.imbalanceAfter()).isCloseTo((0.25 + 0.38 + 0.25) / 3, within(0.001));
    var attempts = moves.list(all(), Long.MAX_VALUE, 2);
    assertThat(attempts).extracting(MoveReport.Move::id).contains(failed);
    assertThat(attempts).extracting(MoveReport.Move::helped).containsExactly(null, true);
    assertThat(attempts).extracting(MoveReport.Move::imbalanceMeasured).containsExactly(null, 0.25);
    assertThat(attempts).extracting(MoveReport.Move::decidedBy).containsOnly("amy");
    assertThat(rows.find(failed).orElseThrow().imbalanceMeasured()).isNull();
    assertThat(rows.find(attempts.getLast().id()).orElseThrow().imbalanceMeasured())
        .isEqualTo(0.25);
  }

  @Test
  void movesAreFilteredAndTellWhoDecided() {
    assertThat(moves.list(all(), Long.MAX_VALUE, 10)).hasSize(6);
    var failed =
        moves.list(
            new ReportFilter(pool, null, null, null, MigrationState.FAILED), Long.MAX_VALUE, 9);
    assertThat(failed)
        .singleElement()
        .satisfies(
            move -> {
              assertThat(move.vm()).isEqualTo("busy");
              assertThat(move.decidedBy()).isEqualTo("amy");
              assertThat(move.helped()).isNull();
            });
    assertThat(moves.list(new ReportFilter(pool, null, null, "CAL", null), Long.MAX_VALUE, 9))
        .hasSize(3);
    assertThat(moves.list(new ReportFilter(pool, null, null, "100%_", null), Long.MAX_VALUE, 9))
        .isEmpty();
    assertThat(
            moves.list(
                new ReportFilter(pool, START.plus(1, ChronoUnit.DAYS), null, null, null),
                Long.MAX_VALUE,
                9))
        .hasSize(1);
    var helped =
        moves.list(all(), Long.MAX_VALUE, 10).stream().filter(m -> m.helped() != null).toList();
    assertThat(helped).extracting(MoveReport.Move::helped).containsExactly(false, true);
  }

  @Test
  void idleAndLoadedGuestsAreToldApart() {
    var overall = downtimes.overall(all());
    assertThat(overall)
        .extracting(DowntimeReport.Pauses::load)
        .containsExactly("IDLE", "LOADED", "UNKNOWN");
    // the hour in which that move begins is not over by then
    rollup(3600, calm, 60 * 24, 1.0);
    assertThat(downtimes.overall(all()))
        .extracting(DowntimeReport.Pauses::load)
        .contains("UNKNOWN");
    var idle = overall.getFirst();
    assertThat(idle.moves()).isEqualTo(2);
    assertThat(idle.median()).isEqualTo(150);
    assertThat(idle.expected()).isEqualTo(1);
    assertThat(idle.errorMedian()).isEqualTo(20);
    assertThat(idle.longerShare()).isEqualTo(0);
    var loaded = overall.get(1);
    assertThat(loaded.median()).isEqualTo(2000);
    assertThat(loaded.longest()).isEqualTo(3000);
    assertThat(loaded.errorMedian()).isEqualTo((200 + 2200) / 2.0);
    assertThat(loaded.longerShare()).isEqualTo(1);
    assertThat(overall.get(2).errorMedian()).isNull();
    assertThat(downtimes.timeError(all())).isEqualTo(new DowntimeReport.TimeError(3, 0.25, 0.25));
    assertThat(downtimes.perVm(all(), 10))
        .first()
        .satisfies(p -> assertThat(p.vm()).isEqualTo("busy"));
  }

  @Test
  void pausesAreSpreadPerMethodAndPerVm() {
    jdbc.sql(
            "update migration set method = 'POST_COPY' where pool_id = :pool and downtime_millis = 3000")
        .param("pool", pool)
        .update();
    var spreads = downtimes.spreads(all(), 2);
    assertThat(spreads.methods())
        .extracting(s -> s.method() + " " + s.load() + " " + s.each())
        .containsExactly(
            "POST_COPY LOADED [3000]",
            "PRE_COPY IDLE [100, 200]",
            "PRE_COPY LOADED [1000]",
            "PRE_COPY UNKNOWN [400]");
    assertThat(spreads.methods().get(1).lower()).isEqualTo(125);
    assertThat(spreads.vms())
        .extracting(s -> s.vm() + " " + s.load() + " " + s.each())
        .containsExactly("busy LOADED [1000, 3000]", "calm IDLE [100, 200]", "calm UNKNOWN [400]");
    assertThat(downtimes.spreads(all(), 1).vms()).as("too many to be told apart").isEmpty();
    assertThat(downtimes.spreads(new ReportFilter(pool, null, null, "calm", null), 1).methods())
        .extracting(DowntimeReport.Spread::load)
        .containsExactly("IDLE", "UNKNOWN");
    for (int i = 0; i < 7; i++) {
      move(calm, 3, "COMPLETED", 300 + i, null, 7_000, null, null, null);
    }
    var many = downtimes.spreads(all(), 2).methods().get(1);
    assertThat(many.each()).as("nine are drawn as a box").isEmpty();
    assertThat(many.shortest()).isEqualTo(100);
    assertThat(many.median()).isEqualTo(302);
    assertThat(many.longest()).isEqualTo(306);
  }

  @Test
  void movesAreCountedByTheDayOfTheirEndAndLostOnesByTheirStart() {
    move(calm, 5, "ABORTED", null, null, 7_000, null, null, null);
    move(busy, 60 * 24 + 1, "LOST", null, null, 7_000, null, null, null);
    jdbc.sql("update migration set finished_at = null where pool_id = :pool and state = 'LOST'")
        .param("pool", pool)
        .update();
    var day = LocalDate.of(2026, 3, 1);
    var ends = moves.ends(all(), Stretch.DAY, ZoneOffset.UTC);
    assertThat(ends)
        .containsExactly(
            new MoveReport.Ends(day, 4, 1, 1, 0, 0),
            new MoveReport.Ends(day.plusDays(1), 1, 0, 0, 0, 1));
    // March 1st, 2026 is a Sunday
    assertThat(moves.ends(all(), Stretch.WEEK, ZoneOffset.UTC))
        .extracting(MoveReport.Ends::first)
        .containsExactly(LocalDate.of(2026, 2, 23), day.plusDays(1));
    assertThat(moves.ends(all(), Stretch.MONTH, ZoneOffset.UTC))
        .containsExactly(new MoveReport.Ends(day, 5, 1, 1, 0, 1));
    // noon in Greenwich is the next day there
    assertThat(moves.ends(all(), Stretch.DAY, ZoneOffset.ofHours(13)).getFirst().first())
        .isEqualTo(day.plusDays(1));
    assertThat(moves.ends(all(), Stretch.DAY, ZoneId.of("Pacific/Auckland")).getFirst().first())
        .isEqualTo(day.plusDays(1));
    assertThat(
            moves.ends(
                new ReportFilter(pool, null, null, "busy", MigrationState.FAILED),
                Stretch.DAY,
                ZoneOffset.UTC))
        .containsExactly(new MoveReport.Ends(day, 0, 1, 0, 0, 0));
  }

  @Test
  void pagesAndFilesShowTheSame() {
    try (var browser = new Browser(port)) {
      browser.signIn("admin", ConsoleTest.PASSWORD);
      var page = browser.get("/reports/migrations?from=2026-03-01&to=2026-03-03&q=report-1").body();
      assertThat(page).contains("5 completed, 1 failed", "1 of 2", "0.40 → 0.32", "Export CSV");
      assertThat(browser.get("/reports/downtime?from=2026-03-01&to=2026-03-03&q=report-1").body())
          .contains("Idle", "Loaded", "Load not known any more", "2.00 s")
          .contains(
              "Downtime by method: Pre-copy, idle: 2 moves, half of them from 0.13 s to 0.18 s")
          .contains("busy, loaded: 2 moves, half of them from 1.50 s to 2.50 s, median 2.00 s")
          .contains("The whole time of 3 moves was 25 % off what was expected, in the median.")
          .doesNotContain("nine of ten");
      assertThat(browser.get("/reports/downtime?from=2026-03-01&to=2026-03-03&q=calm").body())
          .contains("The whole time of one move was 25 % off what was expected.");
      assertThat(page)
          .contains(
              "Moves per day from 2026-03-01 to 2026-03-03: 5 completed, 1 failed, aborted or refused, 0 lost");
      assertThat(browser.get("/reports/migrations?from=2025-01-01&to=2025-01-02").body())
          .contains("No migration ended in this time")
          .doesNotContain("No move in this range.");
      assertThat(browser.get("/reports/downtime?from=2025-01-01&to=2025-01-02").body())
          .contains("No measured move in this time")
          .doesNotContain("No measured move in this range.");
      assertThat(browser.get("/reports/migrations?from=yesterday").statusCode()).isEqualTo(400);
      assertThat(browser.get("/api/v1/reports/migrations.csv?poolId=" + pool).body().lines())
          .hasSize(7)
          .anyMatch(line -> line.contains(",busy,report-1"));
      assertThat(browser.get("/api/v1/reports/downtime.csv?poolId=" + pool).body())
          .contains("busy,PRE_COPY,LOADED,2,2000.0,");
      assertThat(browser.get("/api/v1/reports/migrations/totals?poolId=" + pool).body())
          .contains("\"judged\":2", "\"helped\":1");
      assertThat(browser.get("/api/v1/reports/downtime?poolId=" + pool).body())
          .contains("\"load\":\"IDLE\"");
    }
  }

  @Test
  void whereDaysAreAskedForTheirZoneIsNamed() {
    var days = "?from=2026-03-01&to=2026-03-03";
    var zone = Pattern.quote(new Format().zone());
    try (var browser = new Browser(port)) {
      browser.signIn("admin", ConsoleTest.PASSWORD);
      for (var path :
          List.of(
              "/events",
              "/audit",
              "/reports/migrations",
              "/reports/downtime",
              "/reports/strategies")) {
        var page = browser.get(path + days).body();
        assertThat(page)
            .as(path)
            .containsPattern(
                "From <small>in " + zone + "</small></span><input [^>]*value=\"2026-03-01\"")
            .containsPattern(
                "To, inclusive <small>in "
                    + zone
                    + "</small></span><input [^>]*value=\"2026-03-03\"");
        if (path.startsWith("/reports")) {
          assertThat(page)
              .as("what is printed of " + path)
              .containsPattern("2026-03-01 to 2026-03-03</span>, days in <span>" + zone);
        }
      }
      assertThat(browser.get("/reports/migrations" + days + "&q=report-1").body())
          .containsPattern("Moves per day</span> <small class=\"muted\">in " + zone);
    }
  }

  @Test
  void pagesLeadToTheSameAsJson() {
    try (var browser = new Browser(port)) {
      browser.signIn("admin", ConsoleTest.PASSWORD);
      for (var report : List.of("migrations", "downtime")) {
        var page =
            browser.get("/reports/" + report + "?from=2026-03-01&to=2026-03-03&q=busy").body();
        var link =
            Pattern.compile("href=\"(/api/v1/reports/" + report + "\\?[^\"]*)\">JSON")
                .matcher(page);
        assertThat(link.find()).as(report).isTrue();
        var answer = browser.get(link.group(1).replace("&amp;", "&"));
        assertThat(answer.statusCode()).as(report).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).contains("json");
        assertThat(answer.body()).as(report).contains("\"busy\"").doesNotContain("\"calm\"");
      }
    }
  }

  private ReportFilter all() {
    return new ReportFilter(pool, null, null, null, null);
  }

  private long host(String name) {
    return jdbc.sql(
            """
            insert into host (pool_id, name, uri, removed_at)
            values (:pool, :name, 'simulated:///' || gen_random_uuid(), now()) returning id
            """)
        .param("pool", pool)
        .param("name", name)
        .query(Long.class)
        .single();
  }

  private long vm(String name, int cpus) {
    return jdbc.sql(
            """
            insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes, gone_since)
            values (:uuid, :host, :name, 'SHUT_OFF', :cpus, 1024, 1024, now()) returning id
            """)
        .param("uuid", UUID.randomUUID())
        .param("host", one)
        .param("name", name)
        .param("cpus", cpus)
        .query(Long.class)
        .single();
  }

  private void rollup(long vm, int minute, double cores) {
    rollup(60, vm, minute, cores);
  }

  private void rollup(int resolution, long vm, int minute, double cores) {
    jdbc.sql(
            """
            insert into vm_rollup (resolution, at, vm_id, samples, cpu_cores, cpu_cores_max, memory_bytes,
              net_received, net_sent, disk_read, disk_written)
            values (:resolution, :at, :vm, 12, :cores, :cores, 1024, 0, 0, 0, 0)
            """)
        .param("resolution", resolution)
        .param("at", utc(START.truncatedTo(ChronoUnit.MINUTES).plus(Duration.ofMinutes(minute))))
        .param("vm", vm)
        .param("cores", cores)
        .update();
  }

  private void move(
      long vm,
      int minute,
      String state,
      @Nullable Integer downtime,
      @Nullable Long expected,
      int total,
      @Nullable Double before,
      @Nullable Double promised,
      @Nullable Double measured) {
    var at = START.plus(Duration.ofMinutes(minute));
    Long recommendation = null;
    if (before != null) {
      recommendation =
          jdbc.sql(
                  """
                  insert into recommendation (pool_id, vm_id, source_id, target_id, priority, state, why,
                    why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at,
                    expires_at, decided_by, imbalance_measured)
                  values (:pool, :vm, :one, :two, 'HIGH', 'SETTLED', 'why', 'there', '[]', '{}', 0.2,
                    :before, :promised, :at, :at, 'amy', :measured) returning id
                  """)
              .param("pool", pool)
              .param("vm", vm)
              .param("one", one)
              .param("two", two)
              .param("before", before)
              .param("promised", promised)
              .param("measured", measured)
              .param("at", utc(at))
              .query(Long.class)
              .single();
    }
    jdbc.sql(
            """
            insert into migration (pool_id, recommendation_id, vm_id, source_id, target_id, state, phase,
              why, requested_by, created_at, started_at, finished_at, expected_downtime_millis,
              downtime_millis, total_millis, bytes, imbalance_before, imbalance_promised, expected_millis)
            values (:pool, :recommendation, :vm, :one, :two, :state, 'DONE', 'why', 'amy', :at, :at,
              :at, :expected, :downtime, :total, 1000, :before, :promised,
              case when :expected::bigint is not null then :total::bigint * 5 / 4 end)
            """)
        .param("pool", pool)
        .param("recommendation", recommendation)
        .param("vm", vm)
        .param("one", one)
        .param("two", two)
        .param("state", state)
        .param("at", utc(at))
        .param("expected", expected)
        .param("downtime", downtime)
        .param("total", total)
        .param("before", before)
        .param("promised", promised)
        .update();
  }

  private long insert(String sql) {
    return jdbc.sql(sql).query(Long.class).single();
  }

  private static OffsetDateTime utc(Instant at) {
    return OffsetDateTime.ofInstant(at, ZoneOffset.UTC);
  }
}
