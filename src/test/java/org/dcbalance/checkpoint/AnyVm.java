package org.dcbalance.checkpoint;

import java.time.Duration;
import org.dcbalance.testing.Await;
import org.springframework.jdbc.core.simple.JdbcClient;

/** One simulated VM of the console that tests share; its inventory finds some once it has begun. */
final class AnyVm {
  private AnyVm() {}

  static long id(JdbcClient jdbc) {
    return Await.until(
        "a VM",
        Duration.ofSeconds(30),
        () ->
            jdbc.sql(
                    """
                    select max(v.id) from vm v join host h on h.id = v.host_id
                    join pool p on p.id = h.pool_id where p.simulated and v.gone_since is null
                    """)
                .query(Long.class)
                .optional()
                .orElse(null),
        id -> id > 0);
  }
}
