package org.dcbalance.hypervisor;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Talk to one host. Every call blocks at most for the deadline of its connection, and throws {@link
 * HypervisorException} with the hypervisor's own words when it fails. Thread-safe. After {@link
 * HypervisorException.Kind#UNREACHABLE} the next call tries a new connection, with back-off.
 */
public interface Hypervisor extends AutoCloseable {

  /** Read what the host is and what it can do. */
  HostFacts facts();

  /** List the guests of the host, running or not; the control domain (Domain-0) is left out. */
  List<Guest> guests();

  /** Read all load counters of the host and of its running guests at one instant. */
  LoadReading readLoad();

  /** Read the CPU time that the host spent since it started. Needs {@link Capability#HOST_CPU}. */
  CpuTimes cpuTimes();

  /**
   * Read a guest's state, and the job on it, at this instant.
   *
   * @return empty only if the host answered that it does not know the guest
   */
  Optional<GuestStatus> status(UUID guest);

  /** Look for a guest by its UUID and by its name, over one connection. */
  GuestSighting look(UUID guest, String name);

  /**
   * Read the CPU time that a guest has used on this host, all vCPUs. Answers at once, even while a
   * job runs on it.
   */
  Duration cpuTime(UUID guest);

  /**
   * Start to measure how fast the guest dirties its memory, over a window; the result comes with a
   * later {@link #readLoad}. Needs {@link Capability#DIRTY_RATE}. Never while a job runs.
   */
  void measureDirtyRate(UUID guest, Duration window);

  /** Tell whether the host's CPU (or emulator) can run a guest with this CPU and machine. */
  CpuFit fits(GuestCpu cpu);

  /**
   * Migrate a guest from this host, peer to peer; returns when the hypervisor says that it is over.
   * The job goes on if this console dies.
   *
   * @param lastWord run when all else is prepared, just before the guest's job begins; what it
   *     throws keeps the job from beginning, and is thrown on
   * @throws HypervisorException if it did not succeed, in the hypervisor's words; the truth must
   *     then be read from both hosts
   */
  void migrate(MigrationOrder order, Runnable lastWord);

  /** Migrate a guest that nobody else would take up meanwhile. */
  default void migrate(MigrationOrder order) {
    migrate(order, () -> {});
  }

  /** Read the progress of the guest's outgoing migration; empty if no migration job runs. */
  Optional<MigrationProgress> progress(UUID guest);

  /**
   * Give the figures of the guest's last finished outgoing migration, if the hypervisor told them
   * to this connection (job-completed event or completed statistics).
   */
  Optional<MigrationFigures> figures(UUID guest);

  /**
   * Read the completed statistics of an incoming migration on its destination, without clearing
   * them; empty where the hypervisor has none.
   */
  Optional<MigrationFigures> incomingFigures(UUID guest);

  /** Ask the hypervisor to abort the guest's job. Needs {@link Capability#ABORT}. */
  void abort(UUID guest);

  /**
   * Set the longest pause at the switch-over, before a migration or while it runs. It holds for as
   * long as the guest runs here. Needs {@link Capability#MAX_DOWNTIME}.
   */
  void setMaxDowntime(UUID guest, Duration longest);

  /** Read the longest pause that is set. Needs {@link Capability#MAX_DOWNTIME}. */
  Duration maxDowntime(UUID guest);

  /**
   * Limit the bandwidth of the guest's running migration. Needs {@link Capability#BANDWIDTH_LIMIT}.
   */
  void setBandwidth(UUID guest, ByteRate most);

  /**
   * Switch the guest's running migration, which was ordered so that it may be, to post-copy: the
   * guest goes on at the target, and a fault from here on loses it. Needs {@link
   * Capability#POST_COPY}.
   */
  void startPostCopy(UUID guest);

  /** Read a running guest's memory; on QEMU never while a job runs on it. */
  MemoryReading memory(UUID guest);

  /**
   * Tell the sizes of the huge pages that a running guest's memory lies on.
   *
   * @return empty if it lies on ordinary pages; an empty list if it takes its host's default size
   */
  default Optional<List<Memory>> hugePages(UUID guest) {
    return Optional.empty();
  }

  /**
   * Tell how much memory is free in huge pages of certain sizes, which are no part of what {@link
   * #readLoad} tells to be free.
   *
   * @param sizes those of {@link #hugePages}
   * @throws HypervisorException UNSUPPORTED where such pages are not told
   */
  default Memory freeHugePages(List<Memory> sizes) {
    throw new HypervisorException(
        HypervisorException.Kind.UNSUPPORTED, "Its huge pages are not told.", null);
  }

