package org.dcbalance.checkpoint;

import java.time.Instant;
import java.util.List;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** A named set of VMs that work together, and are captured and brought back together. */
public record VirtualCluster(
    long id,
    PoolId poolId,
    String pool,
    String name,
    String createdBy,
    Instant createdAt,
    List<Member> members) {

  public record Member(VmId vmId, String vm, String host, boolean running) {}

  /** How all members are captured at one point. */
  public enum Manner {
    /** All are paused for all of it. */
    BLOCKING,
    /** They run while most of their memory is written, and are paused together for the rest. */
    BARRIER
  }

  /** How far a checkpoint of all members is; it is worth something only when COMPLETE. */
  public enum State {
    PENDING,
    TAKING,
    COMPLETE,
    FAILED,
    DELETED
  }

  /**
   * A checkpoint of each member, at one consistent point.
   *
   * @param pauseMillis from the first member's pause to the end of the last one's; null until then
   * @param members one checkpoint each
   * @param restores newest first
   */
  public record Taken(
      long id,
      long clusterId,
      String cluster,
      Manner manner,
      State state,
      String step,
      String why,
      String requestedBy,
      Instant requestedAt,
      @Nullable Instant finishedAt,
      @Nullable Long pauseMillis,
      String sentence,
      List<Checkpoint> members,
      List<Restored> restores) {

    Taken with(List<Checkpoint> ofMembers, List<Restored> attempts) {
      return new Taken(
          id,
          clusterId,
          cluster,
          manner,
          state,
          step,
          why,
          requestedBy,
          requestedAt,
          finishedAt,
          pauseMillis,
          sentence,
          ofMembers,
          attempts);
    }

    /** Give the instant at which the last of its members was captured; null until all are. */
    public @Nullable Instant capturedAt() {
      var last = Instant.MIN;
      for (var member : members) {
        var at = member.capturedAt();
        if (at == null) {
          return null;
        }
        last = at.isAfter(last) ? at : last;
      }
      return members.isEmpty() ? null : last;
    }
  }

  /** How far a restore of all members is. */
  public enum RestoreState {
    PENDING,
    RESTORING,
    DONE,
    FAILED
  }

  /**
   * A restore of all members, or of none.
   *
   * @param runningMillis from the first one's reading until all ran; null if they never did
   */
  public record Restored(
      long id,
      RestoreState state,
      String step,
      String requestedBy,
      Instant requestedAt,
      @Nullable Instant finishedAt,
      @Nullable Long runningMillis,
      String sentence) {}
}
