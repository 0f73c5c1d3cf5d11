package org.dcbalance.access;

import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Know and end the sessions that all consoles on the database share. */
@Component
public class OpenSessions {
  private static final Logger log = LoggerFactory.getLogger(OpenSessions.class);

  private final JdbcClient jdbc;
  private final ApplicationEventPublisher publisher;
  private final SignInSettings settings;

  OpenSessions(JdbcClient jdbc, ApplicationEventPublisher publisher, SignInSettings settings) {
    this.jdbc = jdbc;
    this.publisher = publisher;
    this.settings = settings;
  }

  /** Find out which of these sessions have ended or run out. */
  public Set<String> ended(Collection<String> ids) {
    if (ids.isEmpty()) {
      return Set.of();
    }
    var ended = new HashSet<>(ids);
    jdbc.sql(
            """
            select session_id from spring_session
            where session_id = any(:ids) and principal_name is not null
              and expiry_time > extract(epoch from clock_timestamp()) * 1000
            """)
        .param("ids", ids.toArray(String[]::new))
        .query(
            row -> {
              ended.remove(row.getString(1).strip());
            });
    return ended;
  }

  /** End all sessions of a user; tell how many there were. */
  int end(String user) {
    return endOthers(user, "");
  }

  /** End all sessions of a user but the one with this id; tell how many there were. */
  int endOthers(String user, String id) {
    var ids =
        jdbc.sql(
                """
                delete from spring_session where principal_name = :user and session_id <> :id
                returning session_id
                """)
            .param("user", user)
            .param("id", id)
            .query((row, index) -> row.getString(1).strip())
            .list();
    publisher.publishEvent(new SessionsEnded(Set.copyOf(ids)));
    return ids.size();
  }

  /** End those that began too long ago, however busy they are. */
  @Scheduled(fixedDelayString = "1m")
  void endOld() {
    try {
      var ids =
          jdbc.sql(
                  """
                  delete from spring_session where principal_name is not null
                    and creation_time < extract(epoch from clock_timestamp()) * 1000 - :longest
                  returning session_id
                  """)
              .param("longest", settings.longest().toMillis())
              .query((row, index) -> row.getString(1).strip())
              .list();
      publisher.publishEvent(new SessionsEnded(Set.copyOf(ids)));
    } catch (DataAccessException e) {
      log.debug("Whether sessions are too old is not known now.", e);
    }
  }

  /** Count the sessions of each user. */
  Map<String, Long> perUser() {
    return jdbc
        .sql(
            """
            select principal_name, count(*) from spring_session
            where principal_name is not null
              and expiry_time > extract(epoch from clock_timestamp()) * 1000
            group by principal_name
            """)
        .query((row, index) -> Map.entry(row.getString(1), row.getLong(2)))
        .list()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
