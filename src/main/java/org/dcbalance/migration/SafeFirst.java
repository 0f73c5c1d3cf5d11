package org.dcbalance.migration;

import java.time.Duration;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.inventory.BeforeMove.Step;
import org.dcbalance.inventory.WhyCheckpoint;
import org.jspecify.annotations.Nullable;

/**
 * Have a checkpoint taken before a move that asks for one, and wait until it is there. One that is
 * under way is waited for, whoever asked for it: its guest writes to overlays meanwhile.
 */
final class SafeFirst {
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  private final MigrationDesk desk;
  private final Claim claim;
  private final @Nullable BeforeMove before;
  private final Heartbeat heart;
  private boolean waited;

  SafeFirst(MigrationDesk desk, Claim claim, @Nullable BeforeMove before) {
    this.desk = desk;
    this.claim = claim;
    this.before = before;
    this.heart = new Heartbeat(desk, claim);
  }

  /**
   * See to it, and wait until it is done.
   *
   * @param why one is taken; null if none is
   * @return why the move must not start, or null if it may
   */
  @Nullable String refusal(Migration row, @Nullable WhyCheckpoint why) {
    if (before == null) {
      return why != null && why.needed() ? "No checkpoints are taken by this console." : null;
    }
    if (why == null) {
      return untilEnded(before, row);
    }
    while (true) {
      var progress = before.of(row.vm(), row.id());
      switch (progress.step()) {
        case IMPOSSIBLE -> {
          if (why.needed()) {
            return "It is not moved without a checkpoint, because %s. %s"
                .formatted(why.words(), progress.sentence());
          }
          desk.goesOn(claim, "It is moved without a checkpoint. " + progress.sentence());
          return null;
        }
        case DONE -> {
          desk.goesOn(claim, "A checkpoint was taken first. " + progress.sentence());
          return null;
        }
        case FAILED -> {
          return "The checkpoint that is asked for before this move failed. " + progress.sentence();
        }
        case UNDER_WAY -> {
          if (!waited) {
            desk.remark(claim, "A checkpoint is taken first, because " + why.words() + ".");
            waited = true;
          }
        }
      }
      var over = untilNextLook();
      if (over != null) {
        return over;
      }
    }
  }

  /** What an earlier console began may not be asked for any more. */
  private @Nullable String untilEnded(BeforeMove checkpoints, Migration row) {
    while (checkpoints.begun(row.id()).filter(p -> p.step() == Step.UNDER_WAY).isPresent()) {
      if (!waited) {
        desk.remark(claim, "A checkpoint was begun for it, and is waited for.");
        waited = true;
      }
      var over = untilNextLook();
      if (over != null) {
        return over;
      }
    }
    return null;
  }

  /** Wait a little; gives why the move must not wait any more, or null if it may. */
  private @Nullable String untilNextLook() {
    var now = desk.read(claim);
    if (now.abortRequestedBy() != null) {
      return "It was aborted while a checkpoint was taken first.";
    }
    var deadline = now.deadline();
    if (deadline != null && desk.clock().instant().isAfter(deadline)) {
      return "The checkpoint before this move took too long.";
    }
    heart.beat();
    Pause.of(LOOK_EVERY);
    return null;
  }

  /** Tell whether there was anything to wait for. */
  boolean waited() {
    return waited;
  }
}
