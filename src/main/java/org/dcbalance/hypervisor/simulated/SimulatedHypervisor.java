package org.dcbalance.hypervisor.simulated;

import static java.util.Comparator.comparing;
import static org.dcbalance.hypervisor.HypervisorException.Kind.UNSUPPORTED;
import static org.dcbalance.hypervisor.simulated.SimulatedLink.failed;
import static org.dcbalance.hypervisor.simulated.SimulatedLink.refuse;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.CpuTimes;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestSighting;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.HostFacts;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** One host of the simulated pool, as the console talks to it. */
final class SimulatedHypervisor implements Hypervisor {
  static final String NOT_SIMULATED = "The simulated hypervisor does not do it.";
  private static final Map<Capability, String> MISSING = missing();

  private final SimulatedWorld world;
  private final SimulatedHost host;
  private final SimulatedLink link;
  private final SimulatedJobs jobs;

  SimulatedHypervisor(SimulatedWorld world, SimulatedHost host) {
    this.world = world;
    this.host = host;
    this.link = new SimulatedLink(world, host);
    this.jobs = new SimulatedJobs(world, host, link);
  }

  @Override
  public HostFacts facts() {
    return link.ask(
        () ->
            new HostFacts(
                host.uuid(),
                host.name(),
                "Simulated",
                "1",
                "1",
                "x86_64",
                host.cores(),
                host.memory(),
                MISSING));
  }

  @Override
  public List<Guest> guests() {
    return link.ask(
        () ->
            Stream.concat(
                    world.guestsOn(host).stream().map(guest -> guest.describe(shown(guest))),
                    world.incomingOf(host).stream()
                        .map(migration -> migration.guest().describe(GuestState.PAUSED)))
                .sorted(comparing(Guest::name))
                .toList());
  }

  @Override
  public LoadReading readLoad() {
    return link.ask(
        () -> {
          var counters =
              new LoadReading.HostCounters(
                  Duration.ofNanos((long) (host.busySeconds() * 1e9)),
                  host.cores(),
                  Memory.ofMiB(world.memoryTaken(host)),
                  host.memory());
          var guests =
              world.guestsOn(host).stream()
                  .filter(guest -> guest.state() != GuestState.SHUT_OFF)
                  .map(SimulatedGuest::counters)
                  .toList();
          return new LoadReading(world.time().now(), world.time().nanos(), counters, guests);
        });
  }

  @Override
  public CpuTimes cpuTimes() {
    return link.ask(
        () -> new CpuTimes(Duration.ofNanos((long) (host.busySeconds() * 1e9)), Duration.ZERO));
  }

  @Override
  public Optional<GuestStatus> status(UUID guest) {
    return link.ask(() -> world.guest(guest).flatMap(this::statusHere));
  }

  @Override
  public Duration cpuTime(UUID guest) {
    return link.ask(() -> link.here(guest).counters().cpuTime());
  }

  @Override
  public GuestSighting look(UUID uuid, String name) {
    return link.ask(
        () ->
            new GuestSighting(
                world.guest(uuid).flatMap(this::statusHere), namesake(uuid, name), link.number()));
  }

  private @Nullable UUID namesake(UUID uuid, String name) {
    return world.guestsOn(host).stream()
        .filter(guest -> guest.name().equals(name))
        .map(SimulatedGuest::uuid)
        .filter(found -> !found.equals(uuid))
        .findFirst()
        .orElse(null);
  }

  private Optional<GuestStatus> statusHere(SimulatedGuest guest) {
    var migration = world.migrationOf(guest.uuid());
    if (guest.host().equals(host.name())) {
      var state = shown(guest);
      return Optional.of(
          new GuestStatus(
              state,
              why(guest, state),
              migration.isPresent() ? GuestStatus.Job.OUTGOING_MIGRATION : GuestStatus.Job.NONE,
              guest.mark(),
              true));
    }
    return migration
        .filter(m -> m.target() == host)
        .map(
            _ ->
                new GuestStatus(
                    GuestState.PAUSED,
                    GuestStatus.Why.MIGRATING,
                    GuestStatus.Job.INCOMING_MIGRATION,
                    guest.mark(),
                    false));
  }

  private GuestState shown(SimulatedGuest guest) {
    boolean switching =
        world.migrationOf(guest.uuid()).filter(SimulatedMigration::pausesGuest).isPresent();
    return switching && guest.running() ? GuestState.PAUSED : guest.state();
  }

  private static GuestStatus.Why why(SimulatedGuest guest, GuestState shown) {
    if (shown != GuestState.PAUSED) {
      return GuestStatus.Why.NONE;
    }
    return guest.running() ? GuestStatus.Why.MIGRATING : GuestStatus.Why.USER;
  }

  @Override
  public void measureDirtyRate(UUID uuid, Duration window) {
    link.change(
        uuid,
        guest -> {
          jobs.refuseMigrating(guest);
          refuse(!guest.running(), guest.name() + " does not run.");
          guest.measure(world.time().now(), window);
        });
  }

  @Override
  public CpuFit fits(GuestCpu cpu) {
    return link.ask(
        () ->
            cpu.virtType().equals(SimulatedGuest.CPU.virtType())
                ? new CpuFit.Fits()
                : new CpuFit.Lacks("runs simulated guests alone"));
  }

  @Override
  public void migrate(MigrationOrder order, Runnable lastWord) {
    lastWord.run();
    jobs.run(order);
  }

  @Override
  public Optional<MigrationProgress> progress(UUID guest) {
    return jobs.progress(guest);
  }

