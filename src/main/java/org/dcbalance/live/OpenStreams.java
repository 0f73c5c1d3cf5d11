package org.dcbalance.live;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.dcbalance.access.OpenSessions;
import org.dcbalance.access.SessionsEnded;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
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

  private final Map<LiveStream, Owner> owners = new ConcurrentHashMap<>();
  private final OpenSessions known;
  private final LiveSettings settings;
  private volatile boolean listening;
  private volatile boolean running;

  OpenStreams(OpenSessions known, LiveSettings settings) {
    this.known = known;
    this.settings = settings;
  }

  /** Whose page a stream goes to. */
  private record Owner(String session, String user) {}

  /**
   * Open a stream for a page of a user's session; empty while this console hears no signals.
   *
   * @throws Problem TOO_MANY if the user holds as many as one may
   */
  synchronized Optional<LiveStream> open(String session, String user) {
    var held = heldBy(user);
    if (held.size() >= settings.streamsPerUser()) {
      // some of their pages may have gone, and the next attempt finds room then
      held.forEach(LiveStream::beat);
      throw new Problem(
          ErrorCode.TOO_MANY,
          "%s has %d pages open on this console, and no more can be live."
              .formatted(user, held.size()),
          "Maybe close some of them: this one tries again by itself.");
    }
    var stream = new LiveStream(LiveStream.HEARTBEAT);
    owners.put(stream, new Owner(session, user));
    if (listening && running) {
      return Optional.of(stream);
    }
    owners.remove(stream);
    return Optional.empty();
  }

  private List<LiveStream> heldBy(String user) {
    return owners.entrySet().stream()
        .filter(each -> each.getValue().user().equals(user))
        .map(Map.Entry::getKey)
        .toList();
  }

  void forget(LiveStream stream) {
    owners.remove(stream);
  }

  int count() {
    return owners.size();
  }

  void offer(Signal signal) {
    owners.keySet().forEach(stream -> stream.offer(signal));
  }

  /** Signals arrive from now on. */
  void connected() {
    listening = true;
  }

  /** Signals may be missed from now on: pages must not look live, and start afresh later. */
  void disconnected() {
    listening = false;
    owners.keySet().forEach(LiveStream::close);
  }

  @EventListener
  void on(SessionsEnded ended) {
    owners.forEach(
        (stream, owner) -> {
          if (ended.ids().contains(owner.session())) {
            stream.close();
          }
        });
  }

  /** Sessions also run out, or are ended at another console. */
  @Scheduled(fixedDelayString = "5s")
  void closeThoseOfEndedSessions() {
    try {
      var sessions = owners.values().stream().map(Owner::session).collect(Collectors.toSet());
      on(new SessionsEnded(known.ended(sessions)));
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
    owners.keySet().forEach(LiveStream::close);
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
