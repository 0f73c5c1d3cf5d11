package org.dcbalance.migration;

import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.migration.Side.Absent;
import org.dcbalance.migration.Side.Namesake;
import org.dcbalance.migration.Side.Odd;
import org.dcbalance.migration.Side.Paused;
import org.dcbalance.migration.Side.PostCopyFailed;
import org.dcbalance.migration.Side.Running;
import org.dcbalance.migration.Side.ShutOff;
import org.dcbalance.migration.Side.Unknown;

/**
 * Decide what to do about a migration from what both of its hosts say, and from nothing else.
 *
 * <p>Two rules stand above the table. A guest that may run in one place is never started in
 * another. A pair that the table does not hold is left alone, and an operator is told.
 */
final class SettlementTable {
  private SettlementTable() {}

  /** What to do next. Only an {@link End} ends the migration; after an {@link Act}, read again. */
  sealed interface Action {
    /** Touch nothing, and read again. */
    sealed interface Hold extends Action {}

    /** Change something on one host, and read again. */
    sealed interface Act extends Action {}

    /** Both hosts agree: record it. */
    sealed interface End extends Action {}

    /** The job still runs: follow it to its end. */
    record Adopt() implements Hold {}

    /** The target still needs the source's pages: touch neither. */
    record WatchPostCopy() implements Hold {}

    /** Something must end or answer first. */
    record Wait() implements Hold {}

    /** No rule decides this; a person has to. */
    record AskOperator(Doubt doubt) implements Hold {}

    record DestroyTargetCopy() implements Act {}

    record DestroySourceCopy() implements Act {}

    record ResumeSource() implements Act {}

    record ResumeTarget() implements Act {}

    /** Have the source go on sending what the target still needs; not for a second time. */
    record ResumePostCopy() implements Act {}

    /** Two copies run: pause the one on the target, which the inventory does not own yet. */
    record PauseTarget() implements Act {}

    /** It is on the source, as before; it may have been shut off meanwhile. */
    record StayedOnSource(boolean runs) implements End {}

    /** It is on the target, where it may have been shut off since. */
    record MovedToTarget(boolean runs) implements End {}

    /** It runs on the target, and the source still has its definition. */
    record MovedWithLeftOver() implements End {}
  }

  /** Why a person has to decide. */
  enum Doubt {
    POST_COPY_FAILED,
    /** The target holds a paused copy, and nothing proves that all of its memory arrived. */
    ARRIVAL_UNPROVEN,
    /** The source holds a paused copy of a guest that ran on the target, and is gone there. */
    RAN_ON_TARGET,
    /** Neither host knows the guest. */
    GONE,
    /** A host has another guest of the same name, so what it says of this one is not trusted. */
    NAMESAKE,
    /** A copy, or the job on it, does not carry the migration's mark. */
    NOT_OURS,
    /** The pair is not in the table. */
    NOT_IN_TABLE
  }

  /** What is known of the guest's arrival on the target, apart from what is there now. */
  enum Arrival {
    NOT_SEEN,
    /** It ran there since the move began, so its disks may have changed. */
    RAN,
    /** The hypervisor itself said that the migration completed. */
    COMPLETED
  }

  private record Pair(Side source, Side target) {}

  /** Look a pair up. */
  static Action decide(Side source, Side target, Arrival arrival) {
    return switch (new Pair(source, target)) {
      case Pair(PostCopyFailed _, PostCopyFailed _) -> new Action.ResumePostCopy();
      case Pair(PostCopyFailed _, Running(var postCopy, _)) when postCopy ->
          new Action.ResumePostCopy();
      case Pair(Paused(var why, _), PostCopyFailed _) when why == Why.POST_COPY ->
          new Action.ResumePostCopy();
      // the copies need each other: one alone, or beside a host that is silent, is a person's
      case Pair(PostCopyFailed _, _), Pair(_, PostCopyFailed _) -> ask(Doubt.POST_COPY_FAILED);
      case Pair(Paused(var why, _), Running(var postCopy, _))
          when why == Why.POST_COPY && postCopy ->
          new Action.WatchPostCopy();

      // two copies run while a job has not ended: touching either could stop the only good one
      case Pair(Running(var here, var job), Running(var there, var jobThere))
          when here || there || job != Job.NONE || jobThere != Job.NONE ->
          ask(Doubt.NOT_IN_TABLE);
      case Pair(Running(var postCopy, var job), _) when outgoing(job) && !postCopy ->
          new Action.Adopt();
      case Pair(Paused(var why, var job), _) when outgoing(job) && why == Why.MIGRATING ->
          new Action.Adopt();

      case Pair(Unknown _, _), Pair(_, Unknown _) -> new Action.Wait();
      case Pair(var here, var there) when job(here) != Job.NONE || job(there) != Job.NONE ->
          new Action.Wait();

      case Pair(Namesake _, _), Pair(_, Namesake _) -> ask(Doubt.NAMESAKE);

      case Pair(Running(var postCopy, _), Absent _) when !postCopy ->
          new Action.StayedOnSource(true);
      case Pair(ShutOff _, Absent _) -> new Action.StayedOnSource(false);
      case Pair(Running(var postCopy, _), Paused(var why, _))
          when !postCopy && why == Why.MIGRATING ->
          new Action.DestroyTargetCopy();
      case Pair(Paused(var why, _), Running(var postCopy, _))
          when !postCopy && why == Why.MIGRATING ->
          new Action.DestroySourceCopy();
      case Pair(Paused(var why, _), Absent _) when why == Why.MIGRATING ->
          // it may have been shut off where it ran, and what is paused knows older disks
          arrival == Arrival.NOT_SEEN ? new Action.ResumeSource() : ask(Doubt.RAN_ON_TARGET);
      case Pair(Absent _, Running(var postCopy, _)) when !postCopy ->
          new Action.MovedToTarget(true);
      case Pair(Absent _, ShutOff _) -> new Action.MovedToTarget(false);
      case Pair(ShutOff _, Running(var postCopy, _)) when !postCopy ->
          new Action.MovedWithLeftOver();
      case Pair(Absent _, Paused(var why, _)) when why == Why.MIGRATING -> arrived(arrival);
      case Pair(ShutOff _, Paused(var why, _)) when why == Why.MIGRATING -> arrived(arrival);
      case Pair(Running _, Running _) -> new Action.PauseTarget();
      case Pair(Absent _, Absent _) -> ask(Doubt.GONE);
      case Pair(_, _) -> ask(Doubt.NOT_IN_TABLE);
    };
  }

  private static Action arrived(Arrival arrival) {
    return arrival == Arrival.COMPLETED ? new Action.ResumeTarget() : ask(Doubt.ARRIVAL_UNPROVEN);
  }

  private static Action ask(Doubt doubt) {
    return new Action.AskOperator(doubt);
  }

  private static boolean outgoing(Job job) {
    return job == Job.OUTGOING_MIGRATION;
  }

  /** Tell which job runs on a copy. */
  static Job job(Side side) {
    return switch (side) {
      case Running(_, var job) -> job;
      case Paused(_, var job) -> job;
      case PostCopyFailed _, ShutOff _, Absent _, Namesake _, Odd _, Unknown _ -> Job.NONE;
    };
  }
}
