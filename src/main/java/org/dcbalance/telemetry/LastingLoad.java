package org.dcbalance.telemetry;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.units.HostId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Tell load that lasts from a peak, by the means of the last ten finished minutes. */
@Component
public class LastingLoad {
  private static final int MINUTES = 10;

  /** The newest finished minutes are averaged up to a minute after they ended. */
  private static final Duration WINDOW = Duration.ofMinutes(MINUTES + 2);

  private final JdbcClient jdbc;

  LastingLoad(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * What a host used over some minutes, as shares from 0 to 1.
   *
   * @param minutes how many of the last ones are known, at most ten
   * @param cpuLeast mean of the minute that had the least
   */
  public record Minutes(
      long hostId,
      int minutes,
      double cpuLeast,
      double cpuMean,
      double memoryLeast,
      double memoryMean) {
    /** Tell whether enough minutes are known to speak of all of them. */
    public boolean whole() {
      return minutes >= MINUTES * 8 / 10;
    }
  }

  /** Give the last minutes of each host that has any. */
  public Map<HostId, Minutes> hosts() {
    var found = new HashMap<HostId, Minutes>();
    jdbc.sql(
            """
            with share as (
              select host_id, cpu_cores / nullif(cores, 0) as cpu,
                cast(memory_used_bytes as float8) / nullif(memory_bytes, 0) as memory,
                row_number() over (partition by host_id order by at desc) as newest
              from host_rollup where resolution = 60 and at >= :since)
            select host_id, cast(count(*) as int) as minutes, min(cpu) as cpu_least,
              avg(cpu) as cpu_mean, min(memory) as memory_least, avg(memory) as memory_mean
            from share where newest <= :most and cpu is not null and memory is not null
            group by host_id
            """)
        .param("since", OffsetDateTime.now(ZoneOffset.UTC).minus(WINDOW))
        .param("most", MINUTES)
        .query(Minutes.class)
        .list()
        .forEach(each -> found.put(new HostId(each.hostId()), each));
    return found;
  }
}
