package org.dcbalance.pages;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Look up how the database and the collecting are. */
@Component
class AboutFigures {
  private final JdbcClient jdbc;

  AboutFigures(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * What the database is.
   *
   * @param bytes size of the whole database
   */
  record Database(String version, String role, long bytes) {}

  /** How much room one kind of data takes. */
  record Kept(String name, long bytes) {}

  /**
   * Which console runs rounds and migrations.
   *
   * @param until when its lease runs out unless it is renewed
   */
  record Leader(String holder, Instant until) {}

  /**
   * How collecting from one host goes.
   *
   * @param newest null where no sample of the last hour is there
   * @param perHour samples within the last hour
   */
  record Collecting(
      long hostId,
      String host,
      String state,
      String detail,
      String hypervisor,
      String library,
      @Nullable Instant newest,
      long perHour) {}

  Database database() {
    return jdbc.sql(
            """
            select current_setting('server_version') as version, current_user as role,
              pg_database_size(current_database()) as bytes
            """)
        .query(new SimplePropertyRowMapper<>(Database.class))
        .single();
  }

  /** List what takes room, largest first; together it is the whole database. */
  List<Kept> kept() {
    return jdbc.sql(
            """
            with size as (
              select case
                  when relname like 'host_sample%' or relname like 'vm_sample%' then 'Samples'
                  when relname like '%_rollup' then 'Averages of minutes and hours'
                  when relname = 'audit_entry' then 'Audit log'
                  when relname like 'migration%' then 'Migrations'
                  when relname in ('round', 'recommendation', 'past_decision') then 'Decisions'
                  when relname like 'spring_session%' then 'Sessions'
                  else 'Everything else' end as name,
                pg_total_relation_size(oid) as bytes
              from pg_class where relkind = 'r' and relnamespace = cast(current_schema as regnamespace)),
            ours as (select name, cast(sum(bytes) as bigint) as bytes from size group by name)
            select name, bytes from ours union all
            select 'PostgreSQL itself', cast(pg_database_size(current_database()) - sum(bytes) as bigint)
            from ours order by bytes desc, name
            """)
        .query(new SimplePropertyRowMapper<>(Kept.class))
        .list();
  }

  List<Leader> leaders() {
    return jdbc.sql("select holder, until from lease where until > clock_timestamp() order by name")
        .query(
            (row, index) ->
                new Leader(row.getString("holder"), row.getTimestamp("until").toInstant()))
        .list();
  }

  List<Collecting> collecting() {
    return jdbc.sql(
            """
            select h.id, h.name, h.state, h.state_detail, h.hypervisor, h.hypervisor_version,
              h.library_version, s.newest, coalesce(s.samples, 0) as samples
            from host h left join (
              select host_id, max(at) as newest, count(*) as samples from host_sample
              where at > now() - interval '1 hour' group by host_id) s on s.host_id = h.id
            where h.removed_at is null order by h.name
            """)
        .query(
            (row, index) ->
                new Collecting(
                    row.getLong("id"),
                    row.getString("name"),
                    row.getString("state"),
                    row.getString("state_detail"),
                    (row.getString("hypervisor") + " " + row.getString("hypervisor_version"))
                        .strip(),
                    row.getString("library_version"),
                    row.getTimestamp("newest") == null
                        ? null
                        : row.getTimestamp("newest").toInstant(),
                    row.getLong("samples")))
        .list();
  }
}
