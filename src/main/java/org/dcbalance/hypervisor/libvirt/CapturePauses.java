package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorEvent.GuestChanged;
import org.dcbalance.hypervisor.HypervisorEvent.MigrationIteration;
import org.jspecify.annotations.Nullable;

/**
 * Follow by a host's events how far captures of its guests are, and for how long they stand still.
 */
final class CapturePauses {
  private static final Duration LOOK_EVERY = Duration.ofMillis(100);
  private static final Duration EVENT_WITHIN = Duration.ofSeconds(1);
  private static final Duration PASS_WITHIN = Duration.ofSeconds(5);

  private final Map<UUID, Pause> watched = new ConcurrentHashMap<>();

  CapturePauses(HostEvents events) {
    events.listen(this::note);
  }

  /** When a guest that is captured stood still. */
  final class Pause implements AutoCloseable {
    private final UUID guest;
    private final long since = System.nanoTime();
    private volatile boolean writing;
    private volatile @Nullable Instant from;
    private volatile @Nullable Instant to;

    private Pause(UUID guest) {
      this.guest = guest;
    }

    /** Give how long it was; null if its events did not come. */
    @Nullable Duration length() {
      var began = from;
      var ended = to;
      return began == null || ended == null ? null : Duration.between(began, ended);
    }

    /** Wait for the event, which comes by another connection than the answer. */
    void awaitResumed() {
      long until = System.nanoTime() + EVENT_WITHIN.toNanos();
      while (to == null && System.nanoTime() < until) {
        Session.pause(LOOK_EVERY);
      }
    }

    @Override
    public void close() {
      watched.remove(guest);
    }
  }

  /** Watch a guest that is about to be captured, until that is closed. */
  Pause watch(UUID guest) {
    var pause = new Pause(guest);
    watched.put(guest, pause);
    return pause;
  }

  /**
   * Tell whether libvirt may be asked how far a capture is. Before it writes memory it lets nobody
   * ask, and who asks then waits for its end; so the event of the first pass is waited for.
   */
  boolean mayBeAsked(UUID guest) {
    var pause = watched.get(guest);
    return pause == null
        || pause.writing
        || System.nanoTime() - pause.since > PASS_WITHIN.toNanos();
  }

  private void note(HypervisorEvent event) {
    if (event instanceof MigrationIteration pass) {
      var pause = watched.get(pass.guest());
      if (pause != null) {
        pause.writing = true;
      }
    } else if (event instanceof GuestChanged(Instant at, UUID guest, String what)) {
      var pause = watched.get(guest);
      if (pause != null && pause.from == null && what.startsWith("suspended")) {
        pause.from = at;
      } else if (pause != null && what.startsWith("resumed")) {
        pause.to = at;
      }
    }
  }
}
