package org.dcbalance.checkpoint;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.GuestSighting;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.hypervisor.LoadReading.HostCounters;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.hypervisor.StateStorage.Fit;
import org.dcbalance.hypervisor.StateStorage.Room;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.inventory.Host;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Partly;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Hosts that share the disks of one guest, and bring it back by themselves once they were told,
 * also when the console that told them dies. It can be made to die with any of its changes.
 */
final class RestoringFleet {
  private static final String FOLDER = "/checkpoints/";

  final Set<String> volumes = ConcurrentHashMap.newKeySet();

  /** The volumes that lie over others, with those. */
  final Map<String, String> over = new ConcurrentHashMap<>();

  /** Why no disk can be copied; empty if that can be done. */
  String full = "";

  /** Whether the guest's emulator ends while a disk is copied. */
  boolean crashes;

  /** Whether the guest's memory takes longer to be read than its console lives. */
  boolean readsSlowly;

  private final Map<HostId, OneHost> hosts = new ConcurrentHashMap<>();
  private int left = Integer.MAX_VALUE;
  private boolean dead;

  /** Have a checkpoint of some VM in a pool of several hosts; it is only a row. */
  static long checkpoint(JdbcClient jdbc) {
    return Await.until(
        "a VM",
        Duration.ofSeconds(30),
        () ->
            jdbc.sql(
                    """
                    insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why,
                      requested_by)
                    select v.id, h.pool_id, h.id, 'cp', 'dcb-test', 'COMPLETE', true, '', 'amy'
                    from vm v join host h on h.id = v.host_id
                    where v.gone_since is null
                      and (select count(*) from host o
                        where o.pool_id = h.pool_id and o.removed_at is null) > 2
                    limit 1 returning id
                    """)
                .query(Long.class)
                .optional()
                .orElse(null),
        id -> id > 0);
  }

  OneHost host(Host host) {
    return hosts.computeIfAbsent(host.id(), id -> new OneHost());
  }

  Hypervisor port(Host host) {
    return host(host).port;
  }

  /** Have the console die once it made so many changes more. */
  void killAfter(int changes) {
    left = changes;
  }

  /** Let the next console begin; tell whether the last one was killed. */
  boolean revive() {
    boolean died = dead;
    left = Integer.MAX_VALUE;
    dead = false;
    return died;
  }

  /** Make a change, after which the console may die without an answer. */
  void change(Runnable change) {
    alive();
    change.run();
    if (--left == 0) {
      dead = true;
    }
    alive();
  }

  private void alive() {
    if (dead) {
      throw new HypervisorException(Kind.UNREACHABLE, "The console is dead.", null);
    }
  }

  /** What a host has of the guest. */
  @SuppressWarnings("UnusedMethod") // called by their names
  final class OneHost {
    /** The disk of what runs there; null if nothing does. */
    @Nullable String runsOn;

    /** The disk with which it would start there; null if it is not defined. */
    @Nullable String defined;

    GuestState state = GuestState.RUNNING;
    Job job = Job.NONE;
    boolean silent;
    private final Hypervisor port = Partly.of(Hypervisor.class, this);
    private final StateStorage storage = Partly.of(StateStorage.class, this);

    private void answers() {
      alive();
      if (silent) {
        throw new HypervisorException(Kind.UNREACHABLE, "No route to host.", null);
      }
    }

    Optional<GuestStatus> status(UUID uuid) {
      answers();
      if (runsOn == null && defined == null) {
        return Optional.empty();
      }
      return Optional.of(
          new GuestStatus(
              runsOn == null ? GuestState.SHUT_OFF : state, Why.NONE, job, null, defined != null));
    }

    GuestSighting look(UUID uuid, String name) {
      return new GuestSighting(status(uuid), null, 1);
    }

    LoadReading readLoad() {
      answers();
      return new LoadReading(
          Instant.EPOCH, 0, new HostCounters(null, 4, Memory.ZERO, Memory.ofGiB(64)), List.of());
    }

    void destroy(UUID uuid) {
      answers();
      change(() -> runsOn = null);
    }

    void resume(UUID uuid) {
      answers();
      change(() -> state = GuestState.RUNNING);
    }

    void undefine(UUID uuid) {
      answers();
      change(() -> defined = null);
    }

    StateStorage states() {
      return storage;
    }

    Room room(String pool) {
      answers();
      return new Room(Memory.ofGiB(9), Memory.ofGiB(9));
    }

    List<Volume> volumes(String pool, String prefix) {
      answers();
      return volumes.stream()
          .filter(name -> name.startsWith(prefix))
          .map(name -> new Volume(name, Memory.ofMiB(1)))
          .toList();
    }

    Fit fit(String pool, String memory) {
      answers();
      return new Fit(Memory.ofMiB(512), List.of(), List.of());
    }

    void layOver(String pool, String backing, String volume) {
      answers();
      change(
          () -> {
            volumes.add(volume);
            over.put(volume, backing);
          });
    }

    void restore(UUID uuid, String pool, String memory, Map<String, String> disks, boolean paused) {
      answers();
      change(
          () -> {
            if (hosts.values().stream().anyMatch(h -> h.runsOn != null)) {
              throw new AssertionError("It would run twice.");
            }
            runsOn = FOLDER + disks.get("vda");
            state = readsSlowly ? GuestState.PAUSED : GuestState.RUNNING;
          });
      define(uuid, pool, memory, disks);
    }

    void define(UUID uuid, String pool, String memory, Map<String, String> disks) {
      answers();
      change(() -> defined = FOLDER + disks.get("vda"));
    }

    Map<String, String> disks(UUID uuid) {
      answers();
      return Map.of("vda", Objects.requireNonNull(runsOn == null ? defined : runsOn));
    }

    Map<String, String> over(String pool) {
      answers();
      return Map.copyOf(over);
    }

    void detach(UUID uuid, String target, Consumer<Double> progress) {
      answers();
      if (crashes) {
        runsOn = null;
      }
      if (runsOn == null) {
        throw new HypervisorException(Kind.FAILED, "The domain is not running.", null);
      }
      if (!full.isEmpty()) {
        throw new HypervisorException(Kind.FAILED, full, null);
      }
      over.remove(runsOn.substring(FOLDER.length()));
    }

    void delete(String pool, String volume) {
      answers();
      change(
          () -> {
            var path = FOLDER + volume;
            if (hosts.values().stream()
                .anyMatch(h -> path.equals(h.runsOn) || path.equals(h.defined))) {
              throw new AssertionError("The guest is on " + volume);
            }
            if (over.containsValue(volume)) {
              throw new AssertionError("A disk lies over " + volume);
            }
            volumes.remove(volume);
            over.remove(volume);
          });
    }
  }
}
