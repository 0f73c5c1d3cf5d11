package org.dcbalance.live;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Hear the signals of all consoles on the database, on a connection of its own outside the pool.
 * When it breaks, open streams end and a new one is tried, after 0.5 s at first and 15 s at most.
 */
@Component
class SignalListener implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(SignalListener.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  /** How long silence may last before the connection is asked whether it still lives. */
  private static final int SILENCE_MILLIS = 5000;

  private static final int ANSWER_SECONDS = 5;

  private final JdbcConnectionDetails database;
  private final OpenStreams streams;
  private volatile @Nullable Thread thread;
  private volatile @Nullable Connection open;

  SignalListener(JdbcConnectionDetails database, OpenStreams streams) {
    this.database = database;
    this.streams = streams;
  }

  @Override
  public void start() {
    var fresh = Thread.ofPlatform().daemon().name("live-signals").unstarted(this::listenForEver);
    thread = fresh;
    fresh.start();
  }

  @Override
  public void stop() {
    var running = thread;
    thread = null;
    if (running != null) {
      running.interrupt();
    }
    breakOff(open);
  }

  @Override
  public boolean isRunning() {
    return thread != null;
  }

  private void listenForEver() {
    var pause = FIRST_PAUSE;
    while (wanted()) {
      try (var connection = connect()) {
        open = connection;
        try (var listen = connection.createStatement()) {
          listen.execute("listen " + Signals.CHANNEL);
        }
        streams.connected();
        pause = FIRST_PAUSE;
        log.debug("Listening for signals.");
        hear(connection);
      } catch (SQLException e) {
        if (wanted()) {
          log.warn("No signals: the database connection failed ({}).", e.getMessage());
        }
      } finally {
        open = null;
        streams.disconnected();
      }
      if (!wanted() || !slept(pause)) {
        return;
      }
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
              ? pause.multipliedBy(2)
              : LONGEST_PAUSE;
    }
  }

  private void hear(Connection connection) throws SQLException {
    var signals = connection.unwrap(PGConnection.class);
    while (wanted()) {
      var heard = signals.getNotifications(SILENCE_MILLIS);
      if (heard == null || heard.length == 0) {
        if (!connection.isValid(ANSWER_SECONDS)) {
          throw new SQLException("it does not answer any more");
        }
        continue;
      }
      for (var notification : heard) {
        Signal.parse(notification.getParameter()).ifPresent(streams::offer);
      }
    }
  }

  private Connection connect() throws SQLException {
    var properties = new Properties();
    putIfKnown(properties, "user", database.getUsername());
    putIfKnown(properties, "password", database.getPassword());
    properties.setProperty("ApplicationName", "DCbalance live");
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("tcpKeepAlive", "true");
    return DriverManager.getConnection(database.getJdbcUrl(), properties);
  }

  private static void putIfKnown(Properties properties, String name, @Nullable String value) {
    if (value != null) {
      properties.setProperty(name, value);
    }
  }

  private boolean wanted() {
    return thread == Thread.currentThread();
  }

  private static boolean slept(Duration pause) {
    try {
      Thread.sleep(pause);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** End the connection while its thread waits in it. */
  private static void breakOff(@Nullable Connection connection) {
    if (connection == null) {
      return;
    }
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      log.debug("The listening connection did not break off well.", e);
    }
  }
}
