package org.dcbalance.live;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Tell every open page, of every console on this database, that something has changed. */
@Component
public class Signals {
  static final String CHANNEL = "dcbalance";

  private static final Logger log = LoggerFactory.getLogger(Signals.class);

  private final JdbcClient jdbc;

  Signals(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Send the signal: within a transaction it goes out with the commit and is dropped by a rollback,
   * which PostgreSQL itself sees to; without one it goes out at once.
   *
   * <p>Without a transaction a failure is only logged: pages catch up when they reconnect.
   *
   * @param name what kind of thing has changed: lower-case letters and hyphens
   * @param id which one, or 0
   */
  public void publish(String name, long id) {
    var signal = new Signal(name, id);
    try {
      jdbc.sql("select pg_notify(?, ?)").params(CHANNEL, signal.payload()).query(row -> {});
    } catch (DataAccessException e) {
      if (TransactionSynchronizationManager.isActualTransactionActive()) {
        throw e;
      }
      log.warn("The signal {} was not sent: {}", signal.payload(), e.toString());
    }
  }
}
