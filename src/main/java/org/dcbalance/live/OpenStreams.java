package org.dcbalance.live;

import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionListener;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Hold the streams of all open pages, and end them when their session ends, when signals may have
 * been missed, and before the server shuts down.
 */
@Component
class OpenStreams implements HttpSessionListener, SmartLifecycle {
  private final Map<LiveStream, String> sessions = new ConcurrentHashMap<>();
  private volatile boolean listening;
  private volatile boolean running;

  /** Open a stream for a page of the session; empty while this console hears no signals. */
  Optional<LiveStream> open(String session) {
    var stream = new LiveStream();
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

  @Override
  public void sessionDestroyed(HttpSessionEvent ended) {
    var session = ended.getSession().getId();
    sessions.forEach(
        (stream, owner) -> {
          if (owner.equals(session)) {
            stream.close();
          }
        });
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
