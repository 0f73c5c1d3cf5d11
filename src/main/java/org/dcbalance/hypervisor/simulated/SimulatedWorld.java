package org.dcbalance.hypervisor.simulated;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.groupingBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Hold the hosts and guests of the simulated pool, and let their time pass. Nothing runs by itself:
 * whoever looks at the world first makes up for the time since the last look, in cells of a fixed
 * grid, so that what happens does not depend on how often anyone looks.
 *
 * <p>Running migrations live in this console's memory. If it dies or stands still, their guests
 * stay on their sources, as the file says.
 */
final class SimulatedWorld {
  /** Load changes so often. */
  private static final long LOAD_CELL = 500_000_000;

  /** Memory is written and copied in turns of this length while anyone looks at it. */
  private static final long MEMORY_CELL = 20_000_000;

  /** Whoever ordered a migration looks far more often than this. */
  private static final long STANDSTILL = 10_000_000_000L;

  private final ReentrantLock lock = new ReentrantLock();
  private final SimulatedTime time;
  private final @Nullable WorldFile file;
  private final Map<String, SimulatedHost> hosts = new LinkedHashMap<>();
  private final Map<UUID, SimulatedGuest> guests = new LinkedHashMap<>();
  private final List<SimulatedMigration> migrations = new ArrayList<>();
  private final List<Runnable> news = new ArrayList<>();

  /** Nanoseconds since 1970 up to which the world has lived. */
  private long lived;

  private final long nanosAtStart;
  private final long livedAtStart;
  private int nextDomainId = 1;

  /** Build the world that the settings lay out, in real time. */
  static SimulatedWorld of(SimulatedSettings settings) {
    var fleet = FleetOfAnySize.of(settings.hosts(), settings.guests(), settings.seed());
    var file = settings.stateFile();
    return new SimulatedWorld(
        fleet.hosts(),
        fleet.guests(),
        SimulatedTime.REAL,
        file == null ? null : new WorldFile(file));
  }

  SimulatedWorld(
      List<HostPlan> hostPlans,
      List<GuestPlan> plans,
      SimulatedTime time,
      @Nullable WorldFile file) {
    this.time = time;
    this.file = file;
    var now = time.now();
    livedAtStart = now.getEpochSecond() * 1_000_000_000L + now.getNano();
    lived = livedAtStart;
    nanosAtStart = time.nanos();
    hostPlans.forEach(plan -> hosts.put(plan.name(), new SimulatedHost(plan)));
    plans.forEach(plan -> guests.put(plan.uuid(), new SimulatedGuest(plan, nextDomainId++)));
    if (file != null) {
      file.readIfChanged().ifPresentOrElse(this::apply, () -> save(guests.values()));
    }
  }

  SimulatedTime time() {
    return time;
  }

  /** Look at the world as it is now; what was noticed meanwhile is told to listeners afterwards. */
  <T> T look(Supplier<T> view) {
    List<Runnable> tell;
    T seen;
    lock.lock();
    try {
      catchUp();
      try {
        seen = view.get();
      } finally {
        tell = List.copyOf(news);
        news.clear();
      }
    } finally {
      lock.unlock();
    }
    tell.forEach(Runnable::run);
    return seen;
  }

  List<String> hostNames() {
    return List.copyOf(hosts.keySet());
  }

  Optional<SimulatedHost> host(String name) {
    return Optional.ofNullable(hosts.get(name));
  }

  private SimulatedHost named(String name) {
    return host(name).orElseThrow(() -> new IllegalArgumentException("No host " + name));
  }

  Optional<SimulatedGuest> guest(UUID uuid) {
    return Optional.ofNullable(guests.get(uuid));
  }

  /** List the guests whose home is the host, by name. */
  List<SimulatedGuest> guestsOn(SimulatedHost host) {
    return guests.values().stream()
        .filter(guest -> guest.host().equals(host.name()))
        .sorted(comparing(SimulatedGuest::name))
        .toList();
  }

  Optional<SimulatedMigration> migrationOf(UUID guest) {
    return migrations.stream().filter(m -> m.guest().uuid().equals(guest)).findFirst();
  }

