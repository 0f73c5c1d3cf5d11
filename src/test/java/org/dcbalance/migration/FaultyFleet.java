package org.dcbalance.migration;

import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorDriver;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Hosts that behave like real ones while a test stops them at a point, silences them or kills them.
 * Jobs run in threads of the fleet: they go on whoever asked for them. Should a guest ever run
 * twice, it is noted.
 */
class FaultyFleet implements HypervisorDriver {
  /** Points at which a job or an answer can be stopped. */
  enum Point {
    FITS,
    MARK,
    CAP,
    ORDER,
    COPYING,
    SWITCH_OVER,
    POST_COPY,
    AFTER_JOB,
    CHANGE
  }

  /** What a host knows of a guest. */
  record Copy(GuestState state, Why why, Job job, @Nullable String mark) {}

  final Map<String, FaultyHost> hosts = new ConcurrentHashMap<>();
  final List<String> violations = new CopyOnWriteArrayList<>();
  final AtomicInteger migrations = new AtomicInteger();
  final List<MigrationOrder> orders = new CopyOnWriteArrayList<>();
  private final Map<Point, Stop> stops = new EnumMap<>(Point.class);
  volatile Duration copyTime = Duration.ofMillis(300);

  /** Whether anything arrives of what is copied. */
  volatile boolean linkCarries = true;

  /** How many jobs more will not reach their target's daemon. */
  final AtomicInteger linkFaults = new AtomicInteger();

  /** Something that a test holds at a point. */
  static final class Stop {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final Semaphore go = new Semaphore(0);

    void awaitReached() throws InterruptedException {
      if (!reached.await(90, TimeUnit.SECONDS)) {
        throw new AssertionError("The point was not reached.");
      }
    }

    void release() {
      go.release(1_000);
    }
  }

  /** Hold whatever comes to a point until it is released. */
  synchronized Stop stopAt(Point point) {
    var stop = new Stop();
    stops.put(point, stop);
    return stop;
  }

  synchronized void reset() {
    stops.values().forEach(Stop::release);
    stops.clear();
    hosts.clear();
    violations.clear();
    orders.clear();
    migrations.set(0);
    linkFaults.set(0);
    copyTime = Duration.ofMillis(300);
    linkCarries = true;
  }

  /** Hold what comes to a point, unless it is left over from an earlier test. */
  void pass(FaultyHost at, Point point) {
    Stop stop;
    synchronized (this) {
      if (hosts.get(at.name()) != at) {
        return;
      }
      stop = stops.get(point);
    }
    if (stop != null) {
      stop.reached.countDown();
      stop.go.acquireUninterruptibly();
    }
  }

  FaultyHost host(String name) {
    return hosts.computeIfAbsent(name, n -> new FaultyHost(this, n));
  }

  /** Change what hosts know, and look whether a guest runs twice. */
  synchronized void change(UUID guest, Runnable change) {
    change.run();
    var running =
        hosts.values().stream()
            .filter(h -> h.copies.get(guest) instanceof Copy c && c.state() == GuestState.RUNNING)
            .map(FaultyHost::name)
            .sorted()
            .toList();
    if (running.size() > 1) {
      violations.add(guest + " runs on " + running);
    }
  }

  /** Run one migration as the source's daemon would, whether or not anybody listens. */
  RunningJob begin(FaultyHost source, MigrationOrder order) {
    var guest = order.guest();
    var target = host(URI.create(order.peerUri()).getHost());
    if (source.balloon(guest).moves()) {
      violations.add(guest + " was sent while its balloon moved");
    }
    orders.add(order);
    var job = new RunningJob(source, target, guest);
    migrations.incrementAndGet();
    source.fail(
        !target.reachable || linkFaults.getAndUpdate(left -> Math.max(0, left - 1)) > 0,
        Kind.DISCONNECTED,
        "unable to connect to " + target.name());
    // as libvirt does, which makes the target's file and leaves it there if the copy fails
    var disk = source.disks.ofGuests.get(guest);
    if (disk != null && order.copiedDisks().contains(disk.target())) {
      target.disks.files.add(disk.path());
    }
    change(
        guest,
        () -> {
          source.set(guest, GuestState.RUNNING, Why.NONE, Job.OUTGOING_MIGRATION);
          var sent = source.copies.get(guest);
          target.copies.put(
              guest,
              new Copy(
                  GuestState.PAUSED,
                  Why.MIGRATING,
                  Job.INCOMING_MIGRATION,
                  sent == null ? null : sent.mark()));
          source.jobs.put(guest, job);
        });
    Thread.ofPlatform().daemon().name("fleet-job").start(job);
    return job;
  }

