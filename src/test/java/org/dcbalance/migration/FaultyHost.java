package org.dcbalance.migration;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.CpuTimes;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestSighting;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
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
import org.dcbalance.migration.FaultyFleet.Copy;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.migration.FaultyFleet.RunningJob;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** One host of a {@link FaultyFleet}. */
final class FaultyHost implements Hypervisor {
  private static final long BOOTED = System.nanoTime();

  /** Whether its guests use no CPU time, whatever their state. */
  volatile boolean standStill;

  private static final Memory TOTAL = Memory.ofGiB(16);

  final Map<UUID, Copy> copies = new ConcurrentHashMap<>();
  final Map<UUID, RunningJob> jobs = new ConcurrentHashMap<>();
  final Map<UUID, MigrationFigures> sent = new ConcurrentHashMap<>();
  final Map<UUID, MigrationFigures> received = new ConcurrentHashMap<>();
  volatile boolean reachable = true;
  volatile boolean alive = true;

  volatile boolean cannotMark;

  /** Refuses to change guests' memory and caps, and to remove definitions. */
  volatile boolean unchangeable;

  /** Refuses to change guests' memory whenever it is asked, as of one that maps a checkpoint's. */
  volatile boolean mapsMemory;

  /** Whether what runs here has a definition, too. */
  volatile boolean keepsDefinitions = true;

  /** Refuses to switch to post-copy. */
  volatile boolean unswitchable;

  /** Switches to post-copy, and never says so. */
  volatile boolean switchesUnsaid;

  final Map<UUID, Integer> caps = new ConcurrentHashMap<>();
  final Map<UUID, Integer> weights = new ConcurrentHashMap<>();
  final Map<UUID, Duration> pauses = new ConcurrentHashMap<>();

  /** Guests that it starts when it starts itself. */
  final Set<UUID> autostarts = ConcurrentHashMap.newKeySet();

  private final Map<UUID, Balloon> balloons = new ConcurrentHashMap<>();
  static final Duration USUAL_PAUSE = Duration.ofMillis(300);

  /** Tells nothing of its jobs. */
  volatile boolean tellsNoProgress;

  /** Whether the link is mended, so that a failed post-copy can go on. */
  volatile boolean resumable;

  final AtomicInteger resumes = new AtomicInteger();

  private final List<Consumer<HypervisorEvent>> listeners = new CopyOnWriteArrayList<>();

  /** Restarts its daemon after each answer. */
  volatile boolean restarting;

  /** By how much it slows guests down that it sends, in percent, from their third pass on. */
  volatile int slowedDown;

  /** Other guests, by name. */
  final Map<String, UUID> others = new ConcurrentHashMap<>();

  final FaultyDisks disks = new FaultyDisks(this);

  private final AtomicLong connection = new AtomicLong(1);
  volatile Memory used = Memory.ofGiB(2);
  volatile CpuFit fit = new CpuFit.Fits();

  /** Whether the memory of its guests lies on huge pages. */
  volatile boolean onHugePages;

  volatile Memory hugeFree = Memory.ZERO;

  /** Bytes per second that measurements will find, one after the other; the last one stays. */
  final Queue<Double> dirtyRates = new ConcurrentLinkedQueue<>();

  private final Map<UUID, LoadReading.DirtyRate> dirtyRate = new ConcurrentHashMap<>();
  private final FaultyFleet fleet;
  private final String name;

  FaultyHost(FaultyFleet fleet, String name) {
    this.fleet = fleet;
    this.name = name;
  }

  String name() {
    return name;
  }

  void set(UUID guest, GuestState state, Why why, Job job) {
    var known = copies.get(guest);
    copies.put(guest, new Copy(state, why, job, known == null ? null : known.mark()));
  }

  /** Change a guest's mark as somebody else would, or take it off with null. */
  void forge(UUID guest, @Nullable String mark) {
    var copy = known(guest);
    copies.put(guest, new Copy(copy.state(), copy.why(), copy.job(), mark));
  }

  void fail(boolean when, Kind kind, String sentence) {
    if (when) {
      throw new HypervisorException(kind, sentence, null);
    }
  }

  private void answer() {
    fail(!reachable || !alive, Kind.UNREACHABLE, name + " does not answer.");
  }

  private Copy known(UUID guest) {
    answer();
    var copy = copies.get(guest);
    if (copy == null) {
      throw new HypervisorException(Kind.NO_SUCH_GUEST, name + " does not know " + guest, null);
    }
    return copy;
  }

  @Override
  public HostFacts facts() {
    answer();
    return new HostFacts(
        new UUID(0, name.hashCode()), name, "QEMU", "7.2", "9.0", "x86_64", 8, TOTAL, Map.of());
  }

  @Override
  public List<Guest> guests() {
    answer();
    return List.of();
  }

