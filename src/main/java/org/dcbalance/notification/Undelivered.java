package org.dcbalance.notification;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Count the messages that did not arrive. */
@Component
public class Undelivered {
  private final JdbcClient jdbc;

  Undelivered(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * What did not arrive at a destination.
   *
   * @param waiting how many wait for another attempt after one that failed
   * @param newest when the newest attempt was
   */
  public record Of(String destination, long givenUp, long waiting, Instant newest) {}

  /**
   * List the destinations that did not take a message since an instant. Those that are switched off
   * are left out: nobody expects anything there.
   */
  public List<Of> since(Instant since) {
    return jdbc.sql(
            """
            select d.name as destination, count(*) filter (where n.state = 'GIVEN_UP') as given_up,
              count(*) filter (where n.state = 'WAITING') as waiting, max(n.tried_at) as newest
            from notification_delivery n join notification_destination d on d.id = n.destination_id
            where d.enabled and n.tried_at >= :since
              and (n.state = 'GIVEN_UP' or n.state = 'WAITING' and n.attempts > 0 and n.outcome <> '')
            group by d.id order by d.name
            """)
        .param("since", OffsetDateTime.ofInstant(since, ZoneOffset.UTC))
        .query(new SimplePropertyRowMapper<>(Of.class))
        .list();
  }
}