  @Override
  public Optional<MigrationFigures> figures(UUID guest) {
    return link.ask(() -> Optional.ofNullable(host.sent().get(guest)));
  }

  @Override
  public Optional<MigrationFigures> incomingFigures(UUID guest) {
    return link.ask(() -> Optional.ofNullable(host.received().get(guest)));
  }

  @Override
  public void abort(UUID uuid) {
    link.change(uuid, jobs::abort);
  }

  @Override
  public void setMaxDowntime(UUID uuid, Duration longest) {
    link.change(
        uuid,
        guest -> {
          guest.maxDowntime(longest);
          jobs.outgoing(uuid).ifPresent(m -> m.setMaxDowntime(longest));
        });
  }

  @Override
  public Duration maxDowntime(UUID guest) {
    return link.ask(() -> link.here(guest).maxDowntime());
  }

  @Override
  public void setBandwidth(UUID uuid, ByteRate most) {
    link.change(uuid, guest -> jobs.job(guest).setBandwidth(most));
  }

  @Override
  public void startPostCopy(UUID guest) {
    throw new HypervisorException(UNSUPPORTED, NOT_SIMULATED, null);
  }

  @Override
  public MemoryReading memory(UUID guest) {
    return link.ask(
        () -> {
          var counters = link.here(guest).counters();
          return new MemoryReading(counters.memory(), counters.memoryUsed(), null, null, false);
        });
  }

  @Override
  public void setMemory(UUID uuid, Memory target) {
    link.change(
        uuid,
        guest -> {
          jobs.refuseMigrating(guest);
          refuse(
              target.compareTo(guest.plan().memory()) > 0,
              guest.name() + " cannot have more than " + guest.plan().memoryMiB() + " MiB.");
          guest.askFor(target);
        });
  }

  @Override
  public int cap(UUID guest) {
    return link.ask(() -> link.here(guest).cap());
  }

  @Override
  public void setCap(UUID uuid, int percent) {
    link.change(
        uuid,
        guest -> {
          jobs.refuseMigrating(guest);
          guest.cap(percent);
        });
  }

  @Override
  public void resumePostCopy(UUID uuid, String peerUri, boolean encrypted) {
    throw new HypervisorException(UNSUPPORTED, NOT_SIMULATED, null);
  }

  @Override
  public void resume(UUID uuid) {
    link.change(
        uuid,
        guest -> {
          refuse(guest.state() == GuestState.SHUT_OFF, guest.name() + " is shut off.");
          changeState(guest, GuestState.RUNNING, "resumed");
        });
  }

  @Override
  public void pause(UUID uuid) {
    link.change(
        uuid,
        guest -> {
          refuse(guest.state() == GuestState.SHUT_OFF, guest.name() + " is shut off.");
          changeState(guest, GuestState.PAUSED, "paused");
        });
  }

  @Override
  public void destroy(UUID uuid) {
    link.ask(
        () -> {
          var incoming =
              world.incomingOf(host).stream()
                  .filter(m -> m.guest().uuid().equals(uuid))
                  .findFirst();
          if (incoming.isPresent()) {
            world.abort(incoming.get(), failed("Its copy on " + host.name() + " was destroyed."));
            return uuid;
          }
          var guest = link.here(uuid);
          refuse(guest.state() == GuestState.SHUT_OFF, guest.name() + " does not run.");
          jobs.outgoing(uuid)
              .ifPresent(m -> world.abort(m, failed(guest.name() + " was destroyed.")));
          changeState(guest, GuestState.SHUT_OFF, "destroyed");
          return uuid;
        });
  }

  @Override
  public void undefine(UUID uuid) {
    link.change(
        uuid,
        guest -> {
          refuse(guest.state() != GuestState.SHUT_OFF, guest.name() + " is not shut off.");
          world.remove(guest);
          world.changed(host, guest, "undefined");
        });
  }

  @Override
  public void mark(UUID uuid, @Nullable String mark) {
    link.change(
        uuid,
        guest -> {
          guest.mark(mark);
          world.save(guest);
        });
  }

  private void changeState(SimulatedGuest guest, GuestState state, String what) {
    guest.state(state);
    world.save(guest);
    world.changed(host, guest, what);
  }

  @Override
  public Optional<String> reachPeer(String peerUri) {
    return link.ask(() -> jobs.reach(peerUri));
  }

  @Override
  public DiskStorage disks() {
    throw new HypervisorException(
        UNSUPPORTED, "No disks are copied from " + host.name() + ": it is simulated.", null);
  }

  @Override
  public StateStorage states() {
    throw new HypervisorException(
        UNSUPPORTED, "No checkpoints are taken on " + host.name() + ": it is simulated.", null);
  }

  @Override
  public void listen(Consumer<HypervisorEvent> listener) {
    link.listen(listener);
  }

  @Override
  public void close() {
    link.close();
  }

  private static Map<Capability, String> missing() {
    var missing = new LinkedHashMap<Capability, String>();
    for (var capability :
        List.of(Capability.POST_COPY, Capability.PARALLEL, Capability.COMPRESSION)) {
      missing.put(capability, NOT_SIMULATED);
    }
    missing.put(Capability.ENCRYPTION, "simulated hosts send nothing that could be encrypted");
    missing.put(Capability.DISK_COPY, "a simulated guest has no disks that could be copied");
    missing.put(Capability.CHECKPOINT, "a simulated guest has nothing that could be kept");
    missing.put(Capability.LIVE_CHECKPOINT, "a simulated guest has nothing that could be kept");
    return missing;
  }
}
