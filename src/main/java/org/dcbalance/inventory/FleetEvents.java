package org.dcbalance.inventory;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Record and list what happened in the fleet, in sentences for operators. */
@Component
public class FleetEvents {
  private final JdbcClient jdbc;
  private final ApplicationEventPublisher publisher;

  FleetEvents(JdbcClient jdbc, ApplicationEventPublisher publisher) {
    this.jdbc = jdbc;
    this.publisher = publisher;
  }

  /** How much an event matters. */
  public enum Severity {
    INFO,
    WARN,
    BAD
  }

  /** One thing that happened; ids are null where it concerns none. */
  public record FleetEvent(
      long id,
      Instant at,
      @Nullable Long poolId,
      @Nullable Long hostId,
      @Nullable Long vmId,
      Severity severity,
      String kind,
      String sentence) {}

  public void record(
      Severity severity,
      String kind,
      @Nullable PoolId pool,
      @Nullable HostId host,
      @Nullable VmId vm,
      String sentence) {
    jdbc.sql(
            """
            insert into fleet_event (pool_id, host_id, vm_id, severity, kind, sentence)
            values (:pool, :host, :vm, :severity, :kind, :sentence)
            """)
        .param("pool", pool == null ? null : pool.value())
        .param("host", host == null ? null : host.value())
        .param("vm", vm == null ? null : vm.value())
        .param("severity", severity.name())
        .param("kind", kind)
        .param("sentence", sentence)
        .update();
    publisher.publishEvent(new FleetEventRecorded(severity, kind, pool, host, vm, sentence));
  }

  /** List the newest events of a pool (of all pools with null), newest first. */
  public List<FleetEvent> newest(@Nullable PoolId pool, int most) {
    return jdbc.sql(
            """
            select id, at, pool_id, host_id, vm_id, severity, kind, sentence from fleet_event
            where cast(:pool as bigint) is null or pool_id = :pool
            order by at desc, id desc limit :most
            """)
        .param("pool", pool == null ? null : pool.value())
        .param("most", most)
        .query(new SimplePropertyRowMapper<>(FleetEvent.class))
        .list();
  }

  /** List events of some kinds since an instant, newest first; of all pools with null. */
  public List<FleetEvent> since(@Nullable PoolId pool, List<String> kinds, Instant since) {
    return jdbc.sql(
            """
            select id, at, pool_id, host_id, vm_id, severity, kind, sentence from fleet_event
            where at >= :since and kind in (:kinds)
              and (cast(:pool as bigint) is null or pool_id = :pool)
            order by at desc, id desc
            """)
        .param("pool", pool == null ? null : pool.value())
        .param("kinds", kinds)
        .param("since", OffsetDateTime.ofInstant(since, ZoneOffset.UTC))
        .query(new SimplePropertyRowMapper<>(FleetEvent.class))
        .list();
  }

  /** Find the newest event of a pool that is of one of these kinds. */
  public Optional<FleetEvent> newest(PoolId pool, List<String> kinds) {
    return jdbc.sql(
            """
            select id, at, pool_id, host_id, vm_id, severity, kind, sentence from fleet_event
            where pool_id = :pool and kind in (:kinds) order by at desc, id desc limit 1
            """)
        .param("pool", pool.value())
        .param("kinds", kinds)
        .query(new SimplePropertyRowMapper<>(FleetEvent.class))
        .optional();
  }
}
