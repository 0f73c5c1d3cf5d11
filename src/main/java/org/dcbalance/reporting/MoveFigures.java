package org.dcbalance.reporting;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Sum up finished moves per VM and per host. */
@Component
public class MoveFigures {
  private final JdbcClient jdbc;

  MoveFigures(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** The completed moves of one VM; downtimes as measured by the hypervisor, in milliseconds. */
  public record Downtime(long vmId, String vm, int moves, long longestMillis, long lastMillis) {}

  /** How many guests came to and left a host. */
  public record InOut(int in, int out) {
    public static final InOut NONE = new InOut(0, 0);
  }

  /** List the VMs with the longest measured downtimes since an instant; of all pools with null. */
  public List<Downtime> downtimes(@Nullable PoolId pool, Instant since, int most) {
    return jdbc.sql(
            """
            select m.vm_id, v.name as vm, cast(count(*) as int) as moves,
              max(m.downtime_millis) as longest_millis,
              (array_agg(m.downtime_millis order by m.finished_at desc, m.id desc))[1] as last_millis
            from migration m join vm v on v.id = m.vm_id
            where m.state = 'COMPLETED' and m.finished_at >= :since
              and m.downtime_millis is not null
              and (cast(:pool as bigint) is null or m.pool_id = :pool)
            group by m.vm_id, v.name order by longest_millis desc, v.name, m.vm_id
            limit :most
            """)
        .param("since", utc(since))
        .param("pool", pool == null ? null : pool.value())
        .param("most", most)
        .query(new SimplePropertyRowMapper<>(Downtime.class))
        .list();
  }

  private record HostCount(long hostId, int came, int went) {}

  /** Count the completed moves to and from each host since an instant. */
  public Map<HostId, InOut> perHost(Instant since) {
    var found = new HashMap<HostId, InOut>();
    jdbc.sql(
            """
            with moved as (select source_id, target_id from migration
              where state = 'COMPLETED' and finished_at >= :since)
            select h.id as host_id,
              cast((select count(*) from moved where target_id = h.id) as int) as came,
              cast((select count(*) from moved where source_id = h.id) as int) as went
            from host h where h.removed_at is null
            """)
        .param("since", utc(since))
        .query(HostCount.class)
        .list()
        .forEach(c -> found.put(new HostId(c.hostId()), new InOut(c.came(), c.went())));
    return found;
  }

  /** Give the ids of the newest ended migrations from or to a host, newest first. */
  public List<Long> newestOf(HostId host, int most) {
    return jdbc.sql(
            """
            select id from migration
            where (source_id = :host or target_id = :host) and finished_at is not null
            order by finished_at desc, id desc limit :most
            """)
        .param("host", host.value())
        .param("most", most)
        .query((row, index) -> row.getLong(1))
        .list();
  }

  private static OffsetDateTime utc(Instant instant) {
    return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
  }
}
