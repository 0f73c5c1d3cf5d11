package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.CpuTimes;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestSighting;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.HostFacts;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** Talk to one QEMU or Xen host through libvirt. */
final class LibvirtHypervisor implements Hypervisor {
  // virDomainUndefineFlagsValues
  private static final int KEEP_NVRAM = 1 << 3;

  private final HostLink link;

  /** Counters of all guests may keep a host busy for long: no question or order waits for them. */
  private final HostLink readings;

  private final boolean xen;
  private final HostEvents events;
  private final FinishedJobs finished = new FinishedJobs();
  private final DirtyRates dirtyRates = new DirtyRates();
  private final LoadReader loads;
  private final AllowedNetworks networks;
  private final PeerProbe peers;
  private final GuestLevers levers;
  private final StateStorage states;
  private final Map<UUID, String> busy = new ConcurrentHashMap<>();
  private final Set<UUID> abortsAsked = ConcurrentHashMap.newKeySet();

  LibvirtHypervisor(LibvirtUri uri, LibvirtSettings settings, AllowedNetworks networks) {
    this.networks = networks;
    xen = uri.driver().equals("xen");
    events = new HostEvents(finished);
    link = new HostLink(uri, settings, networks, events);
    readings = new HostLink(uri, settings, networks, null);
    peers = new PeerProbe(link, networks, xen);
    levers = new GuestLevers(link, xen);
    states = xen ? new XenStates(link, this::alone) : new QemuStates(link, events, this::alone);
    loads =
        xen
            ? new SingleLoadReader(readings, busy::containsKey)
            : new BulkLoadReader(readings, dirtyRates);
  }

  @Override
  public HostFacts facts() {
    boolean jobEvents = !xen && link.jobEvents();
    return link.call("tell what it is", connection -> FactsReading.read(connection, jobEvents));
  }

  @Override
  public List<Guest> guests() {
    return new GuestListing(readings, xen).read();
  }

  @Override
  public LoadReading readLoad() {
    return loads.read();
  }

  @Override
  public CpuTimes cpuTimes() {
    return link.call("report its CPU time", NodeStats::cpu);
  }

  @Override
  public Optional<GuestStatus> status(UUID guest) {
    return link.call("tell a guest's state", connection -> StatusReading.read(connection, guest));
  }

  @Override
  public Duration cpuTime(UUID guest) {
    return on(
        guest, "tell a guest's CPU time", domain -> Duration.ofNanos(domain.getInfo().cpuTime));
  }

  @Override
  public GuestSighting look(UUID guest, String name) {
    return link.call(
        "tell a guest's state",
        connection ->
            new GuestSighting(
                StatusReading.read(connection, guest),
                StatusReading.namesake(connection, name, guest),
                connection.number()));
  }

  @Override
  public void measureDirtyRate(UUID guest, Duration window) {
    int seconds = (int) Math.clamp(window.toSeconds(), 1, 60);
    alone(
        guest,
        "a measurement of its dirty rate",
        () ->
            link.call(
                "measure a guest's dirty rate",
                connection -> {
                  requireNoJob(connection, guest, "its dirty rate is not measured");
                  try (var ref = connection.ref(guest)) {
                    var at = Instant.now();
                    connection.checked(
                        connection
                            .library()
                            .virDomainStartDirtyRateCalc(ref.pointer(), seconds, 0));
                    dirtyRates.started(guest, at);
                    return null;
                  }
                }));
  }

  @Override
  public CpuFit fits(GuestCpu cpu) {
    return link.call("compare CPUs", connection -> CpuFitting.read(connection, cpu));
  }

  @Override
  public void migrate(MigrationOrder order, Runnable lastWord) {
    alone(order.guest(), "a migration", () -> migrateAlone(order, lastWord));
  }

