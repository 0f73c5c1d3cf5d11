package org.dcbalance.migration;

import java.time.Instant;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Write and read what was done for a migration, line by line. */
@Component
class MigrationLog {
  private final JdbcClient jdbc;

  MigrationLog(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** One line of a migration's log. */
  record Line(Instant at, String phase, String sentence) {}

  void add(long migration, Phase phase, String sentence) {
    jdbc.sql(
            """
            insert into migration_log (migration_id, at, phase, sentence)
            values (:migration, clock_timestamp(), :phase, :sentence)
            """)
        .param("migration", migration)
        .param("phase", phase.name())
        .param("sentence", sentence)
        .update();
  }

  List<Line> of(long migration) {
    return jdbc.sql(
            "select at, phase, sentence from migration_log where migration_id = :id order by id")
        .param("id", migration)
        .query(
            (row, n) ->
                new Line(
                    row.getTimestamp("at").toInstant(),
                    row.getString("phase"),
                    row.getString("sentence")))
        .list();
  }
}