  /**
   * Ask a running guest to give memory back, or to take it again; {@link #memory} shows how far it
   * is. Never while a job runs: a balloon in motion breaks a save or migration. Needs {@link
   * Capability#BALLOON}.
   */
  void setMemory(UUID guest, Memory target);

  /**
   * Tell why a guest must not be sent now: its balloon moves, or is not where it was asked to be,
   * and this hypervisor may lose a guest that is sent so.
   *
   * @return a sentence; empty if it may be sent, and wherever a balloon in motion does no harm
   */
  default Optional<String> balloonMoves(UUID guest) {
    return Optional.empty();
  }

  /**
   * Read the most CPU that a guest gets, in percent of one CPU; 0 for no cap. Needs {@link
   * Capability#CPU_CAP}.
   */
  int cap(UUID guest);

  /** Cap a guest's CPU, in percent of one CPU; 0 for no cap. Never while a job runs. */
  void setCap(UUID guest, int percent);

  /**
   * Read what a guest's share of CPU is weighed by, against those of the others, where there is not
   * enough for all. Needs {@link Capability#CPU_CAP}.
   *
   * @return empty where the scheduler tells none
   */
  default Optional<Integer> weight(UUID guest) {
    return Optional.empty();
  }

  /** Set what a guest's share of CPU is weighed by. Never while a job runs. */
  default void setWeight(UUID guest, int weight) {
    throw new HypervisorException(
        HypervisorException.Kind.UNSUPPORTED, "Guests have no CPU weights on this host.", null);
  }

  /**
   * Resume a guest's outgoing migration that failed in post-copy; returns when it is over. Until
   * then neither copy can do without the other.
   *
   * @param peerUri the target of that migration, as the source's daemon reaches it
   * @param encrypted whether that migration was encrypted
   * @throws HypervisorException if it did not succeed, in the hypervisor's words
   */
  void resumePostCopy(UUID guest, String peerUri, boolean encrypted);

  /** Let a paused guest run again. */
  void resume(UUID guest);

  /** Pause a running guest. */
  void pause(UUID guest);

  /** End a copy of a guest that must not run here; its definition and disks stay. */
  void destroy(UUID guest);

  /** What settles a guest that a migration left in two places. */
  enum StateChange {
    RESUME,
    PAUSE,
    DESTROY
  }

  /**
   * Change a guest's state only if it still is what it was taken for, looked up just before and
   * over the same connection.
   *
   * @return false if it was not, or is not known here any more, and nothing was changed
   */
  default boolean changeIf(UUID guest, StateChange change, Predicate<GuestStatus> still) {
    if (status(guest).filter(still).isEmpty()) {
      return false;
    }
    switch (change) {
      case RESUME -> resume(guest);
      case PAUSE -> pause(guest);
      case DESTROY -> destroy(guest);
    }
    return true;
  }

  /** Tell whether the host starts the guest when it starts itself. */
  default boolean autostart(UUID guest) {
    return false;
  }

  /**
   * Have the host start the guest when it starts itself, or not. Only for a guest that the host
   * keeps a definition of, running or not, and never while a job runs.
   */
  default void setAutostart(UUID guest, boolean autostart) {
    throw new HypervisorException(
        HypervisorException.Kind.UNSUPPORTED, "This host starts no guests by itself.", null);
  }

  /** Remove the definition of a guest that is shut off here; its disks stay. */
  void undefine(UUID guest);

  /** Write our mark (job and epoch) to the guest's metadata, or remove it with null. */
  void mark(UUID guest, @Nullable String mark);

  /**
   * Check that this host can reach another one in the way in which guests will be sent.
   *
   * @return a sentence why not, or empty if it can
   * @throws HypervisorException UNSUPPORTED, with the reason, if that cannot be found out
   */
  Optional<String> reachPeer(String peerUri);

  /**
   * Give what captures guests and brings them back.
   *
   * @throws HypervisorException UNSUPPORTED where {@link Capability#CHECKPOINT} is missing
   */
  StateStorage states();

  /**
   * Give what looks at disks that are copied with their guest.
   *
   * @throws HypervisorException UNSUPPORTED where {@link Capability#DISK_COPY} is missing
   */
  DiskStorage disks();

  /** Be told of events on this host for as long as the connection lives, across reconnections. */
  void listen(Consumer<HypervisorEvent> listener);

  @Override
  void close();
}
