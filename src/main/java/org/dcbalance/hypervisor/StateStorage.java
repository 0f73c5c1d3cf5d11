package org.dcbalance.hypervisor;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Capture a guest's memory and disks of one instant in volumes of one of a host's storage pools,
 * and bring them back. Needs {@link Capability#CHECKPOINT}.
 *
 * <p>Everything goes through the host's storage pools by name: the console sees no file of a host.
 * Each step can be repeated, and what it left behind can be read back. Calls that copy data last as
 * long as that takes.
 */
public interface StateStorage {

  /**
   * A disk that is frozen while a checkpoint is taken: its guest writes to an overlay meanwhile.
   *
   * @param target such as "vda"
   * @param source the path of its image
   * @param overlay the path of the overlay
   */
  record FrozenDisk(String target, String source, String overlay) {}

  /** How much room a storage pool has. */
  record Room(Memory capacity, Memory available) {}

  /** A volume, with the bytes that it takes up. */
  record Volume(String name, Memory allocated) {}

  /**
   * What a capture gave.
   *
   * @param pause how long the guest stood still, by the host's events; null if it did not tell
   * @param took until the guest's memory was written
   */
  record Captured(@Nullable Duration pause, Duration took) {}

  /**
   * Tell how much room a storage pool has.
   *
   * @throws HypervisorException FAILED if there is no such pool, or it is not active
   */
  Room room(String pool);

  /** List the volumes of a pool whose names begin so. */
  List<Volume> volumes(String pool, String prefix);

  /**
   * Tell which disks a capture would freeze, without changing anything.
   *
   * @param suffix what names the overlays, beside their disks
   * @throws HypervisorException FAILED or UNSUPPORTED if the guest cannot be captured, with all
   *     reasons
   */
  List<FrozenDisk> plan(UUID guest, String suffix);

  /**
   * Tell whether a capture ends its guest and reads it back at once. Should it not come back, the
   * host says that it was {@link GuestStatus.Why#SAVED}, and {@link #restore} brings it back.
   */
  boolean ends();

  /** Tell how much a checkpoint of a running guest takes at most: its memory, and these disks. */
  Memory size(UUID guest, List<FrozenDisk> disks);

  /**
   * Write a guest's memory to a new volume and freeze its disks at the same instant; it goes on,
   * writing to overlays. One that is paused stays so.
   *
   * @param live whether it runs while most of its memory is written; not for one that is paused,
   *     nor where a capture {@link #ends} its guest
   */
  Captured capture(UUID guest, String pool, String volume, List<FrozenDisk> disks, boolean live);

  /**
   * How much of a guest's memory is still to be written in this pass; both zero before the first.
   */
  record Writing(Memory total, Memory remaining) {}

  /**
   * Tell how far a live capture of a guest is, as soon as its host does. Between its end and that
   * of {@link #capture} nothing remains.
   *
   * @return empty if none is under way, or what it is no capture
   */
  Optional<Writing> writing(UUID guest);

  /**
   * Read how fast at most a guest's memory is written or sent, as {@link Hypervisor#setBandwidth}
   * set it. A capture changes it for itself, and then puts it back.
   */
  ByteRate bandwidth(UUID guest);

  /** Copy a frozen disk to a new qcow2 volume. */
  void copyDisk(String source, String pool, String volume);

  /** Give the image that each of a guest's disks is on now, by target. */
  Map<String, String> disks(UUID guest);

  /** Bring what a running guest wrote to an overlay into its disk again, and remove the overlay. */
  void mergeBack(UUID guest, FrozenDisk disk);

  /** Remove an overlay that no guest uses, if it is there. */
  void removeOverlay(FrozenDisk disk);

  /** Read all of a volume, in pieces of which only the first bytes, as many as told, count. */
  void read(String pool, String volume, Piece piece);

  /** Take a piece of a volume. */
  interface Piece {
    void take(byte[] bytes, int length);
  }

  /**
   * Make sure that a volume holds all of a guest's memory.
   *
   * @throws HypervisorException FAILED if its writing never ended, or it is something else
   */
  void requireMemory(String pool, String volume);

  /**
   * How a captured guest and a host go together. The words complete sentences that begin with the
   * host's name, such as "has no bridge br0".
   *
   * @param memory what the guest had when it was captured
   * @param lacks what the host lacks of what the guest needs
   * @param notes what the host could not tell, or what should be known
   */
  record Fit(Memory memory, List<String> lacks, List<String> notes) {
    public Fit {
      lacks = List.copyOf(lacks);
      notes = List.copyOf(notes);
    }
  }

  /**
   * Compare what a guest needed when it was captured with what this host has: CPU and machine, and
   * the networks and bridges that its interfaces are on. Nothing is changed.
   *
   * @throws HypervisorException FAILED if the volume does not hold all of a guest's memory
   */
  Fit fit(String pool, String memory);

  /**
   * A guest that goes on from where another one was captured, beside it.
   *
   * @param network an isolated network for its interfaces; null if their links are to be down
   */
  record Copy(UUID uuid, String name, @Nullable String network) {}

  /**
   * Tell what stands in the way of a copy on this host, in words as those of {@link #fit}; that the
   * network of the copy leads nowhere else is part of it. Nothing is changed.
   */
  List<String> whyNoCopy(String pool, String memory, Copy copy);

  /**
   * Make a new volume with a captured guest's memory that is the copy's, on these disks.
   *
   * @param volume of the new memory, which takes as much room again
   * @param volumes of the same pool, by target; the guest's other disks stay what they were
   */
  void copyMemory(
      String pool, String memory, Copy copy, String volume, Map<String, String> volumes);

  /**
   * Read a copy's memory. It stays paused, with its links down or on its isolated network, and gets
   * a definition with network cards of its own for when it starts anew. A copy that is not apart
   * from the networks of the first guest is ended at once.
   *
   * @param volume as {@link #copyMemory} made it
   */
  void restoreCopy(
      String pool, String memory, Copy copy, String volume, Map<String, String> volumes);

  /** Delete a volume; nothing happens if it is not there. */
  void delete(String pool, String volume);

  /** Make a volume that begins as another is and takes all that is written from then on. */
  void layOver(String pool, String backing, String volume);

  /**
   * Tell which volumes of a pool lie over which: what was never written to the first is read of the
   * second, whichever guest has it, running or not. The pool is read anew.
   *
   * @return the names of those below, by the names of those above
   */
  Map<String, String> over(String pool);

  /**
   * Let a guest go on from its memory, on these disks. It gets a definition.
   *
   * @param volumes of the same pool, by target; the guest's other disks stay what they were
   * @param paused whether it is to wait for {@link Hypervisor#resume}
   */
  void restore(UUID guest, String pool, String memory, Map<String, String> volumes, boolean paused);

  /**
   * Give a guest that was read from its memory the definition that {@link #restore} and {@link
   * #restoreMapped} give it, where they were interrupted. Doing it twice does no harm.
   *
   * @param memory what was captured
   * @param volumes of the same pool, by target; the guest's other disks stay what they were
   */
  void define(UUID guest, String pool, String memory, Map<String, String> volumes);

  /**
   * Let a guest go on from memory that it maps, once the host's helper prepared that: it runs
   * before its memory was read. It gets the definition that it had, with memory of its own.
   *
   * @param image what the helper made of the memory, without its pages
   * @param memory what was captured
   * @param volumes of the same pool, by target; the guest's other disks stay what they were
   */
  void restoreMapped(
      UUID guest, String pool, String image, String memory, Map<String, String> volumes);

  /**
   * Name the checkpoint whose memory a guest of this host maps, as its own XML says.
   *
   * @return empty if its memory is its own, it is shut off or the host does not know it
   */
  Optional<String> mapped(UUID guest);

  /**
   * Make a running guest's disk independent of the volume below it; returns once it is.
   *
   * @param progress told the share that is done, 0 to 1
   */
  void detach(UUID guest, String target, Consumer<Double> progress);
}
