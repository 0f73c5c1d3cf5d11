package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dcbalance.hypervisor.Discretion;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keep one working connection to a host: made when needed, again when lost, with back-off. A call
 * that may last (a migration) gets a connection of its own, since calls on one go in turn.
 */
final class HostLink {
  /** How many connections with calls that never ended may linger before the host counts as hung. */
  private static final int MOST_LINGERING = 4;

  private static final int MOST_LONG_CALLS = 32;

  private static final Logger log = LoggerFactory.getLogger(HostLink.class);

  private final LibvirtUri uri;
  private final @Nullable String name;
  private final LibvirtSettings settings;
  private final AllowedNetworks networks;
  private final @Nullable HostEvents events;
  private final ReentrantLock lock = new ReentrantLock();
  private final Collection<Session> lingering = ConcurrentHashMap.newKeySet();
  private final Collection<Session> longCalls = ConcurrentHashMap.newKeySet();

  // guarded by the lock
  private @Nullable Live live;
  private @Nullable FutureTask<Live> opening;
  private int failures;
  private long notBefore;
  private String lastReason = "";

  private volatile boolean closed;
  private volatile String logged = "";

  /** A session with its event registration, where there is one. */
  private record Live(Session session, HostEvents.@Nullable Registration registration) {}

  /**
   * Prepare a link; the first call connects.
   *
   * @param name what sentences call the host, which tell nobody how it is reached; null where an
   *     administrator tries a URI, and sees all of it
   * @param events whom to tell of the host's events; null to ask for none
   */
  HostLink(
      LibvirtUri uri,
      @Nullable String name,
      LibvirtSettings settings,
      AllowedNetworks networks,
      @Nullable HostEvents events) {
    this.uri = uri;
    this.name = name;
    this.settings = settings;
    this.networks = networks;
    this.events = events;
    this.notBefore = System.nanoTime();
  }

  String label() {
    return name == null ? uri.label() : name;
  }

  /** Run a call within the call deadline, connecting first where needed. */
  <T extends @Nullable Object> T call(String doing, Session.Call<T> call) {
    return session().session.call(doing, settings.callDeadline(), call);
  }

  /** Run a call that goes on until it ends, such as a migration, on a connection of its own. */
  <T extends @Nullable Object> T longCall(String doing, Session.Call<T> call) {
    return apart(doing, null, call);
  }

  /** Run a call that is waited for no longer than others, but may then go on for minutes. */
  <T extends @Nullable Object> T detachedCall(String doing, Session.Call<T> call) {
    return apart(doing, settings.callDeadline(), call);
  }

  /** Run a call that may go on for so long, and is not waited for beyond that. */
  <T extends @Nullable Object> T patientCall(String doing, Duration most, Session.Call<T> call) {
    return apart(doing, most, call);
  }

  private <T extends @Nullable Object> T apart(
      String doing, @Nullable Duration deadline, Session.Call<T> call) {
    if (longCalls.size() >= MOST_LONG_CALLS) {
      throw new HypervisorException(
          Kind.TIMED_OUT,
          "%s does not keep up: %d long calls are running.".formatted(label(), MOST_LONG_CALLS),
          null);
    }
    var attempt = new FutureTask<>(this::openApart);
    start(attempt);
    Session session;
    try {
      session = attempt.get(settings.connectDeadline().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // one that comes late must be closed, not used: nobody waits for this call any more
      start(() -> retireLate(attempt, Function.identity()));
      throw unreachable(noAnswer(), e);
    } catch (InterruptedException e) {
      start(() -> retireLate(attempt, Function.identity()));
      Thread.currentThread().interrupt();
      throw unreachable("The console stopped waiting for %s.".formatted(label()), e);
    } catch (ExecutionException e) {
      throw explained(e.getCause());
    }
    longCalls.add(session);
    try {
      return session.call(doing, deadline, call);
    } finally {
      session.retire();
    }
  }

  private static <T> void retireLate(FutureTask<T> attempt, Function<T, Session> session) {
    try {
      session.apply(attempt.get()).retire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      // it never came to be
    }
  }

  /** Tell whether the host tells when jobs complete. */
  boolean jobEvents() {
    var registration = session().registration;
    return registration != null && registration.jobEvents();
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      drop("closed by the console");
      var late = opening;
      opening = null;
      if (late != null) {
        // one that comes late is held by nobody, and libvirt would call what was collected
        start(() -> retireLate(late, Live::session));
      }
    } finally {
      lock.unlock();
    }
  }

