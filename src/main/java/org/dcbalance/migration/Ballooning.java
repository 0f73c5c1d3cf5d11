package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Have a guest give memory back before its move, and wait until it has. A guest that is sent while
 * its balloon moves may be lost: Xen's restore fails with "Failed to populate physmap". So either
 * it rests at the target, or all is undone and it rests at what it had.
 */
final class Ballooning {
  private static final Memory CLOSE_ENOUGH = Memory.ofMiB(1);
  private static final Duration BETWEEN = Duration.ofMillis(250);

  /** A balloon that has not moved for so long stands still. */
  private static final Duration STILL = Duration.ofSeconds(3);

  private final MigrationDesk desk;
  private final MigrationSettings settings;
  private final Claim claim;
  private final HostPair pair;
  private final Heartbeat heart;

  Ballooning(MigrationDesk desk, MigrationSettings settings, Claim claim, HostPair pair) {
    this.desk = desk;
    this.settings = settings;
    this.claim = claim;
    this.pair = pair;
    this.heart = new Heartbeat(desk, claim);
  }

  /** How it went. */
  enum Outcome {
    REACHED,
    /** It was not asked anything: that is refused, and so would be to give it back. */
    REFUSED,
    /** The target was not reached, and the guest has what it had. */
    UNDONE,
    /** Nobody knows where the balloon stands: the guest must not be sent. */
    IN_MOTION
  }

  /** Shrink the guest to the target, or leave it with what it had. */
  Outcome shrink(Memory target) {
    MemoryReading first;
    try {
      first = pair.onSource().memory(pair.guest());
    } catch (HypervisorException e) {
      desk.note(claim, "Its memory was left alone: " + e.sentence());
      return Outcome.UNDONE;
    }
    desk.remark(
        claim,
        "%s has %d MiB and is asked to leave %d MiB of it."
            .formatted(pair.name(), first.now().mib(), target.mib()));
    desk.confirm(claim);
    var begun = now();
    try {
      pair.onSource().setMemory(pair.guest(), target);
    } catch (HypervisorException e) {
      if (e.kind() == Kind.UNSUPPORTED) {
        desk.goesOn(claim, "Its memory was left alone: " + e.sentence());
        return Outcome.REFUSED;
      }
      // a call without an answer may still take effect
      return giveUp(first.now(), e.sentence(), e.kind() == Kind.FAILED);
    }
    var why = wait(target, first, begun);
    if (why != null) {
      return giveUp(first.now(), why, false);
    }
    desk.goesOn(
        claim,
        "It has %d MiB after %.1f s."
            .formatted(target.mib(), Duration.between(begun, now()).toMillis() / 1000.0));
    return Outcome.REACHED;
  }

  /**
   * Wait until it has no more than the target, and has told since that it does not swap; otherwise
   * says why it will not do.
   */
  private @Nullable String wait(Memory target, MemoryReading first, Instant begun) {
    var lowest = first.now();
    var lowestAt = begun;
    @Nullable MemoryReading whenReached = null;
    while (true) {
      Pause.of(BETWEEN);
      heart.beat();
      MemoryReading reading;
      boolean reached;
      try {
        reading = pair.onSource().memory(pair.guest());
        reached = reading.now().minus(CLOSE_ENOUGH).compareTo(target) <= 0 && rests();
      } catch (HypervisorException e) {
        return e.sentence();
      }
      var swapping = swapping(first.swappedOut(), reading.swappedOut());
      if (swapping != null) {
        return swapping;
      }
      if (reached) {
        whenReached = whenReached == null ? reading : whenReached;
        if (toldAfter(whenReached, reading)) {
          return null;
        }
      }
      if (reading.now().compareTo(lowest.minus(CLOSE_ENOUGH)) <= 0) {
        lowest = reading.now();
        lowestAt = now();
      }
      if (whenReached == null && passed(lowestAt, settings.balloonStalled())) {
        return "It does not give more than that: it still has " + reading.now().mib() + " MiB.";
      }
      if (passed(begun, settings.balloonMost())) {
        return whenReached == null
            ? "It takes too long: it still has " + reading.now().mib() + " MiB."
            : "It has not told for too long whether it swaps.";
      }
      if (desk.read(claim).abortRequestedBy() != null) {
        return "The move is to be aborted.";
      }
    }
  }

  /**
   * Guests tell whether they swap every few seconds; those that tell nothing are not waited for.
   */
  private static boolean toldAfter(MemoryReading whenReached, MemoryReading now) {
    var then = whenReached.toldAt();
    var told = now.toldAt();
    return now.swappedOut() == null || then == null || (told != null && told.isAfter(then));
  }

  /**
   * Give it back what it had, and wait until its balloon stands still.
   *
   * @param refused whether its host refused to shrink it, and may refuse this as well
   */
  private Outcome giveUp(Memory had, String why, boolean refused) {
    desk.remark(claim, "%s It gets its %d MiB back, and moves without.".formatted(why, had.mib()));
    desk.confirm(claim);
    var since = now();
    var still = now();
    @Nullable Memory last = null;
    boolean asked = false;
    while (!passed(since, settings.balloonMost())) {
      try {
        asked = asked || asked(had, refused);
        var has = pair.onSource().memory(pair.guest()).now();
        boolean back = has.compareTo(had.minus(CLOSE_ENOUGH)) >= 0;
        still = has.equals(last) ? still : now();
        last = has;
        if (!asked && back && passed(still, STILL) && rests()) {
          desk.goesOn(claim, "It has kept its %d MiB.".formatted(had.mib()));
          return Outcome.REFUSED;
        }
        if (asked && (back || passed(still, STILL)) && rests()) {
          desk.goesOn(
              claim,
              back
                  ? "It has its %d MiB back.".formatted(had.mib())
                  : "Its balloon stands still at " + has.mib() + " MiB.");
          return Outcome.UNDONE;
        }
      } catch (HypervisorException e) {
        still = now();
      }
      Pause.of(BETWEEN);
      heart.beat();
    }
    return Outcome.IN_MOTION;
  }

  /** Ask for what it had; false if it is refused to one that is taken to have it still. */
  private boolean asked(Memory had, boolean refused) {
    try {
      pair.onSource().setMemory(pair.guest(), had);
      return true;
    } catch (HypervisorException e) {
      if (refused && e.kind() == Kind.FAILED) {
        return false;
      }
      throw e;
    }
  }

  /** One that stands still short of what it was asked to have may go on at any time. */
  private boolean rests() {
    return pair.onSource().balloonMoves(pair.guest()).isEmpty();
  }

  /** Give a sentence if it swaps, or does not tell any more whether it does; null otherwise. */
  private static @Nullable String swapping(@Nullable Memory before, @Nullable Memory now) {
    if (before == null) {
      // it never told
      return null;
    }
    if (now == null) {
      return "It does not tell any more whether it swaps.";
    }
    var grown = now.minus(before);
    return grown.bytes() > 0 ? "It has begun to swap (" + grown.mib() + " MiB)." : null;
  }

  private boolean passed(Instant since, Duration length) {
    return !now().isBefore(since.plus(length));
  }

  private Instant now() {
    return desk.clock().instant();
  }
}
