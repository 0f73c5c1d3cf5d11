package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.hypervisor.HypervisorException;
import org.jspecify.annotations.Nullable;

/**
 * Wait until the balloon of a guest rests where it was asked to be, however the guest is to be
 * moved: it may still be on its way back from the move before, or be moved by somebody else.
 */
final class BalloonRest {
  private static final Duration BETWEEN = Duration.ofMillis(250);

  private final MigrationDesk desk;
  private final MigrationSettings settings;
  private final Claim claim;
  private final HostPair pair;
  private final Heartbeat heart;
  private boolean waited;

  BalloonRest(MigrationDesk desk, MigrationSettings settings, Claim claim, HostPair pair) {
    this.desk = desk;
    this.settings = settings;
    this.claim = claim;
    this.pair = pair;
    this.heart = new Heartbeat(desk, claim);
  }

  /**
   * Wait for it, or until somebody asks for the end of the move.
   *
   * @return why it must not be sent, as its host said last; null if it may be
   */
  @Nullable String await() {
    var begun = now();
    var moves = moves();
    while (moves != null && desk.read(claim).abortRequestedBy() == null) {
      if (passed(begun, settings.balloonMost())) {
        return moves;
      }
      if (!waited) {
        waited = true;
        desk.remark(claim, moves + " It is not sent before that is over.");
      }
      Pause.of(BETWEEN);
      heart.beat();
      moves = moves();
    }
    return null;
  }

  /** Tell whether it had to wait. */
  boolean waited() {
    return waited;
  }

  private @Nullable String moves() {
    try {
      return pair.onSource().balloonMoves(pair.guest()).orElse(null);
    } catch (HypervisorException e) {
      // the migrate call looks again, and fails in the host's own words
      return null;
    }
  }

  private boolean passed(Instant since, Duration length) {
    return !now().isBefore(since.plus(length));
  }

  private Instant now() {
    return desk.clock().instant();
  }
}