  private void migrateAlone(MigrationOrder order, Runnable lastWord) {
    abortsAsked.remove(order.guest());
    try {
      new MigrationCall(link, networks, xen, finished).run(order, lastWord);
    } catch (HypervisorException e) {
      if (e.kind() != Kind.FAILED) {
        throw e;
      }
      // libvirt calls some aborted migrations "unexpectedly failed"
      boolean aborted = abortsAsked.remove(order.guest());
      var kind =
          aborted ? Kind.ABORTED : LibvirtFailure.disconnected(e) ? Kind.DISCONNECTED : Kind.FAILED;
      var advice = xen ? LibvirtFailure.adviceOnXen(e) : "";
      throw new HypervisorException(kind, e.sentence() + advice, e);
    }
  }

  @Override
  public Optional<MigrationProgress> progress(UUID guest) {
    return link.call(
        "tell how far a migration is",
        connection -> {
          try (var ref = connection.ref(guest)) {
            var job = JobStats.read(connection, ref, JobStats.FLAGS_RUNNING);
            return job.job() == Job.OUTGOING_MIGRATION
                ? Optional.of(job.progress(Instant.now()))
                : Optional.empty();
          } catch (LibvirtFailure e) {
            return noJob(e);
          }
        });
  }

  @Override
  public Optional<MigrationFigures> figures(UUID guest) {
    return finished.of(guest);
  }

  @Override
  public Optional<MigrationFigures> incomingFigures(UUID guest) {
    if (xen) {
      return Optional.empty();
    }
    return link.call(
        "tell the figures of a migration",
        connection -> {
          try (var ref = connection.ref(guest)) {
            var job = JobStats.read(connection, ref, JobStats.FLAGS_COMPLETED_KEPT);
            return job.type() == JobStats.COMPLETED && !job.outgoing()
                ? Optional.of(job.figures())
                : Optional.empty();
          } catch (LibvirtFailure e) {
            return noJob(e);
          }
        });
  }

  /** Take "no such guest" and "no job, or not here" for an empty answer. */
  private static <T> Optional<T> noJob(LibvirtFailure e) {
    return switch (e.code()) {
      case LibvirtFailure.NO_DOMAIN,
          LibvirtFailure.OPERATION_INVALID,
          LibvirtFailure.OPERATION_UNSUPPORTED ->
          Optional.empty();
      default -> throw e;
    };
  }

  @Override
  public void abort(UUID guest) {
    abortsAsked.add(guest);
    on(guest, "abort a guest's job", Domain::abortJob);
  }

  @Override
  public void setMaxDowntime(UUID guest, Duration longest) {
    levers.setMaxDowntime(guest, longest);
  }

  @Override
  public Duration maxDowntime(UUID guest) {
    return levers.maxDowntime(guest);
  }

  @Override
  public void setBandwidth(UUID guest, ByteRate most) {
    levers.setBandwidth(guest, most);
  }

  @Override
  public void startPostCopy(UUID guest) {
    levers.startPostCopy(guest);
  }

  @Override
  public MemoryReading memory(UUID guest) {
    return levers.memory(guest);
  }

  @Override
  public void setMemory(UUID guest, Memory target) {
    withoutJob(
        guest,
        "a change of its memory",
        "its memory is not changed",
        () -> levers.setMemory(guest, target));
  }

  @Override
  public Optional<String> balloonMoves(UUID guest) {
    return xen
        ? on(
            guest,
            "tell whether a guest's balloon moves",
            domain -> XenBalloon.moves(domain, link.label()))
        : Optional.empty();
  }

  @Override
  public int cap(UUID guest) {
    return levers.cap(guest);
  }

  @Override
  public void setCap(UUID guest, int percent) {
    withoutJob(
        guest, "a change of its CPU cap", "it is not capped", () -> levers.setCap(guest, percent));
  }

  private void withoutJob(UUID guest, String what, String otherwise, Runnable change) {
    alone(
        guest,
        what,
        () -> {
          link.call(
              "tell a guest's job",
              connection -> {
                requireNoJob(connection, guest, otherwise);
                return null;
              });
          change.run();
        });
  }

