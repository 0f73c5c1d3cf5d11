package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;

/** Show about once a second that a runner lives while it waits; open pages look again by it. */
final class Heartbeat {
  private static final Duration BETWEEN = Duration.ofSeconds(1);

  private final MigrationDesk desk;
  private final Claim claim;
  private Instant beaten = Instant.EPOCH;

  Heartbeat(MigrationDesk desk, Claim claim) {
    this.desk = desk;
    this.claim = claim;
  }

  /** Beat, unless that was less than a second ago. */
  void beat() {
    var now = desk.clock().instant();
    if (!now.isBefore(beaten.plus(BETWEEN))) {
      beaten = now;
      desk.beat(claim);
    }
  }
}