  /** One job of a source's daemon. */
  final class RunningJob implements Runnable {
    private final FaultyHost source;
    private final FaultyHost target;
    private final UUID guest;
    private final long begun = System.nanoTime();
    final CountDownLatch over = new CountDownLatch(1);
    volatile boolean aborted;
    volatile boolean postCopy;
    private volatile double arrived;
    volatile @Nullable HypervisorException failure;

    RunningJob(FaultyHost source, FaultyHost target, UUID guest) {
      this.source = source;
      this.target = target;
      this.guest = guest;
    }

    double share() {
      if (linkCarries) {
        arrived = Math.min(1.0, (System.nanoTime() - begun) / (double) copyTime.toNanos());
      }
      return arrived;
    }

    @Override
    public void run() {
      pass(source, Point.COPYING);
      while (share() < 1 && !aborted && !postCopy && target.alive) {
        sleep(5);
      }
      if (aborted || !target.alive) {
        stay();
        return;
      }
      if (postCopy) {
        sendTheRest();
      } else {
        change(
            guest,
            () -> source.set(guest, GuestState.PAUSED, Why.MIGRATING, Job.OUTGOING_MIGRATION));
        pass(source, Point.SWITCH_OVER);
        sleep(40);
        if (!target.alive) {
          stay();
          return;
        }
      }
      change(guest, () -> target.set(guest, GuestState.RUNNING, Why.NONE, Job.NONE));
      var took =
          new MigrationFigures(
              true,
              Duration.ofNanos(System.nanoTime() - begun),
              Duration.ofMillis(40),
              Memory.ofMiB(512),
              2);
      change(
          guest,
          () -> {
            target.arrives(guest, source);
            source.copies.remove(guest);
            source.jobs.remove(guest);
            source.sent.put(guest, took);
            target.received.put(guest, took);
          });
      end(null);
    }

    private void sendTheRest() {
      change(
          guest,
          () -> {
            source.set(guest, GuestState.PAUSED, Why.POST_COPY, Job.OUTGOING_MIGRATION);
            target.set(guest, GuestState.RUNNING, Why.POST_COPY, Job.INCOMING_MIGRATION);
          });
      pass(source, Point.POST_COPY);
    }

    private void stay() {
      change(
          guest,
          () -> {
            target.copies.remove(guest);
            source.set(guest, GuestState.RUNNING, Why.NONE, Job.NONE);
            source.jobs.remove(guest);
          });
      end(
          aborted
              ? new HypervisorException(
                  Kind.ABORTED, "operation aborted: migration job: canceled", null)
              : new HypervisorException(
                  Kind.DISCONNECTED, "lost connection to " + target.name() + ".", null));
    }

    private void end(@Nullable HypervisorException why) {
      failure = why;
      pass(source, Point.AFTER_JOB);
      over.countDown();
    }
  }

  @Override
  public boolean handles(URI uri) {
    return "faulty".equals(uri.getScheme());
  }

  @Override
  public void check(URI uri) {}

  @Override
  public Hypervisor open(URI uri) {
    return host(uri.getHost());
  }

  static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static Optional<GuestStatus> status(@Nullable Copy copy, boolean persistent) {
    return Optional.ofNullable(copy)
        .map(c -> new GuestStatus(c.state(), c.why(), c.job(), c.mark(), persistent));
  }
}