  List<SimulatedMigration> incomingOf(SimulatedHost host) {
    return migrations.stream().filter(m -> m.target() == host).toList();
  }

  /** Sum up the memory that the host has given away, in MiB, incoming guests included. */
  long memoryTaken(SimulatedHost host) {
    long own = SimulatedHost.OWN_MEMORY_MIB;
    long resident =
        guestsOn(host).stream()
            .filter(guest -> guest.state() != GuestState.SHUT_OFF)
            .mapToLong(SimulatedGuest::has)
            .sum();
    long incoming = incomingOf(host).stream().mapToLong(m -> m.guest().has()).sum();
    return own + resident + incoming;
  }

  void start(SimulatedMigration migration) {
    migrations.add(migration);
    changed(migration.target(), migration.guest(), "incoming migration");
  }

  void abort(SimulatedMigration migration, HypervisorException why) {
    migration.fail(why);
    end(migration);
  }

  /** Remember a change of a guest's state, place or mark. */
  void save(SimulatedGuest guest) {
    save(List.of(guest));
  }

  void remove(SimulatedGuest guest) {
    guests.remove(guest.uuid());
    if (file != null) {
      file.write(Map.of(guest.name(), new WorldFile.Place(null, GuestState.SHUT_OFF, null)));
    }
  }

  void changed(SimulatedHost host, SimulatedGuest guest, String what) {
    tell(host, new HypervisorEvent.GuestChanged(time.now(), guest.uuid(), what));
  }

  void tell(SimulatedHost host, HypervisorEvent event) {
    if (host.reachable()) {
      host.listeners().forEach(listener -> tellLater(() -> listener.on(event)));
    }
  }

  /** Tell something once the world is not being looked at, so that listeners may look at it. */
  void tellLater(Runnable message) {
    news.add(message);
  }

  /** Let a host die with all that runs on it. */
  void kill(String name) {
    look(
        () -> {
          var host = named(name);
          for (var migration : List.copyOf(migrations)) {
            if (migration.source() == host || migration.target() == host) {
              abort(migration, failed("The connection to " + name + " was lost."));
            }
          }
          host.up(false);
          return host;
        });
  }

  /** Start a dead host again; its guests start with it. */
  void revive(String name) {
    look(
        () -> {
          var host = named(name);
          host.up(true);
          guestsOn(host).forEach(guest -> guest.settleOn(name, nextDomainId++));
          return host;
        });
  }

  /** Cut or mend the way from consoles to a host, which itself goes on. */
  void reachable(String name, boolean reachable) {
    look(
        () -> {
          named(name).reachable(reachable);
          return reachable;
        });
  }

  /** Set what a host's link carries, in MiB/s each way. */
  void link(String name, double mibPerSecond) {
    look(
        () -> {
          named(name).link(mibPerSecond);
          return mibPerSecond;
        });
  }

  private void catchUp() {
    if (file != null) {
      file.readIfChanged().ifPresent(this::apply);
    }
    long now = livedAtStart + (time.nanos() - nanosAtStart);
    if (file != null && now - lived > STANDSTILL) {
      // another console may have decided meanwhile what became of these guests
      for (var migration : List.copyOf(migrations)) {
        abort(migration, failed("The console that simulates it stood still."));
      }
    }
    while (lived < now) {
      boolean busy = memoryMatters();
      long cell = busy ? MEMORY_CELL : LOAD_CELL;
      long next = (lived / cell + 1) * cell;
      if (busy && next > now) {
        return;
      }
      next = Math.min(next, now);
      // what is wanted stays the same throughout a load cell
      double wantedAt = (Math.floorDiv(lived, LOAD_CELL) + 0.5) * (LOAD_CELL / 1e9);
      live((next - lived) / 1e9, wantedAt);
      lived = next;
    }
  }

  private boolean memoryMatters() {
    return !migrations.isEmpty() || guests.values().stream().anyMatch(SimulatedGuest::measuring);
  }

