package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.hypervisor.StateStorage.Captured;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.hypervisor.StateStorage.Room;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.hypervisor.StateStorage.Writing;
import org.dcbalance.testing.Partly;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;

/**
 * A host whose guests are captured by jobs of its own, which go on when the console that asked for
 * them dies. The console can be made to die with any of its changes.
 */
@SuppressWarnings("UnusedMethod") // called by their names
final class CapturingHost {
  static final Limits USUAL =
      new Limits(Duration.ofMillis(300), ByteRate.ofMiB(Long.MAX_VALUE / (1 << 20)));

  /** A guest with a disk. */
  static final class Guest {
    final PagedMachine machine;
    volatile String image;
    volatile Limits limits = USUAL;

    private Guest(String name) {
      machine = new PagedMachine(name);
      image = "/images/" + name;
    }
  }

  final Map<UUID, Guest> guests = new ConcurrentHashMap<>();
  final Set<String> volumes = ConcurrentHashMap.newKeySet();
  final Set<String> overlays = ConcurrentHashMap.newKeySet();
  private final Hypervisor port = Partly.of(Hypervisor.class, this);
  private final StateStorage storage = Partly.of(StateStorage.class, this);
  private final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
  private volatile boolean dead;

  void add(UUID uuid, String name) {
    guests.put(uuid, new Guest(name));
  }

  Hypervisor port() {
    return port;
  }

  /** Have the console die once it made so many changes more. */
  void killAfter(int changes) {
    left.set(changes);
  }

  /** Let the next console begin; tell whether the last one was killed. */
  boolean revive() {
    boolean died = dead;
    left.set(Integer.MAX_VALUE);
    dead = false;
    return died;
  }

  /** Make a change, after which the console may die without an answer. */
  void change(Runnable change) {
    alive();
    change.run();
    if (left.decrementAndGet() == 0) {
      dead = true;
    }
    alive();
  }

  private void alive() {
    if (dead) {
      throw new HypervisorException(Kind.UNREACHABLE, "The console is dead.", null);
    }
  }

  private Guest guest(UUID uuid) {
    alive();
    return Objects.requireNonNull(guests.get(uuid));
  }

  Optional<GuestStatus> status(UUID uuid) {
    var machine = guest(uuid).machine;
    boolean captured = machine.isBeingCaptured();
    boolean runs = machine.runs();
    return Optional.of(
        new GuestStatus(
            runs ? GuestState.RUNNING : GuestState.PAUSED,
            runs ? Why.NONE : captured ? Why.OTHER : Why.USER,
            captured ? Job.OTHER : Job.NONE,
            null,
            true));
  }

  void pause(UUID uuid) {
    change(() -> guest(uuid).machine.pause());
  }

  void resume(UUID uuid) {
    change(() -> guest(uuid).machine.letRun());
  }

  void abort(UUID uuid) {
    change(() -> guest(uuid).machine.abort());
  }

  Duration maxDowntime(UUID uuid) {
    return guest(uuid).limits.pause();
  }

  void setMaxDowntime(UUID uuid, Duration longest) {
    var guest = guest(uuid);
    change(() -> guest.limits = new Limits(longest, guest.limits.bandwidth()));
  }

  void setBandwidth(UUID uuid, ByteRate most) {
    var guest = guest(uuid);
    change(
        () -> {
          guest.limits = new Limits(guest.limits.pause(), most);
          guest.machine.pace(most);
        });
  }

  StateStorage states() {
    return storage;
  }

  ByteRate bandwidth(UUID uuid) {
    return guest(uuid).limits.bandwidth();
  }

  Optional<Writing> writing(UUID uuid) {
    return guest(uuid).machine.writing();
  }

  List<FrozenDisk> plan(UUID uuid, String suffix) {
    var image = guest(uuid).image;
    return List.of(new FrozenDisk("vda", image, image + "." + suffix));
  }

  Memory size(UUID uuid, List<FrozenDisk> disks) {
    return guest(uuid).machine.memory();
  }

  Room room(String pool) {
    return new Room(Memory.ofGiB(9), Memory.ofGiB(9));
  }

  Captured capture(UUID uuid, String pool, String volume, List<FrozenDisk> disks, boolean live) {
    var guest = guest(uuid);
    var job = new CompletableFuture<Captured>();
    change(() -> Thread.ofPlatform().daemon().start(() -> run(job, guest, volume, disks)));
    while (!job.isDone()) {
      alive();
      pauseBetween();
    }
    alive();
    try {
      return job.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof HypervisorException known ? known : e;
    }
  }

  private void run(
      CompletableFuture<Captured> job, Guest guest, String volume, List<FrozenDisk> disks) {
    try {
      var captured =
          guest.machine.capture(
              () -> {
                volumes.add(volume);
                disks.forEach(d -> overlays.add(d.overlay()));
                guest.image = disks.getFirst().overlay();
              });
      job.complete(captured);
    } catch (HypervisorException e) {
      job.completeExceptionally(e);
    }
  }

  private static void pauseBetween() {
    try {
      Thread.sleep(2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Map<String, String> disks(UUID uuid) {
    return Map.of("vda", guest(uuid).image);
  }

  void mergeBack(UUID uuid, FrozenDisk disk) {
    var guest = guest(uuid);
    change(
        () -> {
          guest.image = disk.source();
          overlays.remove(disk.overlay());
        });
  }

  void removeOverlay(FrozenDisk disk) {
    change(
        () -> {
          if (guests.values().stream().anyMatch(g -> g.image.equals(disk.overlay()))) {
            throw new AssertionError("A guest is on " + disk.overlay());
          }
          overlays.remove(disk.overlay());
        });
  }

  List<Volume> volumes(String pool, String prefix) {
    alive();
    return volumes.stream()
        .filter(name -> name.startsWith(prefix))
        .map(name -> new Volume(name, Memory.ofMiB(1)))
        .toList();
  }

  void delete(String pool, String volume) {
    change(() -> volumes.remove(volume));
  }
}
