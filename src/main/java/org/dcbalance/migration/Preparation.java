package org.dcbalance.migration;

import java.time.Duration;
import java.util.function.Supplier;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.method.Levers;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Prepare a guest for its move: write down what it has, mark it, and only then balloon and cap it.
 * What cannot be done is left out and said.
 */
final class Preparation {
  private final MigrationDesk desk;
  private final MigrationSettings settings;
  private final Claim claim;
  private final HostPair pair;
  private final Marking marking;

  Preparation(
      MigrationDesk desk, MigrationSettings settings, Claim claim, HostPair pair, Marking marking) {
    this.desk = desk;
    this.settings = settings;
    this.claim = claim;
    this.pair = pair;
    this.marking = marking;
  }

  /**
   * Prepare the guest.
   *
   * @return the levers as far as they could be set; null if the guest must not be sent now
   */
  @Nullable Levers prepare(Levers wanted) {
    var levers = wanted;
    var undo = undo(levers);
    if (levers.balloonTo() != null && undo.memory() == null) {
      levers = levers.withBalloon(null);
    }
    if (levers.cap() > 0 && undo.cap() == null) {
      levers = levers.withCap(0);
    }
    if (!marking.put(pair, undo) && (levers.balloonTo() != null || levers.cap() > 0)) {
      desk.note(
          claim,
          "So it is neither ballooned nor capped: after a crash nobody would know what to put"
              + " back.");
      levers = levers.withBalloon(null).withCap(0);
    }
    var target = levers.balloonTo();
    if (target != null) {
      switch (new Ballooning(desk, settings, claim, pair).shrink(target)) {
        case REACHED -> {}
        case REFUSED -> {
          levers = levers.withBalloon(null);
          undo = undo.withoutMemory();
          levers = marking.put(pair, undo) ? levers : levers.withCap(0);
        }
        case UNDONE -> levers = levers.withBalloon(null);
        case IN_MOTION -> {
          return null;
        }
      }
    }
    return levers.cap() > 0 && !capped(levers.cap()) ? levers.withCap(0) : levers;
  }

  private boolean capped(int percent) {
    desk.confirm(claim);
    try {
      pair.onSource().setCap(pair.guest(), percent);
      desk.note(claim, "Its CPU is capped at " + percent + " % of one CPU until it has moved.");
      return true;
    } catch (HypervisorException e) {
      desk.note(claim, "Its CPU was not capped: " + e.sentence());
      return false;
    }
  }

  private Undo undo(Levers levers) {
    Integer cap = null;
    Integer weight = null;
    if (pair.source().can(Capability.CPU_CAP)) {
      var old = ask("cap", () -> pair.onSource().cap(pair.guest()));
      // a cap does not travel on Xen: one that was set must be set again
      cap = old != null && (old > 0 || levers.cap() > 0) ? old : null;
      // nor does a weight, and what the target gives it is not known before
      var told = ask("CPU weight", () -> pair.onSource().weight(pair.guest()));
      weight = told == null ? null : told.orElse(null);
    }
    Memory memory = null;
    if (levers.balloonTo() != null) {
      memory = ask("memory", () -> pair.onSource().memory(pair.guest()).now());
    }
    Duration pause = null;
    if (pair.source().can(Capability.MAX_DOWNTIME) && levers.pause() != null) {
      pause = ask("downtime limit", () -> pair.onSource().maxDowntime(pair.guest()));
    }
    var autostart = ask("autostart", () -> pair.onSource().autostart(pair.guest()));
    return new Undo(cap, memory, pause, weight, Boolean.TRUE.equals(autostart));
  }

  private <T> @Nullable T ask(String what, Supplier<T> question) {
    try {
      return question.get();
    } catch (HypervisorException e) {
      desk.note(claim, "Its %s was not told: %s".formatted(what, e.sentence()));
      return null;
    }
  }
}
