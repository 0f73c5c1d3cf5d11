package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Callback;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pass a host's events on, in order, on a thread where listeners may call libvirt again. */
final class HostEvents {
  private static final Logger log = LoggerFactory.getLogger(HostEvents.class);

  // virDomainEventID
  private static final int LIFECYCLE = 0;
  private static final int MIGRATION_ITERATION = 20;
  private static final int JOB_COMPLETED = 21;

  private static final List<String> LIFECYCLE_WORDS =
      List.of(
          "defined",
          "undefined",
          "started",
          "suspended",
          "resumed",
          "stopped",
          "shut down",
          "suspended by itself",
          "crashed");

  private final List<Consumer<HypervisorEvent>> listeners = new CopyOnWriteArrayList<>();
  private final ExecutorService dispatcher =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("libvirt-listeners").factory());
  private final FinishedJobs finished;

  HostEvents(FinishedJobs finished) {
    this.finished = finished;
  }

  void listen(Consumer<HypervisorEvent> listener) {
    listeners.add(listener);
  }

  void close() {
    dispatcher.shutdown();
  }

  private void tell(HypervisorEvent event) {
    try {
      dispatcher.execute(() -> listeners.forEach(listener -> tell(listener, event)));
    } catch (RejectedExecutionException e) {
      log.debug("Nobody listens any more to {}", event);
    }
  }

  private static void tell(Consumer<HypervisorEvent> listener, HypervisorEvent event) {
    try {
      listener.accept(event);
    } catch (RuntimeException e) {
      // one listener's trouble must not keep the event from the others
      log.warn("A listener failed on {}", event, e);
    }
  }

  /** Register for all events that the host has; the connection is told to be made. */
  Registration register(OpenConnection connection) throws LibvirtException {
    var registration = new Registration(connection);
    tell(new HypervisorEvent.Connected(Instant.now()));
    return registration;
  }

  /** Hold the callbacks of one connection for as long as libvirt may call them. */
  final class Registration {
    private final NativeLibvirt library;
    private final List<Callback> callbacks = new ArrayList<>();
    private final List<Integer> ids = new ArrayList<>();
    private final AtomicBoolean lost = new AtomicBoolean();
    private final boolean jobEvents;

    private Registration(OpenConnection connection) throws LibvirtException {
      library = connection.library();
      NativeLibvirt.LifecycleCallback lifecycle =
          (c, domain, event, detail, o) -> {
            tell(
                new HypervisorEvent.GuestChanged(
                    Instant.now(), uuid(domain), words(event, detail)));
            return 0;
          };
      NativeLibvirt.IterationCallback iteration =
          (c, domain, pass, o) ->
              tell(new HypervisorEvent.MigrationIteration(Instant.now(), uuid(domain), pass));
      NativeLibvirt.JobCompletedCallback completed =
          (c, domain, params, count, o) ->
              completed(uuid(domain), TypedParameters.read(params, count));
      add(connection, LIFECYCLE, lifecycle);
      add(connection, MIGRATION_ITERATION, iteration);
      jobEvents = add(connection, JOB_COMPLETED, completed);
      connection.registerCloseListener((c, reason) -> lost(String.valueOf(reason)));
    }

    private boolean add(OpenConnection connection, int event, Callback callback) {
      callbacks.add(callback);
      int id =
          library.virConnectDomainEventRegisterAny(
              connection.pointer(), null, event, callback, null, null);
      if (id >= 0) {
        ids.add(id);
      }
      return id >= 0;
    }

    boolean jobEvents() {
      return jobEvents;
    }

    private void completed(UUID guest, TypedParameters values) {
      var job = new JobStats(JobStats.COMPLETED, values);
      if (job.outgoing()) {
        finished.add(guest, job.figures());
        tell(new HypervisorEvent.JobCompleted(Instant.now(), guest, job.figures()));
      }
    }

    /** Say once that the connection is gone. */
    void lost(String reason) {
      if (lost.compareAndSet(false, true)) {
        tell(new HypervisorEvent.Disconnected(Instant.now(), reason));
      }
    }

    /** Take the callbacks back: libvirt keeps a connection open as long as it has any. */
    void remove(OpenConnection connection) {
      for (int id : ids) {
        library.virConnectDomainEventDeregisterAny(connection.pointer(), id);
      }
      try {
        connection.unregisterCloseListener();
      } catch (LibvirtException e) {
        log.debug("Unregistering from a closed connection: {}", e.getMessage());
      } finally {
        java.lang.ref.Reference.reachabilityFence(callbacks);
      }
    }

    private UUID uuid(Pointer domain) {
      // reads memory only; a call over the connection would hang in this thread
      var text = new byte[37];
      library.virDomainGetUUIDString(domain, text);
      return UUID.fromString(new String(text, 0, 36, StandardCharsets.US_ASCII));
    }
  }

  private static String words(int event, int detail) {
    var word = event < LIFECYCLE_WORDS.size() ? LIFECYCLE_WORDS.get(event) : "changed";
    boolean migrated =
        switch (event) {
          case 2, 3, 4 -> detail == 1;
          case 5 -> detail == 3;
          default -> false;
        };
    return migrated ? word + " by a migration" : word;
  }
}
