package org.dcbalance.hypervisor.simulated;

import static java.util.Comparator.comparing;
import static org.dcbalance.hypervisor.HypervisorException.Kind.ABORTED;
import static org.dcbalance.hypervisor.HypervisorException.Kind.FAILED;
import static org.dcbalance.hypervisor.HypervisorException.Kind.NO_SUCH_GUEST;
import static org.dcbalance.hypervisor.HypervisorException.Kind.UNREACHABLE;
import static org.dcbalance.hypervisor.HypervisorException.Kind.UNSUPPORTED;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
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

/** A connection to one host of the simulated pool. */
final class SimulatedHypervisor implements Hypervisor {
  private static final String NOT_SIMULATED = "The simulated hypervisor does not do it.";
  private static final Map<Capability, String> MISSING = missing();

  private final SimulatedWorld world;
  private final SimulatedHost host;
  private final List<SimulatedHost.Listener> listeners = new CopyOnWriteArrayList<>();
  private @Nullable Boolean connected;
  private long connections;

  SimulatedHypervisor(SimulatedWorld world, SimulatedHost host) {
    this.world = world;
    this.host = host;
  }

  @Override
  public HostFacts facts() {
    return ask(
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
    return ask(
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
    return ask(
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
    return ask(
        () -> new CpuTimes(Duration.ofNanos((long) (host.busySeconds() * 1e9)), Duration.ZERO));
  }

  @Override
  public Optional<GuestStatus> status(UUID guest) {
    return ask(() -> world.guest(guest).flatMap(this::statusHere));
  }

  @Override
  public Duration cpuTime(UUID guest) {
    return ask(() -> here(guest).counters().cpuTime());
  }

  @Override
  public GuestSighting look(UUID uuid, String name) {
    return ask(
        () ->
            new GuestSighting(
                world.guest(uuid).flatMap(this::statusHere), namesake(uuid, name), connections));
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
    change(
        uuid,
        guest -> {
          refuse(world.migrationOf(uuid).isPresent(), guest.name() + " is being migrated.");
          refuse(!guest.running(), guest.name() + " does not run.");
          guest.measure(world.time().now(), window);
        });
  }

  @Override
  public CpuFit fits(GuestCpu cpu) {
    return ask(
        () ->
            cpu.virtType().equals(SimulatedGuest.CPU.virtType())
                ? new CpuFit.Fits()
                : new CpuFit.Lacks("runs simulated guests alone"));
  }

  @Override
  public void migrate(MigrationOrder order, Runnable lastWord) {
    lastWord.run();
    var migration = ask(() -> start(order));
    world.await(migration);
  }

  private SimulatedMigration start(MigrationOrder order) {
    var guest = here(order.guest());
    var target = peer(order.peerUri()).orElseThrow(() -> failed(noHost(order.peerUri())));
    refuse(!target.up(), silent(target));
    refuse(target == host, guest.name() + " is on " + host.name() + " already.");
    refuse(world.migrationOf(guest.uuid()).isPresent(), guest.name() + " is being migrated.");
    refuse(!guest.running(), guest.name() + " does not run.");
    for (var tie : guest.plan().ties()) {
      refuse(true, guest.name() + " is tied to " + host.name() + " by " + tie.detail() + ".");
    }
    refuse(
        !guest.plan().storage().equals(Fleet.SHARED),
        target.name() + " has no " + guest.plan().storage() + "/" + guest.name() + ".qcow2.");
    long room = target.memory().mib() - world.memoryTaken(target);
    refuse(
        guest.has() > room,
        target.name()
            + " has "
            + room
            + " MiB of memory left, and "
            + guest.name()
            + " needs "
            + guest.has()
            + " MiB.");
    refuse(guest.ballooning(), "The balloon of " + guest.name() + " still moves.");
    var tuning = order.tuning();
    if (tuning.postCopy() || tuning.compressionCache() != null || tuning.connections() > 1) {
      throw new HypervisorException(UNSUPPORTED, NOT_SIMULATED, null);
    }
    var migration = new SimulatedMigration(guest, host, target, tuning);
    world.start(migration);
    return migration;
  }

  @Override
  public Optional<MigrationProgress> progress(UUID guest) {
    return ask(
        () ->
            outgoing(guest)
                .map(
                    m ->
                        new MigrationProgress(
                            world.time().now(),
                            m.elapsed(),
                            m.guest().plan().memory(),
                            m.processed(),
                            m.remaining(),
                            m.dirtyRate(),
                            m.bandwidth(),
                            m.iteration(),
                            m.throttle())));
  }

  private Optional<SimulatedMigration> outgoing(UUID guest) {
    return world.migrationOf(guest).filter(m -> m.source() == host);
  }

  @Override
  public Optional<MigrationFigures> figures(UUID guest) {
    return ask(() -> Optional.ofNullable(host.sent().get(guest)));
  }

  @Override
  public Optional<MigrationFigures> incomingFigures(UUID guest) {
    return ask(() -> Optional.ofNullable(host.received().get(guest)));
  }

  @Override
  public void abort(UUID uuid) {
    change(
        uuid,
        guest -> {
          var migration = job(uuid, guest);
          refuse(migration.switching(), guest.name() + " is switching over: it is too late.");
          world.abort(
              migration,
              new HypervisorException(
                  ABORTED, "The migration of " + guest.name() + " was aborted.", null));
        });
  }

  @Override
  public void setMaxDowntime(UUID uuid, Duration longest) {
    change(
        uuid,
        guest -> {
          guest.maxDowntime(longest);
          outgoing(uuid).ifPresent(m -> m.setMaxDowntime(longest));
        });
  }

  @Override
  public Duration maxDowntime(UUID guest) {
    return ask(() -> here(guest).maxDowntime());
  }

  @Override
  public void setBandwidth(UUID uuid, ByteRate most) {
    change(uuid, guest -> job(uuid, guest).setBandwidth(most));
  }

  @Override
  public void startPostCopy(UUID guest) {
    throw new HypervisorException(UNSUPPORTED, NOT_SIMULATED, null);
  }

  @Override
  public MemoryReading memory(UUID guest) {
    return ask(
        () -> {
          var counters = here(guest).counters();
          return new MemoryReading(counters.memory(), counters.memoryUsed(), null, null);
        });
  }

  @Override
  public void setMemory(UUID uuid, Memory target) {
    change(
        uuid,
        guest -> {
          refuseWithJob(uuid, guest);
          refuse(
              target.compareTo(guest.plan().memory()) > 0,
              guest.name() + " cannot have more than " + guest.plan().memoryMiB() + " MiB.");
          guest.askFor(target);
        });
  }

  @Override
  public int cap(UUID guest) {
    return ask(() -> here(guest).cap());
  }

  @Override
  public void setCap(UUID uuid, int percent) {
    change(
        uuid,
        guest -> {
          refuseWithJob(uuid, guest);
          guest.cap(percent);
        });
  }

  private void refuseWithJob(UUID uuid, SimulatedGuest guest) {
    refuse(world.migrationOf(uuid).isPresent(), guest.name() + " is being migrated.");
  }

  private SimulatedMigration job(UUID uuid, SimulatedGuest guest) {
    return outgoing(uuid)
        .orElseThrow(() -> failed("No migration of " + guest.name() + " is running."));
  }

  @Override
  public void resumePostCopy(UUID uuid, String peerUri, boolean encrypted) {
    throw new HypervisorException(UNSUPPORTED, NOT_SIMULATED, null);
  }

  @Override
  public void resume(UUID uuid) {
    change(
        uuid,
        guest -> {
          refuse(guest.state() == GuestState.SHUT_OFF, guest.name() + " is shut off.");
          changeState(guest, GuestState.RUNNING, "resumed");
        });
  }

  @Override
  public void pause(UUID uuid) {
    change(
        uuid,
        guest -> {
          refuse(guest.state() == GuestState.SHUT_OFF, guest.name() + " is shut off.");
          changeState(guest, GuestState.PAUSED, "paused");
        });
  }

  @Override
  public void destroy(UUID uuid) {
    ask(
        () -> {
          var incoming =
              world.incomingOf(host).stream()
                  .filter(m -> m.guest().uuid().equals(uuid))
                  .findFirst();
          if (incoming.isPresent()) {
            world.abort(incoming.get(), failed("Its copy on " + host.name() + " was destroyed."));
            return uuid;
          }
          var guest = here(uuid);
          refuse(guest.state() == GuestState.SHUT_OFF, guest.name() + " does not run.");
          outgoing(uuid).ifPresent(m -> world.abort(m, failed(guest.name() + " was destroyed.")));
          changeState(guest, GuestState.SHUT_OFF, "destroyed");
          return uuid;
        });
  }

  @Override
  public void undefine(UUID uuid) {
    change(
        uuid,
        guest -> {
          refuse(guest.state() != GuestState.SHUT_OFF, guest.name() + " is not shut off.");
          world.remove(guest);
          world.changed(host, guest, "undefined");
        });
  }

  @Override
  public void mark(UUID uuid, @Nullable String mark) {
    change(
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
    return ask(
        () -> {
          var peer = peer(peerUri);
          if (peer.isEmpty()) {
            return Optional.of(noHost(peerUri));
          }
          return peer.filter(p -> !p.up()).map(this::silent);
        });
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
    world.look(
        () -> {
          SimulatedHost.Listener added = listener::accept;
          listeners.add(added);
          host.listeners().add(added);
          return added;
        });
  }

  @Override
  public void close() {
    world.look(() -> host.listeners().removeAll(listeners));
  }

  private Optional<SimulatedHost> peer(String uri) {
    try {
      var parsed = URI.create(uri);
      return SimulatedDriver.SCHEME.equals(parsed.getScheme())
          ? world.host(SimulatedDriver.hostName(parsed))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String noHost(String uri) {
    return "There is no simulated host " + uri + ".";
  }

  private String silent(SimulatedHost peer) {
    return peer.name() + " does not answer " + host.name() + ".";
  }

  /** Ask the host, which may not answer. */
  private <T> T ask(Supplier<T> question) {
    boolean[] answered = new boolean[1];
    var answer =
        world.look(
            () -> {
              answered[0] = host.reachable();
              notice(answered[0]);
              return answered[0] ? Optional.of(question.get()) : Optional.<T>empty();
            });
    return answer.orElseThrow(
        () -> new HypervisorException(UNREACHABLE, host.name() + " does not answer.", null));
  }

  private void notice(boolean reachable) {
    if (!Boolean.valueOf(reachable).equals(connected)) {
      var now = world.time().now();
      HypervisorEvent event =
          reachable
              ? new HypervisorEvent.Connected(now)
              : new HypervisorEvent.Disconnected(now, host.name() + " does not answer.");
      listeners.forEach(listener -> world.tellLater(() -> listener.on(event)));
      connected = reachable;
      connections++;
    }
  }

  private void change(UUID uuid, Consumer<SimulatedGuest> change) {
    ask(
        () -> {
          change.accept(here(uuid));
          return uuid;
        });
  }

  private SimulatedGuest here(UUID uuid) {
    return world
        .guest(uuid)
        .filter(guest -> guest.host().equals(host.name()))
        .orElseThrow(
            () ->
                new HypervisorException(
                    NO_SUCH_GUEST, host.name() + " has no guest " + uuid + ".", null));
  }

  private static void refuse(boolean wrong, String sentence) {
    if (wrong) {
      throw failed(sentence);
    }
  }

  private static HypervisorException failed(String sentence) {
    return new HypervisorException(FAILED, sentence, null);
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