  @Override
  public LoadReading readLoad() {
    answer();
    return new LoadReading(
        Instant.now(),
        System.nanoTime(),
        new LoadReading.HostCounters(Duration.ZERO, 8, used, TOTAL),
        dirtyRate.entrySet().stream()
            .map(
                rate ->
                    new LoadReading.GuestCounters(
                        rate.getKey(),
                        Duration.ZERO,
                        1,
                        Memory.ofMiB(512),
                        null,
                        0,
                        0,
                        0,
                        0,
                        rate.getValue()))
            .toList());
  }

  @Override
  public CpuTimes cpuTimes() {
    answer();
    var up = Duration.ofNanos(System.nanoTime() - BOOTED);
    return new CpuTimes(up, up.dividedBy(2));
  }

  @Override
  public Optional<GuestStatus> status(UUID guest) {
    answer();
    synchronized (fleet) {
      return FaultyFleet.status(copies.get(guest), keepsDefinitions);
    }
  }

  @Override
  public Duration cpuTime(UUID guest) {
    answer();
    known(guest);
    return standStill ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - BOOTED);
  }

  @Override
  public GuestSighting look(UUID guest, String guestName) {
    var number = restarting ? connection.incrementAndGet() : connection.get();
    return new GuestSighting(status(guest), others.get(guestName), number);
  }

  @Override
  public void measureDirtyRate(UUID guest, Duration window) {
    fail(dirtyRates.isEmpty(), Kind.UNSUPPORTED, "no dirty rates here");
    known(guest);
    double next = dirtyRates.size() > 1 ? dirtyRates.remove() : dirtyRates.element();
    dirtyRate.put(guest, new LoadReading.DirtyRate(Instant.now(), window, new ByteRate(next)));
  }

  @Override
  public CpuFit fits(GuestCpu cpu) {
    answer();
    fleet.pass(this, Point.FITS);
    return fit;
  }

  @Override
  public DiskStorage disks() {
    return disks;
  }

  @Override
  public StateStorage states() {
    throw new HypervisorException(Kind.UNSUPPORTED, "It takes no checkpoints.", null);
  }

  @Override
  public void migrate(MigrationOrder order, Runnable lastWord) {
    known(order.guest());
    fleet.pass(this, Point.ORDER);
    lastWord.run();
    var job = fleet.begin(this, order);
    while (true) {
      try {
        if (job.over.await(20, TimeUnit.MILLISECONDS)) {
          break;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      answer();
    }
    var failure = job.failure;
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public Optional<MigrationProgress> progress(UUID guest) {
    answer();
    fail(tellsNoProgress, Kind.TIMED_OUT, name + " did not tell that in time.");
    return Optional.ofNullable(jobs.get(guest))
        .map(
            job ->
                new MigrationProgress(
                    Instant.now(),
                    Duration.ofMillis(1),
                    Memory.ofMiB(512),
                    new Memory((long) (job.share() * (512L << 20))),
                    new Memory((long) ((1 - job.share()) * (512L << 20))),
                    ByteRate.ZERO,
                    ByteRate.ofMiB(100),
                    slowedDown == 0 ? 1 : 3,
                    slowedDown));
  }

  @Override
  public Optional<MigrationFigures> figures(UUID guest) {
    answer();
    return Optional.ofNullable(sent.get(guest));
  }

  @Override
  public Optional<MigrationFigures> incomingFigures(UUID guest) {
    answer();
    return Optional.ofNullable(received.get(guest));
  }

  @Override
  public void abort(UUID guest) {
    answer();
    var job = jobs.get(guest);
    fail(job == null, Kind.FAILED, "no job is active on the domain");
    if (job != null) {
      if (job.postCopy) {
        fleet.violations.add(guest + " was aborted in post-copy");
      }
      job.aborted = true;
    }
  }

  @Override
  public void setMaxDowntime(UUID guest, Duration longest) {
    known(guest);
    pauses.put(guest, longest);
  }

  @Override
  public Duration maxDowntime(UUID guest) {
    known(guest);
    return pauses.getOrDefault(guest, USUAL_PAUSE);
  }

  @Override
  public void setBandwidth(UUID guest, ByteRate most) {
    known(guest);
  }

  @Override
  public void startPostCopy(UUID guest) {
    known(guest);
    fail(unswitchable, Kind.FAILED, "Postcopy is not supported.");
    var job = jobs.get(guest);
    fail(job == null, Kind.FAILED, "no job is active on the domain");
    if (job != null) {
      job.postCopy = true;
    }
    if (switchesUnsaid) {
      FaultyFleet.sleep(200);
    }
    fail(switchesUnsaid, Kind.TIMED_OUT, "No answer within 10 s.");
  }

  @Override
  public MemoryReading memory(UUID guest) {
    known(guest);
    return balloon(guest).read();
  }

  @Override
  public Optional<List<Memory>> hugePages(UUID guest) {
    known(guest);
    return onHugePages ? Optional.of(List.of()) : Optional.empty();
  }

  @Override
  public Memory freeHugePages(List<Memory> sizes) {
    answer();
    return hugeFree;
  }

  @Override
  public void setMemory(UUID guest, Memory target) {
    fail(mapsMemory, Kind.UNSUPPORTED, guest + " maps the memory of its checkpoint.");
    changeable(guest);
    balloon(guest).aim(target);
  }

  @Override
  public Optional<String> balloonMoves(UUID guest) {
    return balloon(guest).moves()
        ? Optional.of("The memory of " + guest + " is changing on " + name + ".")
        : Optional.empty();
  }

  /** Take a guest over: its memory comes with it, and nothing else that was set on it. */
  void arrives(UUID guest, FaultyHost from) {
    balloons.put(guest, from.balloon(guest));
    caps.remove(guest);
    weights.remove(guest);
    pauses.remove(guest);
    from.caps.remove(guest);
    from.weights.remove(guest);
    from.pauses.remove(guest);
    from.autostarts.remove(guest);
  }

  /** The balloon of a guest here. */
  Balloon balloon(UUID guest) {
    return balloons.computeIfAbsent(guest, _ -> new Balloon());
  }

  @Override
  public int cap(UUID guest) {
    known(guest);
    return caps.getOrDefault(guest, 0);
  }

  @Override
  public void setCap(UUID guest, int percent) {
    changeable(guest);
    fleet.pass(this, Point.CAP);
    caps.put(guest, percent);
  }

  @Override
  public Optional<Integer> weight(UUID guest) {
    known(guest);
    return Optional.ofNullable(weights.get(guest));
  }

  @Override
  public void setWeight(UUID guest, int weight) {
    changeable(guest);
    weights.put(guest, weight);
  }

  private void changeable(UUID guest) {
    var copy = known(guest);
    fail(unchangeable, Kind.FAILED, name + " changes nothing now.");
    fail(copy.job() != Job.NONE, Kind.FAILED, "The guest " + guest + " has a job.");
  }

  @Override
  public void resumePostCopy(UUID guest, String peerUri, boolean encrypted) {
    known(guest);
    resumes.incrementAndGet();
    fail(!resumable, Kind.FAILED, "unable to connect to the target.");
    var target = fleet.host(URI.create(peerUri).getHost());
    set(guest, GuestState.PAUSED, Why.POST_COPY, Job.OUTGOING_MIGRATION);
    target.set(guest, GuestState.RUNNING, Why.POST_COPY, Job.INCOMING_MIGRATION);
    fleet.pass(this, Point.POST_COPY);
    FaultyFleet.sleep(300);
    fleet.change(
        guest,
        () -> {
          copies.remove(guest);
          target.set(guest, GuestState.RUNNING, Why.NONE, Job.NONE);
        });
  }

  @Override
  public void resume(UUID guest) {
    known(guest);
    fleet.change(guest, () -> set(guest, GuestState.RUNNING, Why.NONE, Job.NONE));
  }

  @Override
  public void pause(UUID guest) {
    known(guest);
    fleet.change(guest, () -> set(guest, GuestState.PAUSED, Why.USER, Job.NONE));
  }

  @Override
  public void destroy(UUID guest) {
    known(guest);
    fleet.change(guest, () -> copies.remove(guest));
  }

  @Override
  public boolean changeIf(UUID guest, StateChange change, Predicate<GuestStatus> still) {
    fleet.pass(this, Point.CHANGE);
    return Hypervisor.super.changeIf(guest, change, still);
  }

  @Override
  public boolean autostart(UUID guest) {
    known(guest);
    return autostarts.contains(guest);
  }

  @Override
  public void setAutostart(UUID guest, boolean autostart) {
    known(guest);
    fail(unchangeable, Kind.FAILED, name + " changes nothing now.");
    fail(autostart && !keepsDefinitions, Kind.FAILED, "cannot set autostart for transient domain");
    if (!autostart) {
      autostarts.remove(guest);
      return;
    }
    autostarts.add(guest);
    if (fleet.hosts.values().stream().filter(h -> h.autostarts.contains(guest)).count() > 1) {
      fleet.violations.add(guest + " is started by two hosts");
    }
  }

  @Override
  public void undefine(UUID guest) {
    known(guest);
    fail(unchangeable, Kind.FAILED, name + " changes nothing now.");
    autostarts.remove(guest);
    fleet.change(guest, () -> copies.remove(guest));
  }

  @Override
  public void mark(UUID guest, @Nullable String mark) {
    known(guest);
    fleet.pass(this, Point.MARK);
    fail(cannotMark, Kind.UNSUPPORTED, name + " keeps no marks.");
    forge(guest, mark);
  }

  @Override
  public Optional<String> reachPeer(String peerUri) {
    return Optional.empty();
  }

  @Override
  public void listen(Consumer<HypervisorEvent> listener) {
    listeners.add(listener);
  }

  /** Tell those who listen that a guest that came by a migration runs here. */
  void tellArrival(UUID guest) {
    var event =
        new HypervisorEvent.GuestChanged(
            Instant.now(), guest, HypervisorEvent.GuestChanged.RESUMED_BY_MIGRATION);
    listeners.forEach(listener -> listener.accept(event));
  }

  @Override
  public void close() {}
}
