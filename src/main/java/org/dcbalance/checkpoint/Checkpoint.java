package org.dcbalance.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.StateStorage.Copy;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * A VM's memory and disks of one instant.
 *
 * @param host where it was taken
 * @param storage the storage pool of the hosts that it is kept in
 * @param step what is being done, or was when it failed; a phrase
 * @param live whether the VM ran while most of its memory was written
 * @param pauseMillis how long the VM stood still, by its host's events; null if that was not told
 * @param totalMillis from the request's start to its end
 * @param sentence how it ended, or why it goes on
 * @param clusterCheckpointId the checkpoint of a virtual cluster that it is part of; null if it
 *     stands alone
 * @param fast what was made of its memory for a fast resume; null if nothing was
 */
public record Checkpoint(
    long id,
    VmId vmId,
    String vm,
    HostId hostId,
    String host,
    String storage,
    State state,
    String step,
    boolean live,
    String why,
    String requestedBy,
    Instant requestedAt,
    @Nullable Instant capturedAt,
    @Nullable Instant finishedAt,
    @Nullable Long pauseMillis,
    @Nullable Long totalMillis,
    @Nullable Long memoryBytes,
    @Nullable String memorySha256,
    @Nullable Instant verifiedAt,
    String sentence,
    @Nullable Long clusterCheckpointId,
    @Nullable FastCopy fast,
    List<DiskCopy> disks,
    List<Restore> restores) {

  /** How far a checkpoint is. Only a COMPLETE one is ever restored. */
  public enum State {
    PENDING,
    TAKING,
    /** It failed, and what it left behind is being put right. */
    CLEANING,
    COMPLETE,
    VERIFYING,
    DELETING,
    FAILED,
    /** What is stored is not what was written. */
    DAMAGED,
    DELETED;

    /** Tell whether somebody works on it. */
    public boolean open() {
      return switch (this) {
        case PENDING, TAKING, CLEANING, VERIFYING, DELETING -> true;
        case COMPLETE, FAILED, DAMAGED, DELETED -> false;
      };
    }
  }

  /**
   * A disk, as it was at the instant of the checkpoint.
   *
   * @param source its path at that time
   * @param bytes what its copy takes up; null until it is made
   */
  public record DiskCopy(
      String target,
      String source,
      String overlay,
      String volume,
      @Nullable Long bytes,
      @Nullable String sha256) {
    FrozenDisk frozen() {
      return new FrozenDisk(target, source, overlay);
    }
  }

  /**
   * One restore of it.
   *
   * @param manner how it was asked for
   * @param doneAs how it was done; null until that is known
   * @param fellBack why it was done otherwise than it was asked for; empty otherwise
   * @param replaces whether a copy that ran might be ended for it
   * @param runningMillis until it ran; null if it never did
   * @param clusterRestoreId the restore of a virtual cluster that it is part of; null if it stands
   *     alone
   * @param copy what goes on beside the VM; null if it is the VM itself
   */
  public record Restore(
      long id,
      HostId hostId,
      String host,
      RestoreState state,
      String step,
      Manner manner,
      @Nullable Manner doneAs,
      String fellBack,
      boolean replaces,
      String requestedBy,
      Instant requestedAt,
      @Nullable Instant finishedAt,
      @Nullable Long runningMillis,
      String sentence,
      @Nullable Long clusterRestoreId,
      @Nullable CopyOf copy) {
    /** Tell whether its disks wait to be copied; its step says for what. */
    public boolean waits() {
      return state == RestoreState.DETACHING && !step.endsWith(Detaching.BEING_COPIED);
    }

    /**
     * Tell whether it failed before its memory was read, by its last step: then nothing has written
     * to the disks that were made for it.
     *
     * @param vm the name of what was captured
     */
    boolean failedUnread(String vm) {
      return state == RestoreState.FAILED
          && (step.equals(OpenRestore.MAKING_DISKS)
              || step.equals(Restoring.PREPARING + host)
              || step.startsWith(Restoring.ENDING.formatted(vm)));
    }

    /** Name what came back. */
    String of(String vm) {
      return copy == null ? vm : copy.name();
    }
  }

  /**
   * A VM that goes on from the checkpoint beside the one that was captured.
   *
   * @param network the isolated network that its interfaces are on; null if their links are down
   */
  public record CopyOf(String name, UUID uuid, @Nullable String network) {
    Copy port() {
      return new Copy(uuid, name, network);
    }
  }

  /** When a VM's memory is read. */
  public enum Manner {
    /** All of it before the VM runs. */
    EAGER,
    /** What it needs, when it needs it: it runs at once. */
    LAZY,
    /** As lazily, and what it needed first another time is read ahead. */
    PREDICTED
  }

  /** How far a restore is. */
  public enum RestoreState {
    PENDING,
    RESTORING,
    /** It came back, and its disks are being made independent of the checkpoint's. */
    DETACHING,
    DONE,
    FAILED;

    public boolean open() {
      return this == PENDING || this == RESTORING || this == DETACHING;
    }
  }

  /** Give the name of the volume of its memory. */
  static String memoryVolume(String prefix) {
    return prefix + ".memory";
  }

  /** Give the bytes that it takes up; null until they are known. */
  @JsonProperty
  public @Nullable Long bytes() {
    if (memoryBytes == null) {
      return null;
    }
    long sum = memoryBytes;
    for (var disk : disks) {
      sum += disk.bytes() == null ? 0 : disk.bytes();
    }
    return sum;
  }
}
