package org.dcbalance.inventory;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Read all that happened in the fleet, with the names of what it concerns. */
@Repository
public class FleetEventLog {
  private final JdbcClient jdbc;

  FleetEventLog(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * One thing that happened; ids and names are null where it concerns none.
   *
   * @param kind a short name for programs
   */
  public record Entry(
      long id,
      Instant at,
      Severity severity,
      String kind,
      String sentence,
      @Nullable Long poolId,
      @Nullable String pool,
      @Nullable Long hostId,
      @Nullable String host,
      @Nullable Long vmId,
      @Nullable String vm) {}

  /** List events with an id below the given one, newest first. */
  public List<Entry> list(FleetEventFilter filter, long before, int most) {
    return jdbc.sql(
            """
            select e.id, e.at, e.severity, e.kind, e.sentence, e.pool_id, p.name as pool,
              e.host_id, h.name as host, e.vm_id, v.name as vm
            from fleet_event e left join pool p on p.id = e.pool_id
              left join host h on h.id = e.host_id left join vm v on v.id = e.vm_id
            where e.id < :before and e.severity in (:severities)
              and (cast(:pool as bigint) is null or e.pool_id = :pool)
              and (cast(:hostId as bigint) is null or e.host_id = :hostId)
              and (cast(:vmId as bigint) is null or e.vm_id = :vmId)
              and (cast(:host as text) is null or h.name ilike :host)
              and (cast(:vm as text) is null or v.name ilike :vm)
              and (cast(:from as timestamptz) is null or e.at >= :from)
              and (cast(:to as timestamptz) is null or e.at < :to)
            order by e.id desc limit :most
            """)
        .param("before", before)
        .param("severities", atLeast(filter.severity()))
        .param("pool", filter.poolId())
        .param("hostId", filter.hostId())
        .param("vmId", filter.vmId())
        .param("host", part(filter.host()))
        .param("vm", part(filter.vm()))
        .param("from", at(filter.from()))
        .param("to", at(filter.to()))
        .param("most", most)
        .query(new SimplePropertyRowMapper<>(Entry.class))
        .list();
  }

  private static List<String> atLeast(@Nullable Severity least) {
    return Arrays.stream(Severity.values())
        .filter(each -> least == null || each.compareTo(least) >= 0)
        .map(Severity::name)
        .toList();
  }

  private static @Nullable String part(@Nullable String name) {
    return name == null
        ? null
        : "%" + name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
  }

  private static @Nullable OffsetDateTime at(@Nullable Instant instant) {
    return instant == null ? null : OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
  }
}
