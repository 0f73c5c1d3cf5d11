package org.dcbalance.checkpoint;

import java.time.Duration;
import org.dcbalance.testing.Await;
import org.springframework.jdbc.core.simple.JdbcClient;

/** One VM of the console that tests share; its inventory finds some once it has begun. */
final class AnyVm {
  private AnyVm() {}

  static long id(JdbcClient jdbc) {
    return Await.until(
        "a VM",
        Duration.ofSeconds(30),
        () ->
            jdbc.sql("select max(id) from vm where gone_since is null")
                .query(Long.class)
                .optional()
                .orElse(null),
        id -> id > 0);
  }
}
