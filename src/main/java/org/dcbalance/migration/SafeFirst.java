package org.dcbalance.migration;

import java.time.Duration;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.method.Choice;
import org.jspecify.annotations.Nullable;

/**
 * Have a checkpoint taken before a move that asks for one: any move of a VM that is marked so, and
 * one that may end in post-copy, in which a fault loses the VM, unless that was refused.
 */
final class SafeFirst {
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  private final MigrationDesk desk;
  private final Claim claim;
  private final @Nullable BeforeMove before;

  SafeFirst(MigrationDesk desk, Claim claim, @Nullable BeforeMove before) {
    this.desk = desk;
    this.claim = claim;
    this.before = before;
  }

  /**
   * See to it, and wait until it is done.
   *
   * @param asked whether a checkpoint is asked for before each move; null if nothing was said
   * @return why the move must not start, or null if it may
   */
  @Nullable String refusal(Migration row, Choice.Move move, @Nullable Boolean asked) {
    boolean always = Boolean.TRUE.equals(asked);
    boolean risky = move.levers().postCopy() && !Boolean.FALSE.equals(asked);
    if (!always && !risky) {
      return null;
    }
    if (before == null) {
      return always ? "No checkpoints are taken by this console." : null;
    }
    boolean told = false;
    while (true) {
      var progress = before.of(row.vm(), row.id());
      switch (progress.step()) {
        case IMPOSSIBLE -> {
          if (always) {
            return "A checkpoint is asked for before each of its moves. " + progress.sentence();
          }
          desk.note(claim, "It is moved without a checkpoint. " + progress.sentence());
          return null;
        }
        case DONE -> {
          desk.note(claim, "A checkpoint was taken first. " + progress.sentence());
          return null;
        }
        case FAILED -> {
          return "The checkpoint that is asked for before this move failed. " + progress.sentence();
        }
        case UNDER_WAY -> {
          if (!told) {
            desk.note(claim, "A checkpoint is taken first.");
            told = true;
          }
        }
      }
      var now = desk.read(claim);
      if (now.abortRequestedBy() != null) {
        return "It was aborted while a checkpoint was taken first.";
      }
      var deadline = now.deadline();
      if (deadline != null && desk.clock().instant().isAfter(deadline)) {
        return "The checkpoint that is asked for before this move took too long.";
      }
      claim.check();
      Pause.of(LOOK_EVERY);
    }
  }
}