  @Override
  public void resumePostCopy(UUID guest, String peerUri, boolean encrypted) {
    alone(
        guest,
        "a post-copy that is resumed",
        () ->
            new MigrationCall(link, networks, xen, finished)
                .resumePostCopy(guest, peerUri, encrypted));
  }

  @Override
  public void resume(UUID guest) {
    change(guest, StateChange.RESUME);
  }

  @Override
  public void pause(UUID guest) {
    change(guest, StateChange.PAUSE);
  }

  @Override
  public void destroy(UUID guest) {
    change(guest, StateChange.DESTROY);
  }

  private void change(UUID guest, StateChange change) {
    on(
        guest,
        doing(change),
        domain -> {
          make(domain, change);
          return null;
        });
  }

  @Override
  public boolean changeIf(UUID guest, StateChange change, Predicate<GuestStatus> still) {
    return link.call(
        doing(change),
        connection -> {
          if (StatusReading.read(connection, guest).filter(still).isEmpty()) {
            return false;
          }
          var domain = connection.domain(guest);
          try {
            make(domain, change);
            return true;
          } finally {
            domain.free();
          }
        });
  }

  private static String doing(StateChange change) {
    return switch (change) {
      case RESUME -> "resume a guest";
      case PAUSE -> "pause a guest";
      case DESTROY -> "end a guest";
    };
  }

  private static void make(Domain domain, StateChange change) throws LibvirtException {
    switch (change) {
      case RESUME -> domain.resume();
      case PAUSE -> domain.suspend();
      case DESTROY -> domain.destroy();
    }
  }

  @Override
  public void undefine(UUID guest) {
    on(
        guest,
        "remove a guest's definition",
        domain -> {
          if (domain.isActive() == 1) {
            throw new HypervisorException(
                Kind.FAILED,
                "The guest %s runs on %s, so its definition stays.".formatted(guest, link.label()),
                null);
          }
          // its firmware's variables may be in use by the copy that moved away
          domain.undefine(xen ? 0 : KEEP_NVRAM);
          return null;
        });
  }

  @Override
  public void mark(UUID guest, @Nullable String mark) {
    alone(
        guest,
        "a change of its mark",
        () ->
            link.call(
                "mark a guest",
                connection -> {
                  requireNoJob(connection, guest, "it is not marked");
                  StatusReading.write(connection, guest, mark);
                  return null;
                }));
  }

  /** A change of a guest with a job would wait for the job's end, half a minute or for good. */
  private void requireNoJob(OpenConnection connection, UUID guest, String so) {
    try (var ref = connection.ref(guest)) {
      if (StatusReading.job(connection, ref) != Job.NONE) {
        throw new HypervisorException(
            Kind.FAILED, "The guest %s has a job, so %s.".formatted(guest, so), null);
      }
    }
  }

  @Override
  public Optional<String> reachPeer(String peerUri) {
    return peers.check(peerUri);
  }

  @Override
  public DiskStorage disks() {
    if (xen) {
      throw new HypervisorException(
          Kind.UNSUPPORTED,
          "No disks are copied from %s: it is Xen.".formatted(link.label()),
          null);
    }
    return new LibvirtDisks(link);
  }

  @Override
  public StateStorage states() {
    return states;
  }

  @Override
  public void listen(Consumer<HypervisorEvent> listener) {
    events.listen(listener);
  }

  @Override
  public void close() {
    link.close();
    readings.close();
    events.close();
  }

  @Override
  public String toString() {
    return link.label();
  }

  private <T extends @Nullable Object> T on(
      UUID guest, String doing, GuestLevers.Operation<T> operation) {
    return levers.on(guest, doing, operation);
  }

  /** Let only one job at a time touch a guest; a second one fails at once instead of waiting. */
  private void alone(UUID guest, String what, Runnable job) {
    var other = busy.putIfAbsent(guest, what);
    if (other != null) {
      throw new HypervisorException(
          Kind.FAILED,
          "The guest %s is in %s, so %s cannot start.".formatted(guest, other, what),
          null);
    }
    try {
      job.run();
    } finally {
      busy.remove(guest);
    }
  }
}
