package org.dcbalance.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard and the alerts ask for metrics that a running console has. */
@ConsoleTest
class GrafanaTest {
  private static final Path FOLDER = Path.of("docs/grafana");
  private static final Pattern METRIC =
      Pattern.compile("\\b(?:dcbalance|jvm|hikaricp|process|http)_[a-z_]+\\b");

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private FleetMetrics metrics;

  @Test
  void eachMetricOfTheDashboardAndTheAlertsIsThere() throws IOException {
    haveAMove();
    long pool = haveADecidedPool();
    var there =
        Await.until(
            "a sample was taken",
            Duration.ofSeconds(15),
            () -> {
              metrics.measure();
              return exported();
            },
            names -> names.contains("dcbalance_pool_sample_age_seconds"));
    jdbc.sql("delete from pool where id = :id").param("id", pool).update();
    var dashboard = JsonMapper.shared().readTree(FOLDER.resolve("dcbalance.json").toFile());
    var asked = new TreeSet<String>();
    dashboard.findValues("expr").forEach(expr -> asked.addAll(metricsIn(expr.asString())));
    asked.addAll(metricsIn(dashboard.at("/templating/list/1/query").asString()));
    assertThat(asked).hasSizeGreaterThan(15);
    assertThat(there).containsAll(asked);

    var alerts = metricsIn(Files.readString(FOLDER.resolve("README.md")));
    assertThat(alerts).hasSizeGreaterThan(8);
    assertThat(there).containsAll(alerts);
  }

  @Test
  void theFiguresAreThoseOfTheDatabase() {
    haveAMove();
    var pool = "Simulated";
    // more of them may come to be known between two looks
    var shown =
        Await.until(
            "the VMs of the database",
            Duration.ofSeconds(30),
            () -> {
              metrics.measure();
              return lines();
            },
            text -> text.contains("dcbalance_vms{pool=\"" + pool + "\"} " + vms(pool) + ".0"));
    assertThat(shown)
        .containsPattern("dcbalance_hosts\\{pool=\"" + pool + "\",state=\"UP\"} [1-4]\\.0")
        .contains("dcbalance_migrations_day{outcome=\"FAILED\",pool=\"" + pool + "\"}")
        .containsPattern(
            "dcbalance_downtime_day_seconds\\{pool=\"" + pool + "\",quantile=\"0.95\"} 0\\.[0-9]+")
        .contains("dcbalance_observing 0.0")
        .contains("dcbalance_leader 1.0");
  }

  private long vms(String pool) {
    return jdbc.sql(
            """
            select count(*) from vm v join host h on h.id = v.host_id join pool p on p.id = h.pool_id
            where p.name = :pool and v.gone_since is null
            """)
        .param("pool", pool)
        .query(Long.class)
        .single();
  }

  private long haveADecidedPool() {
    long pool =
        jdbc.sql("insert into pool (name, paused) values (:name, true) returning id")
            .param("name", "metrics " + UUID.randomUUID())
            .query(Long.class)
            .single();
    jdbc.sql(
            """
            insert into round (pool_id, number, at, took_millis, strategy, outcome, imbalance, threshold,
              window_seconds, sentence, requested_by, passed_over, terms)
            values (:pool, 1, now(), 1, 'DCbalance', 'BALANCED', 0.08, 0.15, 60, 'Balanced.', 'amy', '[]', '[]')
            """)
        .param("pool", pool)
        .update();
    return pool;
  }

  private void haveAMove() {
    Await.until(
        "a VM",
        Duration.ofSeconds(30),
        () ->
            jdbc.sql(
                    """
                    insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
                      created_at, started_at, finished_at, downtime_millis)
                    select h.pool_id, v.id, h.id, h.id, 'COMPLETED', 'DONE', 'For metrics.', 'amy',
                      now() - interval '20 hours', now() - interval '20 hours', now() - interval '20 hours', 310
                    from vm v join host h on h.id = v.host_id where v.gone_since is null order by v.id limit 1
                    """)
                .update(),
        moves -> moves == 1);
  }

  private String lines() {
    try (var browser = new Browser(port)) {
      return browser
          .get("/actuator/prometheus", "Authorization", "Bearer " + ConsoleTest.TOKEN)
          .body();
    }
  }

  private Set<String> exported() {
    return lines()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("[{ ]", 2)[0])
        .collect(Collectors.toSet());
  }

  private static Set<String> metricsIn(String text) {
    return METRIC.matcher(text).results().map(r -> r.group()).collect(Collectors.toSet());
  }
}
