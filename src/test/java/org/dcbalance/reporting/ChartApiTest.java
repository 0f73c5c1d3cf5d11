package org.dcbalance.reporting;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A small chart in a table asks for one line of few points. */
@ConsolePagesTest
class ChartApiTest {
  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;

  @Test
  void oneSeriesOfFewPointsIsEnoughForASmallChart() {
    try (var pool = new RecordedPool(jdbc, "small-chart", 30);
        var browser = new Browser(port)) {
      browser.signIn("admin", ConsoleTest.PASSWORD);
      var load = load(pool);
      assertThat(browser.get(load).body())
          .contains("\"name\":\"cpu\"", "\"name\":\"memory\"", "\"name\":\"diskRead\"");
      assertThat(browser.get(load + "?series=cpu&points=30").body())
          .contains("\"name\":\"cpu\"", "\"value\":0.85")
          .doesNotContain("memory", "disk", "network");
      assertThat(browser.get(load + "?series=heat").body())
          .contains("This chart has no series \\\"heat\\\".", "Maybe ask for one of cpu, memory");
      assertThat(browser.get(load + "?points=9").body())
          .contains("A chart has 10 to 720 points, and not 9.");
    }
  }

  @Test
  void aFewHoursOfSomeDaysAgoAreShownByTheMinutesThatAreKept() {
    try (var pool = new RecordedPool(jdbc, "zoomed", 5 * 24 * 60);
        var browser = new Browser(port)) {
      browser.signIn("admin", ConsoleTest.PASSWORD);
      var from = Instant.now().minus(Duration.ofDays(4)).truncatedTo(ChronoUnit.SECONDS);
      var to = from.plus(Duration.ofHours(3));
      assertThat(browser.get(load(pool) + "?series=cpu&from=%s&to=%s".formatted(from, to)).body())
          .contains(",1.25]");
    }
  }

  /** The chart of a pool's first host. */
  private String load(RecordedPool pool) {
    return "/api/v1/hosts/%d/load"
        .formatted(
            jdbc.sql("select min(id) from host where pool_id = :pool")
                .param("pool", pool.id())
                .query(Long.class)
                .single());
  }
}