  private Live session() {
    try {
      if (!lock.tryLock(settings.connectDeadline().toMillis(), TimeUnit.MILLISECONDS)) {
        throw unreachable("The console is still connecting to %s.".formatted(label()), null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable("The console stopped waiting for %s.".formatted(label()), e);
    }
    try {
      if (closed) {
        throw unreachable("The connection to %s was closed.".formatted(label()), null);
      }
      if (live != null && live.session.usable()) {
        return live;
      }
      drop("the connection broke, or a call on it never ended");
      return connect();
    } finally {
      lock.unlock();
    }
  }

  private void drop(String reason) {
    var old = live;
    live = null;
    if (old != null) {
      lingering.add(old.session);
      if (old.registration != null) {
        old.registration.lost(reason);
      }
      old.session.retire();
    }
  }

  private Live connect() {
    if (notBefore - System.nanoTime() > 0) {
      // word for word the same until the next attempt: whoever asks twice compares the answers
      throw unreachable(lastReason, null);
    }
    if (lingering.size() > MOST_LINGERING) {
      throw failed(
          "%s hangs: calls on %d connections never ended. Maybe restart libvirt on it."
              .formatted(label(), lingering.size()),
          null);
    }
    if (opening == null) {
      opening = new FutureTask<>(this::open);
      start(opening);
    }
    try {
      var made = opening.get(settings.connectDeadline().toMillis(), TimeUnit.MILLISECONDS);
      opening = null;
      failures = 0;
      logged = "";
      live = made;
      return made;
    } catch (TimeoutException e) {
      // a connection that comes late is taken by the next attempt
      throw failed(noAnswer(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable("The console stopped waiting for %s.".formatted(label()), e);
    } catch (ExecutionException e) {
      opening = null;
      var explained = explained(e.getCause());
      throw explained instanceof HypervisorException known && known.kind() == Kind.UNREACHABLE
          ? failed(known.sentence(), known)
          : explained;
    }
  }

  private void start(Runnable work) {
    Thread.ofPlatform().daemon().name("libvirt-" + label() + "-open").start(work);
  }

  private OpenConnection openConnection() throws LibvirtException {
    var allowed = connectString();
    var connection = new OpenConnection(LibvirtLibrary.load(), allowed);
    connection.setKeepAlive(
        Math.toIntExact(settings.keepaliveInterval().toSeconds()), settings.keepaliveCount());
    return connection;
  }

  /** Judge the URI as names and links are now: they may have changed since it was entered. */
  private String connectString() {
    try {
      networks.check(uri);
      return uri.connectString(new AllowedPaths(settings.allowedPaths()));
    } catch (Problem e) {
      throw e.code() == ErrorCode.HYPERVISOR
          ? unreachable(discreet(e.sentence()), e)
          : HypervisorException.notAllowed(e);
    }
  }

  private Live open() throws LibvirtException {
    var connection = openConnection();
    var registration = events == null ? null : events.register(connection);
    var self = new Session[1];
    self[0] =
        new Session(
            label(),
            connection,
            c -> {
              if (registration != null) {
                registration.remove(c);
              }
              lingering.remove(self[0]);
            });
    if (closed) {
      self[0].retire();
    }
    return new Live(self[0], registration);
  }

  private Session openApart() throws LibvirtException {
    var connection = openConnection();
    var self = new Session[1];
    self[0] = new Session(label(), connection, c -> longCalls.remove(self[0]));
    return self[0];
  }

  private String noAnswer() {
    return "%s did not answer within %d s."
        .formatted(label(), settings.connectDeadline().toSeconds());
  }

  private RuntimeException explained(@Nullable Throwable cause) {
    if (cause == null) {
      return new IllegalStateException("Connecting to " + label());
    }
    return switch (cause) {
      case LibvirtException e -> explained(LibvirtFailure.of(e));
      case LibvirtFailure e ->
          unreachable(
              "The console could not connect to %s: %s."
                  .formatted(label(), discreet(e.words().strip().replaceFirst("\\.$", ""))),
              e);
      case RuntimeException known -> known;
      default -> new IllegalStateException("Connecting to " + label(), cause);
    };
  }

  /** Word for everybody why there is no connection; the log has the whole of it, once. */
  private String discreet(String words) {
    if (name == null) {
      return words;
    }
    if (!words.equals(logged)) {
      logged = words;
      log.warn("There is no connection to {}: {}", name, words);
    }
    var host = uri.host();
    var named =
        host == null
            ? words
            : Pattern.compile(
                    "(?<![\\w.-])" + Pattern.quote(host) + "(?![\\w-]|\\.\\w)",
                    Pattern.CASE_INSENSITIVE)
                .matcher(words)
                .replaceAll(Matcher.quoteReplacement(name));
    return Discretion.addressesAndFiles(named);
  }

  private HypervisorException failed(String reason, @Nullable Throwable cause) {
    lastReason = reason;
    var pause = settings.reconnectFirst().multipliedBy(1L << Math.min(failures++, 10));
    var most = settings.reconnectMost();
    notBefore = System.nanoTime() + (pause.compareTo(most) > 0 ? most : pause).toNanos();
    return unreachable(reason, cause);
  }

  private static HypervisorException unreachable(String sentence, @Nullable Throwable cause) {
    return new HypervisorException(Kind.UNREACHABLE, sentence, cause);
  }
}
