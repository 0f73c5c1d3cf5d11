package org.dcbalance.migration;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.dcbalance.hypervisor.MigrationProgress;
import org.springframework.jdbc.core.DataClassRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Write and read how far a running migration is: the newest numbers, and points for its chart. */
@Component
class ProgressLog {
  private final JdbcClient jdbc;

  ProgressLog(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** One point of the chart; rates in bytes per second. */
  record Point(
      Instant at,
      int iteration,
      long processedBytes,
      long remainingBytes,
      double dirtyRate,
      double bandwidth) {}

  /** Show that its runner lives; false if it has ended or is driven under another epoch. */
  boolean beat(long migration, long epoch) {
    int current =
        jdbc.sql(
                """
            update migration set heartbeat = clock_timestamp()
            where id = :id and epoch = :epoch and state in ('RUNNING', 'LOST')
            """)
            .param("id", migration)
            .param("epoch", epoch)
            .update();
    return current > 0;
  }

  void add(long migration, long epoch, MigrationProgress now, Passes passes) {
    var left = passes.left();
    var leftBefore = passes.leftBefore();
    int current =
        jdbc.sql(
                """
                update migration set heartbeat = clock_timestamp(), progress = jsonb_build_object(
                    'at', cast(:at as timestamptz), 'elapsedMillis', cast(:elapsed as bigint),
                    'totalBytes', cast(:total as bigint), 'processedBytes', cast(:processed as bigint),
                    'remainingBytes', cast(:remaining as bigint), 'dirtyRate', cast(:dirty as float8),
                    'bandwidth', cast(:bandwidth as float8), 'iteration', cast(:iteration as int),
                    'throttle', cast(:throttle as int), 'left', cast(:left as bigint),
                    'leftBefore', cast(:leftBefore as bigint))
                where id = :id and epoch = :epoch and state = 'RUNNING'
                """)
            .param("at", Timestamp.from(now.at()))
            .param("elapsed", now.elapsed().toMillis())
            .param("total", now.total().bytes())
            .param("processed", now.processed().bytes())
            .param("remaining", now.remaining().bytes())
            .param("dirty", now.dirtyRate().bytesPerSecond())
            .param("bandwidth", now.bandwidth().bytesPerSecond())
            .param("iteration", now.iteration())
            .param("throttle", now.throttle())
            .param("left", left == null ? null : left.bytes())
            .param("leftBefore", leftBefore == null ? null : leftBefore.bytes())
            .param("id", migration)
            .param("epoch", epoch)
            .update();
    if (current == 0) {
      return;
    }
    jdbc.sql(
            """
            insert into migration_progress
              (migration_id, at, iteration, processed_bytes, remaining_bytes, dirty_rate, bandwidth)
            values (:id, :at, :iteration, :processed, :remaining, :dirty, :bandwidth)
            on conflict do nothing
            """)
        .param("id", migration)
        .param("at", Timestamp.from(now.at()))
        .param("iteration", now.iteration())
        .param("processed", now.processed().bytes())
        .param("remaining", now.remaining().bytes())
        .param("dirty", now.dirtyRate().bytesPerSecond())
        .param("bandwidth", now.bandwidth().bytesPerSecond())
        .update();
  }

  /** What was told last of a migration; iteration 0 where its host does not tell. */
  record Last(long elapsedMillis, long processedBytes, int iteration) {}

  /** Give what was told last of a migration; empty if nothing was. */
  Optional<Last> last(long migration) {
    return jdbc.sql(
            """
            select (progress->>'elapsedMillis')::bigint as elapsed_millis,
              (progress->>'processedBytes')::bigint as processed_bytes,
              (progress->>'iteration')::int as iteration
            from migration where id = :id and progress is not null
            """)
        .param("id", migration)
        .query(DataClassRowMapper.newInstance(Last.class))
        .optional();
  }

  List<Point> of(long migration) {
    return jdbc.sql(
            """
            select at, iteration, processed_bytes, remaining_bytes, dirty_rate, bandwidth
            from migration_progress where migration_id = :id order by at
            """)
        .param("id", migration)
        .query(DataClassRowMapper.newInstance(Point.class))
        .list();
  }
}
