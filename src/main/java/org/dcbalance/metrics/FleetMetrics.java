package org.dcbalance.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.Pools;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.telemetry.LoadHistory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Measure the fleet every 15 s, so that reading the metrics costs no query. Every console on a
 * database shows the same, but for {@code dcbalance_leader}; while the database is away they stand
 * still, and {@code dcbalance_metrics_age_seconds} grows.
 */
@Component
class FleetMetrics {
  private static final Logger log = LoggerFactory.getLogger(FleetMetrics.class);

  private final JdbcClient jdbc;
  private final Pools pools;
  private final LoadHistory loads;
  private final Installation installation;
  private final MultiGauge hosts;
  private final MultiGauge vms;
  private final MultiGauge imbalance;
  private final MultiGauge threshold;
  private final MultiGauge decided;
  private final MultiGauge roundAge;
  private final MultiGauge paused;
  private final MultiGauge sampleAge;
  private final MultiGauge recommendations;
  private final MultiGauge open;
  private final MultiGauge finished;
  private final MultiGauge downtime;
  private final MultiGauge notifications;
  private volatile boolean observing;
  private volatile long measuredAt = System.nanoTime();

  FleetMetrics(
      JdbcClient jdbc,
      Pools pools,
      LoadHistory loads,
      Installation installation,
      Leadership leadership,
      MeterRegistry meters) {
    this.jdbc = jdbc;
    this.pools = pools;
    this.loads = loads;
    this.installation = installation;
    this.hosts = several(meters, "hosts", "Hosts by state, those in maintenance apart");
    this.vms = several(meters, "vms", "VMs that are known and not gone");
    this.imbalance = several(meters, "pool.imbalance", "Imbalance at the newest round");
    this.threshold = several(meters, "pool.imbalance.threshold", "Imbalance to act from");
    this.decided =
        several(meters, "pool.decided", "Whether the newest round had data enough to decide");
    this.roundAge = seconds(meters, "pool.round.age", "Time since the newest round");
    this.paused = several(meters, "pool.paused", "Whether balancing is paused");
    this.sampleAge = seconds(meters, "pool.sample.age", "Time since the newest sample");
    this.recommendations = several(meters, "recommendations.waiting", "Moves that wait for a word");
    this.open = several(meters, "migrations.open", "Moves that are queued, running or lost");
    this.finished = several(meters, "migrations.day", "Moves that ended in the last 24 hours");
    this.downtime = seconds(meters, "downtime.day", "Downtime of moves in the last 24 hours");
    this.notifications =
        several(meters, "notifications.open", "Messages that wait, or were given up within a day");
    Gauge.builder("dcbalance.observing", () -> observing ? 1 : 0)
        .description("Whether consoles only observe until the database is confirmed")
        .register(meters);
    Gauge.builder("dcbalance.leader", () -> leadership.held() ? 1 : 0)
        .description("Whether this console collects, decides and moves")
        .register(meters);
    Gauge.builder("dcbalance.metrics.age", () -> (System.nanoTime() - measuredAt) / 1e9)
        .baseUnit("seconds")
        .description("Time since the fleet was measured for these metrics")
        .register(meters);
  }

  private static MultiGauge several(MeterRegistry meters, String name, String description) {
    return MultiGauge.builder("dcbalance." + name).description(description).register(meters);
  }

  private static MultiGauge seconds(MeterRegistry meters, String name, String description) {
    return MultiGauge.builder("dcbalance." + name)
        .baseUnit("seconds")
        .description(description)
        .register(meters);
  }

  @Scheduled(fixedDelayString = "15s", initialDelayString = "1s")
  void measure() {
    try {
      show(
          hosts,
          "select p.name, case when h.maintenance then 'MAINTENANCE' else h.state end, count(*)"
              + " from host h join pool p on p.id = h.pool_id where h.removed_at is null"
              + " group by 1, 2",
          "state");
      show(
          vms,
          "select p.name, count(*) from vm v join host h on h.id = v.host_id"
              + " join pool p on p.id = h.pool_id where v.gone_since is null group by 1");
      rounds();
      show(paused, "select name, cast(paused as int) from pool");
      samples();
      show(
          recommendations,
          "select p.name, count(r.id) from pool p left join recommendation r on r.pool_id = p.id"
              + " and r.state = 'PROPOSED' group by 1");
      show(
          open,
          "select p.name, s.state, count(m.id) from pool p"
              + " cross join (values ('PENDING'), ('RUNNING'), ('LOST')) s (state)"
              + " left join migration m on m.pool_id = p.id and m.state = s.state group by 1, 2",
          "state");
      show(
          finished,
          "select p.name, s.state, count(m.id) from pool p"
              + " cross join (values ('COMPLETED'), ('FAILED'), ('ABORTED'), ('REFUSED')) s (state)"
              + " left join migration m on m.pool_id = p.id and m.state = s.state"
              + " and m.finished_at > now() - interval '24 hours' group by 1, 2",
          "outcome");
      show(
          downtime,
          "select p.name, q.q, percentile_cont(cast(q.q as float8)) within group"
              + " (order by m.downtime_millis) / 1000 from migration m"
              + " join pool p on p.id = m.pool_id cross join (values ('0.5'), ('0.95')) q (q)"
              + " where m.finished_at > now() - interval '24 hours'"
              + " and m.downtime_millis is not null group by 1, 2",
          "quantile");
      notifications();
      observing = installation.doubt().isPresent();
      measuredAt = System.nanoTime();
    } catch (DataAccessException | TransactionException e) {
      log.warn("The metrics stand still: {}", e.getMessage());
    }
  }

  private void rounds() {
    var newest =
        """
        from (select distinct on (r.pool_id) p.name, r.* from round r join pool p on p.id = r.pool_id
          where r.at > now() - interval '1 day' order by r.pool_id, r.id desc) n
        """;
    show(imbalance, "select n.name, n.imbalance " + newest + " where n.imbalance is not null");
    show(threshold, "select n.name, n.threshold " + newest);
    show(decided, "select n.name, cast(n.outcome <> 'NOT_ENOUGH_DATA' as int) " + newest);
    show(roundAge, "select n.name, extract(epoch from now() - n.at) " + newest);
  }

  private void samples() {
    var rows = new ArrayList<Row<?>>();
    for (var pool : pools.findAllByOrderByName()) {
      loads
          .newest(pool.id())
          .ifPresent(
              at ->
                  rows.add(
                      Row.of(
                          Tags.of("pool", pool.name()),
                          Math.max(0, (System.currentTimeMillis() - at.toEpochMilli()) / 1000.0))));
    }
    sampleAge.register(rows, true);
  }

  private void notifications() {
    notifications.register(
        jdbc.sql(
                """
                select s.state, count(n.id) from (values ('WAITING'), ('GIVEN_UP')) s (state)
                left join notification_delivery n on n.state = s.state
                  and (n.state = 'WAITING' or n.at > now() - interval '2 days')
                group by 1
                """)
            .<Row<?>>query((row, i) -> Row.of(Tags.of("state", row.getString(1)), row.getDouble(2)))
            .list(),
        true);
  }

  /** Show what a query gives: the pool, a label for each name, and the value. */
  private void show(MultiGauge gauge, String sql, String... labels) {
    gauge.register(
        jdbc.sql(sql)
            .<Row<?>>query(
                (row, i) -> {
                  var tags = Tags.of("pool", row.getString(1));
                  for (int n = 0; n < labels.length; n++) {
                    tags = tags.and(labels[n], row.getString(n + 2));
                  }
                  return Row.of(tags, row.getDouble(labels.length + 2));
                })
            .list(),
        true);
  }
}
