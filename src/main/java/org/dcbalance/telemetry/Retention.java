package org.dcbalance.telemetry;

import jakarta.annotation.PostConstruct;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.dcbalance.leadership.Leadership;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Make the partitions of the coming days, average finished minutes and hours, drop what is old. */
@Component
class Retention {
  private static final Logger log = LoggerFactory.getLogger(Retention.class);
  private static final List<String> PARTITIONED = List.of("host_sample", "vm_sample");
  private static final int DAYS_AHEAD = 2;
  private static final DateTimeFormatter DAY = DateTimeFormatter.BASIC_ISO_DATE;

  private final JdbcClient jdbc;
  private final Leadership leadership;
  private final TelemetrySettings settings;

  /** The hour, on the database's clock, in which all before it was seen to. */
  private @Nullable OffsetDateTime hour;

  Retention(JdbcClient jdbc, Leadership leadership, TelemetrySettings settings) {
    this.jdbc = jdbc;
    this.leadership = leadership;
    this.settings = settings;
  }

  @PostConstruct
  void prepare() {
    makePartitions(LocalDate.now(ZoneOffset.UTC));
  }

  @Scheduled(fixedDelayString = "1m", initialDelayString = "1m")
  void tidy() {
    if (!leadership.held()) {
      return;
    }
    try {
      keepUp(Instant.now());
    } catch (DataAccessException | TransactionException e) {
      log.warn("Tidying up the load history waits for the database: {}", e.getMessage());
    }
  }

  void keepUp(Instant now) {
    makePartitions(now.atOffset(ZoneOffset.UTC).toLocalDate());
    // asked for before minutes are rolled, so that all of an hour that ended are there
    var current = jdbc.sql("select date_trunc('hour', now())").query(OffsetDateTime.class).single();
    rollMinutes();
    if (!current.equals(hour)) {
      // what comes late for this is made up for an hour later, as is all that six hours lack
      rollHours();
      dropOld(now);
      hour = current;
    }
  }

  private void makePartitions(LocalDate today) {
    for (var table : PARTITIONED) {
      for (int ahead = 0; ahead <= DAYS_AHEAD; ahead++) {
        var day = today.plusDays(ahead);
        jdbc.sql("select make_sample_partition(cast(:table as regclass), :day)")
            .param("table", table)
            .param("day", day)
            .query(row -> {});
      }
    }
  }

  private void rollMinutes() {
    jdbc.sql(
            """
            insert into host_rollup (resolution, at, host_id, samples, cpu_cores, cpu_cores_max, cores,
              memory_used_bytes, memory_bytes, net_received, net_sent, disk_read, disk_written)
            select 60, date_trunc('minute', at) as minute, host_id, count(*), avg(cpu_cores),
              max(cpu_cores), max(cores), avg(memory_used_bytes), max(memory_bytes),
              avg(net_received), avg(net_sent), avg(disk_read), avg(disk_written)
            from host_sample
            where at >= date_trunc('minute', now()) - interval '15 minutes'
              and at < date_trunc('minute', now())
            group by 2, 3
            on conflict (host_id, resolution, at) do nothing
            """)
        .update();
    jdbc.sql(
            """
            insert into vm_rollup (resolution, at, vm_id, samples, cpu_cores, cpu_cores_max,
              memory_bytes, memory_used_bytes, net_received, net_sent, disk_read, disk_written,
              dirty_rate)
            select 60, date_trunc('minute', at), vm_id, count(*), avg(cpu_cores), max(cpu_cores),
              avg(memory_bytes), avg(memory_used_bytes), avg(net_received), avg(net_sent),
              avg(disk_read), avg(disk_written), avg(dirty_rate)
            from vm_sample
            where at >= date_trunc('minute', now()) - interval '15 minutes'
              and at < date_trunc('minute', now())
            group by 2, 3
            on conflict (vm_id, resolution, at) do nothing
            """)
        .update();
  }

  private void rollHours() {
    jdbc.sql(
            """
            insert into host_rollup (resolution, at, host_id, samples, cpu_cores, cpu_cores_max, cores,
              memory_used_bytes, memory_bytes, net_received, net_sent, disk_read, disk_written)
            select 3600, date_trunc('hour', at), host_id, sum(samples), avg(cpu_cores),
              max(cpu_cores_max), max(cores), avg(memory_used_bytes), max(memory_bytes),
              avg(net_received), avg(net_sent), avg(disk_read), avg(disk_written)
            from host_rollup
            where resolution = 60 and at >= date_trunc('hour', now()) - interval '6 hours'
              and at < date_trunc('hour', now())
            group by 2, 3
            on conflict (host_id, resolution, at) do nothing
            """)
        .update();
    jdbc.sql(
            """
            insert into vm_rollup (resolution, at, vm_id, samples, cpu_cores, cpu_cores_max,
              memory_bytes, memory_used_bytes, net_received, net_sent, disk_read, disk_written,
              dirty_rate)
            select 3600, date_trunc('hour', at), vm_id, sum(samples), avg(cpu_cores),
              max(cpu_cores_max), avg(memory_bytes), avg(memory_used_bytes), avg(net_received),
              avg(net_sent), avg(disk_read), avg(disk_written), avg(dirty_rate)
            from vm_rollup
            where resolution = 60 and at >= date_trunc('hour', now()) - interval '6 hours'
              and at < date_trunc('hour', now())
            group by 2, 3
            on conflict (vm_id, resolution, at) do nothing
            """)
        .update();
  }

  private void dropOld(Instant now) {
    var oldest = now.minus(settings.keepSamples()).atOffset(ZoneOffset.UTC).toLocalDate();
    for (var table : PARTITIONED) {
      var partitions =
          jdbc.sql(
                  """
                  select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
                  where i.inhparent = cast(:table as regclass) order by c.relname
                  """)
              .param("table", table)
              .query((row, index) -> row.getString(1))
              .list();
      for (var partition : partitions) {
        var day = LocalDate.parse(partition.substring(table.length() + 1), DAY);
        if (day.isBefore(oldest)) {
          jdbc.sql("select drop_sample_partition(cast(:table as regclass), :day)")
              .param("table", table)
              .param("day", day)
              .query(row -> {});
          log.info("Dropped the samples of {}", day);
        }
      }
    }
    for (var table : List.of("host_rollup", "vm_rollup")) {
      jdbc.sql(
              "delete from "
                  + table
                  + """
                   where (resolution = 60 and at < now() - :minutes * interval '1 second')
                      or (resolution = 3600 and at < now() - :hours * interval '1 second')
                  """)
          .param("minutes", settings.keepMinutes().toSeconds())
          .param("hours", settings.keepHours().toSeconds())
          .update();
    }
  }
}
