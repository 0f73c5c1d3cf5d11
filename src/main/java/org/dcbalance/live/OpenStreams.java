package org.dcbalance.live;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.access.OpenSessions;
import org.dcbalance.access.SessionsEnded;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Hold the streams of all open pages, and end them when their session ends, when signals may have
 * been missed, and before the server shuts down.
 */
@Component
class OpenStreams implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(OpenStreams.class);

  private final Map<LiveStream, String> sessions = new ConcurrentHashMap<>();
  private final OpenSessions known;
  private volatile boolean listening;
  private volatile boolean running;

  OpenStreams(OpenSessions known) {
    this.known = known;
  }

  /** Open a stream for a page of the session; empty while this console hears no signals. */
  Optional<LiveStream> open(String session) {
    var stream = new LiveStream(LiveStream.HEARTBEAT);
    sessions.put(stream, session);
    if (listening && running) {
      return Optional.of(stream);
    }
    sessions.remove(stream);
    return Optional.empty();
  }

  void forget(LiveStream stream) {
    sessions.remove(stream);
  }

  int count() {
    return sessions.size();
  }

  void offer(Signal signal) {
    sessions.keySet().forEach(stream -> stream.offer(signal));
  }

  /** Signals arrive from now on. */
  void connected() {
    listening = true;
  }

  /** Signals may be missed from now on: pages must not look live, and start afresh later. */
  void disconnected() {
    listening = false;
    sessions.keySet().forEach(LiveStream::close);
  }

  @EventListener
  void on(SessionsEnded ended) {
    sessions.forEach(
        (stream, owner) -> {
          if (ended.ids().contains(owner)) {
            stream.close();
          }
        });
  }

  /** Sessions also run out, or are ended at another console. */
  @Scheduled(fixedDelayString = "5s")
  void closeThoseOfEndedSessions() {
    try {
      on(new SessionsEnded(known.ended(Set.copyOf(sessions.values()))));
    } catch (DataAccessException e) {
      log.debug("Whether sessions have ended is not known now.", e);
    }
  }

  @Override
  public void start() {
    running = true;
  }

  /** Runs before the web server waits for its requests to end, of which open streams are some. */
  @Override
  public void stop() {
    running = false;
    sessions.keySet().forEach(LiveStream::close);
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
