package org.dcbalance.reporting;

import java.time.Instant;
import java.util.List;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Tell what was done for a migration, step by step, as it was recorded. */
@Component
public class MigrationStory {
  private final JdbcClient jdbc;

  MigrationStory(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** One line of the log; the phase by its stored name. */
  public record Line(Instant at, String phase, String sentence) {}

  /** When a pass over the guest's memory was first seen, counted from 1. */
  public record Pass(int iteration, Instant at) {}

  public List<Line> lines(long migration) {
    return jdbc.sql(
            "select at, phase, sentence from migration_log where migration_id = :id order by id")
        .param("id", migration)
        .query(new SimplePropertyRowMapper<>(Line.class))
        .list();
  }

  /** List the passes; empty where the hypervisor does not tell them. */
  public List<Pass> passes(long migration) {
    return jdbc.sql(
            """
            select iteration, min(at) as at from migration_progress
            where migration_id = :id and iteration > 0 group by iteration order by iteration
            """)
        .param("id", migration)
        .query(new SimplePropertyRowMapper<>(Pass.class))
        .list();
  }

  /** Tell whether there are progress numbers to draw. */
  public boolean sampled(long migration) {
    return jdbc.sql("select exists (select 1 from migration_progress where migration_id = :id)")
        .param("id", migration)
        .query(Boolean.class)
        .single();
  }
}