  private void live(double length, double wantedAt) {
    var here = guests.values().stream().collect(groupingBy(SimulatedGuest::host));
    for (var host : hosts.values()) {
      if (host.up()) {
        run(host, here.getOrDefault(host.name(), List.of()), length, wantedAt);
      }
    }
    for (var migration : List.copyOf(migrations)) {
      int pass = migration.iteration();
      migration.advance(length, linkShare(migration));
      if (migration.iteration() > pass) {
        tell(
            migration.source(),
            new HypervisorEvent.MigrationIteration(
                time.now(), migration.guest().uuid(), migration.iteration()));
      }
      if (migration.over()) {
        end(migration);
      }
    }
  }

  private void run(SimulatedHost host, List<SimulatedGuest> here, double length, double wantedAt) {
    double overhead = SimulatedHost.OWN_CORES;
    for (var migration : migrations) {
      if (migration.source() == host || migration.target() == host) {
        overhead += SimulatedHost.CORES_PER_MIGRATION;
      }
    }
    double[] wanted = new double[here.size()];
    double sum = 0;
    for (int i = 0; i < wanted.length; i++) {
      boolean paused =
          migrationOf(here.get(i).uuid()).filter(SimulatedMigration::pausesGuest).isPresent();
      double share =
          1 - migrationOf(here.get(i).uuid()).map(SimulatedMigration::throttle).orElse(0) / 100.0;
      wanted[i] = paused ? 0 : share * here.get(i).wantedCores(wantedAt);
      sum += wanted[i];
    }
    double given = sum == 0 ? 0 : Math.min(1, (host.cores() - overhead) / sum);
    for (int i = 0; i < wanted.length; i++) {
      var guest = here.get(i);
      boolean watched = guest.measuring() || migrationOf(guest.uuid()).isPresent();
      guest.run(length, wanted[i] * given, watched);
      guest.passMeasuring(length);
      guest.passBallooning(length);
    }
    host.work(length, overhead + sum * given);
  }

  private double linkShare(SimulatedMigration migration) {
    long outgoing = migrations.stream().filter(m -> m.source() == migration.source()).count();
    return Math.min(
        migration.source().link() / outgoing,
        migration.target().link() / incomingOf(migration.target()).size());
  }

  private void end(SimulatedMigration migration) {
    migrations.remove(migration);
    var guest = migration.guest();
    var source = migration.source();
    var target = migration.target();
    var figures = migration.figures();
    source.sent().put(guest.uuid(), figures);
    if (figures.succeeded()) {
      target.received().put(guest.uuid(), figures);
      guest.settleOn(target.name(), nextDomainId++);
      save(guest);
      changed(source, guest, "migrated to " + target.name());
      changed(target, guest, "resumed after migration from " + source.name());
    } else {
      changed(target, guest, "incoming migration failed");
    }
    tell(source, new HypervisorEvent.JobCompleted(time.now(), guest.uuid(), figures));
  }

  private void save(Iterable<SimulatedGuest> some) {
    if (file != null) {
      var places = new LinkedHashMap<String, WorldFile.Place>();
      some.forEach(
          guest ->
              places.put(
                  guest.name(), new WorldFile.Place(guest.host(), guest.state(), guest.mark())));
      file.write(places);
    }
  }

  private void apply(Map<String, WorldFile.Place> places) {
    for (var guest : List.copyOf(guests.values())) {
      var place = places.get(guest.name());
      if (place == null) {
        continue;
      }
      if (place.host() == null) {
        guests.remove(guest.uuid());
        continue;
      }
      if (!place.host().equals(guest.host())) {
        migrationOf(guest.uuid()).ifPresent(this::overtake);
        guest.settleOn(place.host(), nextDomainId++);
      }
      guest.state(place.state());
      guest.mark(place.mark());
    }
  }

  private void overtake(SimulatedMigration migration) {
    abort(migration, failed(migration.guest().name() + " was moved by another console."));
  }

  private static HypervisorException failed(String sentence) {
    return new HypervisorException(Kind.FAILED, sentence, null);
  }

  /** Wait until the migration is over, as whoever ordered it does. */
  void await(SimulatedMigration migration) {
    while (!look(migration::over)) {
      try {
        time.sleep(Duration.ofMillis(50));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HypervisorException(
            Kind.TIMED_OUT,
            "The wait for the migration of " + migration.guest().name() + " was interrupted.",
            e);
      }
    }
    var failure = migration.failure();
    if (failure != null) {
      throw failure;
    }
  }
}
