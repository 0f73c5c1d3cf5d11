package org.dcbalance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.UUID;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

@ConsoleTest
class RetentionTest {
  @Autowired private Retention retention;
  @Autowired private Leadership leadership;
  @Autowired private TelemetrySettings settings;
  @Autowired private JdbcClient jdbc;

  @Test
  void hoursAreAveragedOnceAnHourAndAfterAStart() {
    retention.keepUp(Instant.now());
    try (var pool = new RecordedPool(jdbc, "hours-" + UUID.randomUUID(), 90)) {
      retention.keepUp(Instant.now());
      assertThat(hours(pool)).as("this hour has had its turn").isZero();
      new Retention(jdbc, leadership, settings).keepUp(Instant.now());
      assertThat(hours(pool)).isPositive();
    }
  }

  private int hours(RecordedPool pool) {
    return jdbc.sql(
            """
            select count(*) from host_rollup r join host h on h.id = r.host_id
            where h.pool_id = :pool and r.resolution = 3600
            """)
        .param("pool", pool.id())
        .query(Integer.class)
        .single();
  }
}
