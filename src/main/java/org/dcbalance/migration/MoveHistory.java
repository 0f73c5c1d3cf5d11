package org.dcbalance.migration;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import org.dcbalance.history.MigrationRecords;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.DirtyEstimate;
import org.dcbalance.method.Facts;
import org.dcbalance.method.Learning;
import org.dcbalance.method.Method;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Read what was recorded of a VM's load and of earlier moves, as far as the choice of a method
 * needs it.
 */
@Component
class MoveHistory {
  private static final int MOST_PAST = 50;

  private final JdbcClient jdbc;

  MoveHistory(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Give the dirty rates recorded over the last hour, oldest first. */
  List<ByteRate> dirtyRates(Vm vm) {
    return jdbc.sql(
            """
            select dirty_rate from vm_sample
            where vm_id = :vm and at > now() - interval '1 hour' and dirty_rate is not null
            order by at
            """)
        .param("vm", vm.id().value())
        .query((row, n) -> new ByteRate(row.getDouble(1)))
        .list();
  }

  /** Give the cores that a VM kept busy over the last hour, oldest first. */
  List<Double> cores(Vm vm) {
    return jdbc.sql(
            """
            select cpu_cores from vm_sample
            where vm_id = :vm and at > now() - interval '1 hour' order by at
            """)
        .param("vm", vm.id().value())
        .query((row, n) -> row.getDouble(1))
        .list();
  }

  /** Estimate how fast a VM changes its memory; null if that was never measured. */
  @Nullable DirtyEstimate dirtied(Vm vm) {
    // the last measurement may be older than what samples are kept for
    var last = rates(vm);
    if (last.isEmpty()) {
      return null;
    }
    var recent =
        jdbc.sql(
                """
                select dirty_rate from vm_sample
                where vm_id = :vm and at > now() - interval '15 minutes' and dirty_rate is not null
                order by at desc limit :most
                """)
            .param("vm", vm.id().value())
            .param("most", DirtyEstimate.MOST)
            .query((row, n) -> new ByteRate(row.getDouble(1)))
            .list();
    var shortest = last.getFirst();
    var window = Duration.ofMillis(shortest.millis());
    var estimate =
        DirtyEstimate.of(
            recent.isEmpty() ? List.of(new ByteRate(shortest.bytesPerSecond())) : recent, window);
    var set = workingSet(last);
    return estimate == null || set == null ? estimate : estimate.boundedBy(set, window);
  }

  /** Tell whether what a VM changes was measured in so short a time before now. */
  boolean measuredWithin(Vm vm, Duration time) {
    return jdbc.sql(
            "select exists (select from dirty_measurement where vm_id = :vm"
                + " and at > now() - make_interval(secs => :seconds))")
        .param("vm", vm.id().value())
        .param("seconds", time.toSeconds())
        .query(Boolean.class)
        .single();
  }

  /** Tell how much of its memory a VM writes to; null unless both windows were measured. */
  @Nullable Memory workingSet(Vm vm) {
    return workingSet(rates(vm));
  }

  private static @Nullable Memory workingSet(List<Rate> rates) {
    return rates.size() < 2
        ? null
        : new Memory(
            rates.stream()
                .mapToLong(r -> Math.round(r.bytesPerSecond() * r.millis() / 1000))
                .max()
                .orElse(0));
  }

  private record Rate(int millis, double bytesPerSecond) {}

  private List<Rate> rates(Vm vm) {
    return jdbc.sql(
            "select window_millis, bytes_per_second from dirty_measurement where vm_id = :vm"
                // what was measured last month, or over a window of other settings, tells nothing
                + " and at > now() - interval '1 day' order by window_millis")
        .param("vm", vm.id().value())
        .query((row, n) -> new Rate(row.getInt(1), row.getDouble(2)))
        .list();
  }

  /**
   * Tell what was tried of late. What did not do yesterday may today: a day later it is tried
   * again. Compression that post-copy had to end did not do either. What ran out of its time says
   * nothing of its method: so is taken what ended late in the time that was allowed for it.
   */
  Facts.Tried tried(Vm vm) {
    var givenUp = new EnumMap<Method, ByteRate>(Method.class);
    var compressed = new boolean[1];
    jdbc.sql(
            """
            select distinct on (m.method) m.method, ended, coalesce(s.dirty_rate, 0) as dirty_rate
            from migration m cross join lateral (
              select m.state = 'COMPLETED' and (m.method <> 'XBZRLE' or m.switched_at is null))
                as how (ended)
            left join lateral (
              select avg(dirty_rate) as dirty_rate from (
                select dirty_rate from vm_sample
                where vm_id = m.vm_id and at <= m.started_at and dirty_rate is not null
                order by at desc limit 4) last) s on true
            where m.vm_id = :vm and m.method is not null and m.finished_at > now() - interval '1 day'
              and m.started_at is not null
              and (ended
                or (m.state = 'COMPLETED' or m.state = 'ABORTED' and m.given_up is not null)
                  and m.end_by is null and not m.with_storage
                  and (m.allowed_until is null
                    or m.allowed_until - m.finished_at > (m.allowed_until - m.started_at) / 2))
            order by m.method, m.finished_at desc, m.id desc
            """)
        .param("vm", vm.id().value())
        .query(
            row -> {
              var method = Method.valueOf(row.getString("method"));
              boolean ended = row.getBoolean("ended");
              if (!ended) {
                givenUp.put(method, new ByteRate(row.getDouble("dirty_rate")));
              }
              compressed[0] |= ended && method == Method.XBZRLE;
            });
    return new Facts.Tried(givenUp, compressed[0]);
  }

  /** Give the memory that a VM used by its own account of late; null if it did not tell. */
  @Nullable Memory used(Vm vm) {
    return jdbc.sql(
            """
            select memory_used_bytes from vm_sample
            where vm_id = :vm and at > now() - interval '15 minutes' and memory_used_bytes is not null
            order by at desc limit 1
            """)
        .param("vm", vm.id().value())
        .query((row, n) -> new Memory(row.getLong(1)))
        .optional()
        .orElse(null);
  }

  /** Give the cores that a VM used over the last minutes. */
  double busyCores(Vm vm) {
    return jdbc.sql(
            """
            select coalesce(avg(cpu_cores), 0) from vm_sample
            where vm_id = :vm and at > now() - interval '5 minutes'
            """)
        .param("vm", vm.id().value())
        .query(Double.class)
        .single();
  }

  /**
   * Give what moves of a VM were expected to copy, and copied, oldest first; where no bytes are
   * told, how long they were expected to take, and took. Ballooned ones are left out, since the
   * hypervisor's own figures do not hold that; so are those that sent something else than was
   * expected of them: compressed pages, or what remained when a pre-copy was switched to post-copy.
   * Of one that was expected to send its memory many times over, the model had found no end.
   */
  List<Learning.Forecast> forecasts(Vm vm) {
    return jdbc.sql(
            """
            select expected_bytes, bytes, expected_millis / expected_bias as expected_millis,
              total_millis
            from migration
            where vm_id = :vm and state = 'COMPLETED' and not ballooned and not compressed
              and (switched_at is null or method = 'POST_COPY')
              and not with_storage and expected_bytes > 0 and expected_millis > 0 and total_millis > 0
              and (guest_memory_bytes is null or expected_bytes < 4 * guest_memory_bytes)
            order by finished_at desc, id desc limit :most
            """)
        .param("vm", vm.id().value())
        .param("most", MOST_PAST)
        .query(
            (row, n) -> {
              var bytes = row.getObject("bytes", Long.class);
              return bytes == null
                  ? new Learning.Forecast(
                      row.getDouble("expected_millis"), row.getDouble("total_millis"))
                  : new Learning.Forecast(row.getDouble("expected_bytes"), bytes);
            })
        .list()
        .reversed();
  }

  /** Learn what a route carries from the moves of its pool that no limit held. */
  Facts.Route route(Host source, Host target) {
    var between = new ArrayList<Learning.Past>();
    var elsewhere = new ArrayList<Learning.Past>();
    jdbc.sql(
            """
            select m.source_id, m.target_id, m.total_millis, m.downtime_millis,
              case when not held then sent end as bytes,
              not exists (
                select from migration o
                where o.id <> m.id and o.started_at < m.finished_at
                  and array[o.source_id, o.target_id] && array[m.source_id, m.target_id]
                  and (o.state in ('RUNNING', 'LOST') and o.pool_id = m.pool_id
                    -- one that takes more than a day is rare, and all others are found by an index
                    or o.finished_at > m.started_at
                      and o.finished_at < m.finished_at + interval '1 day'
                      and coalesce(o.bytes, o.total_millis) is not null)) as alone
            from migration m
            """
                + MigrationRecords.AS_IT_WENT
                + """
                where m.pool_id = :pool and m.state = 'COMPLETED' and m.total_millis > 0 and plain
                order by m.source_id = :source and m.target_id = :target desc, m.finished_at desc,
                  m.id desc
                limit :most
                """)
        .param("pool", source.poolId().value())
        .param("source", source.id().value())
        .param("target", target.id().value())
        .param("most", MOST_PAST)
        .query(
            (row, n) -> {
              var past = past(row);
              if (row.getLong("source_id") == source.id().value()
                  && row.getLong("target_id") == target.id().value()) {
                between.addFirst(past);
              }
              elsewhere.addFirst(past);
              return past;
            })
        .list();
    return Learning.route(between, elsewhere);
  }

  private static Learning.Past past(ResultSet row) throws SQLException {
    var downtime = row.getObject("downtime_millis", Long.class);
    var bytes = row.getObject("bytes", Long.class);
    return new Learning.Past(
        bytes == null ? null : new Memory(bytes),
        Duration.ofMillis(row.getLong("total_millis")),
        downtime == null ? null : Duration.ofMillis(downtime),
        row.getBoolean("alone"));
  }
}
