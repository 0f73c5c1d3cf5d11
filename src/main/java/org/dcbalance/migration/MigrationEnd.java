package org.dcbalance.migration;

import java.time.Instant;
import java.util.Locale;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Vm;
import org.dcbalance.migration.SettlementTable.Action;
import org.jspecify.annotations.Nullable;

/** Put back what a migration changed once both hosts agree where its guest is, and record that. */
final class MigrationEnd {
  private final MigrationDrive.Tools tools;
  private final MigrationDesk desk;
  private final Claim claim;
  private final DiskCopying copying;
  private final Vm vm;
  private final HostPair pair;
  private final Migration recorded;
  private final Ordered ordered;
  private final Measurements measurements;
  private final Marking marking;

  /**
   * Be ready to.
   *
   * @param recorded the row as it was when both hosts were asked
   */
  MigrationEnd(
      MigrationDrive.Tools tools,
      Claim claim,
      DiskCopying copying,
      Vm vm,
      HostPair pair,
      Migration recorded,
      Ordered ordered,
      Measurements measurements) {
    this.tools = tools;
    this.desk = tools.desk();
    this.claim = claim;
    this.copying = copying;
    this.vm = vm;
    this.pair = pair;
    this.recorded = recorded;
    this.ordered = ordered;
    this.measurements = measurements;
    this.marking = new Marking(desk, claim);
  }

  /**
   * Know what this console ordered, and what became of that.
   *
   * @param call null if it ordered nothing, or another console did
   * @param notStarted why nothing was ordered, where that is known
   */
  record Ordered(@Nullable MigrateCall call, @Nullable String notStarted) {
    String ended() {
      if (call == null) {
        return "Both hosts are asked where it runs.";
      }
      var failure = call.failure();
      if (!call.over()) {
        return "The call has not returned although no job runs; both hosts are asked where it runs.";
      }
      return failure == null
          ? "The hypervisor calls it completed; both hosts are asked where it runs."
          : "The hypervisor says: " + failure + " Both hosts are asked where it runs.";
    }
  }

  /** Record what both hosts agree on. */
  void record(Action.End end, DowntimeProbe.@Nullable Seen seen) {
    switch (end) {
      case Action.StayedOnSource(var runs) -> stayed(runs, seen);
      case Action.MovedToTarget(var runs) -> {
        if (runs) {
          arrived(seen, "");
        } else {
          shutOffSince();
        }
      }
      case Action.MovedWithLeftOver() -> arrived(seen, undefine());
    }
  }

  private void stayed(boolean runs, DowntimeProbe.@Nullable Seen seen) {
    if (runs) {
      putBack(true, false);
      marking.takeOff(pair.onSource(), recorded.mark(), pair);
    }
    copying.removeHalfCopies(recorded, pair);
    var words = stayed(runs);
    var told = desk.lastTold(claim);
    desk.end(
        claim,
        recorded.source(),
        m -> {
          told.ifPresent(m.figures()::sentInVain);
          m.figures().hostsSpent(measurements.spent());
          keep(m, seen);
          // one that was shut off needs no other attempt
          var passing = runs ? passing(m) : null;
          m.stayed(words, desk.clock().instant());
          tryAgain(m, vm, tools.pool(m), passing, desk.clock().instant());
        },
        Severity.WARN);
  }

  private void arrived(DowntimeProbe.@Nullable Seen seen, String leftOver) {
    var figures = measurements.patientFigures();
    var stood = measurements.standstill();
    putBack(false, !leftOver.isEmpty());
    marking.takeOff(pair.onTarget(), recorded.mark(), pair);
    desk.end(
        claim,
        recorded.target(),
        m -> {
          figures.ifPresent(m.figures()::measure);
          m.figures().hostsSpent(measurements.spent());
          stood.ifPresent(s -> m.figures().stoodStill(s.pause(), s.words()));
          keep(m, seen);
          m.complete(moved(m) + leftOver + DiskCopying.leftBehind(m, pair), desk.clock().instant());
          m.storage().end();
        },
        Severity.INFO);
  }

  private void shutOffSince() {
    desk.end(
        claim,
        recorded.target(),
        m -> {
          m.complete(
              "%s moved from %s to %s, and has been shut off there since.%s"
                  .formatted(
                      vm.name(),
                      pair.source().name(),
                      pair.target().name(),
                      DiskCopying.leftBehind(m, pair)),
              desk.clock().instant());
          m.storage().end();
        },
        Severity.WARN);
  }

  /** Plan another attempt, where what kept this one from succeeding may pass. */
  static void tryAgain(Migration m, Vm vm, HostPool pool, @Nullable Passing passing, Instant now) {
    if (passing != null) {
      m.retry(passing, MoveFacts.retries(vm, pool), MoveFacts.retryAfter(vm, pool), now);
    }
  }

  /**
   * Say why a guest stayed, where that may pass. What ended a move that another console began, or
   * that was lost meanwhile, is not known.
   */
  private @Nullable Passing passing(Migration m) {
    if (m.state() == MigrationState.LOST) {
      return null;
    }
    if (m.abortRequestedBy() != null) {
      return m.retry().givenUpAs();
    }
    var call = ordered.call();
    return call == null ? null : Passing.of(call.failed());
  }

  /**
   * What cannot be put back now is left to {@link LeftOvers}: so is an autostart while the source
   * may start the guest, too.
   */
  private void putBack(boolean stayed, boolean stillDefinedOnSource) {
    var undo = recorded.undo();
    if (undo.isEmpty()) {
      return;
    }
    boolean later = stillDefinedOnSource && undo.autostart();
    var now = later ? undo.withoutAutostart() : undo;
    var host = stayed ? pair.source() : pair.target();
    desk.confirm(claim);
    var back =
        PuttingBack.on(host, stayed ? pair.onSource() : pair.onTarget(), pair.guest(), now, stayed);
    if (back.failed().isEmpty() && later) {
      desk.putBack(
          claim,
          Undo.AUTOSTART,
          "%sIts autostart is put back once %s does not start it any more."
              .formatted(
                  now.isEmpty() ? "" : "Put back on %s: %s. ".formatted(host.name(), back.words()),
                  pair.source().name()));
    } else if (back.failed().isEmpty()) {
      desk.putBack(claim, Undo.NOTHING, "Put back on " + host.name() + ": " + back.words() + ".");
    } else {
      desk.note(
          claim,
          "Not everything was put back on %s, and it is tried again: %s"
              .formatted(host.name(), String.join(" ", back.failed())));
    }
  }

  /** What cannot be removed now is left to {@link LeftDefinitions}; says so, or nothing. */
  private String undefine() {
    var source = pair.source().name();
    desk.definitionLeft(claim, true, "Removing the left-over definition from " + source + ".");
    desk.confirm(claim);
    var why = tools.leftDefinitions().remove(pair.guest(), pair.source(), pair.target());
    if (why == null) {
      desk.definitionLeft(claim, false, "Removed.");
      return "";
    }
    return " Its left-over definition on %s could not be removed, and that is tried again: %s"
        .formatted(source, why);
  }

  private String stayed(boolean runs) {
    var stays =
        vm.name()
            + (runs ? " still runs on " : " has not moved, and is shut off on ")
            + pair.source().name();
    var row = desk.read(claim);
    if (row.abortRequestedBy() != null) {
      var why = row.retry().givenUp();
      return "Aborted by %s: %s. %s"
          .formatted(row.abortRequestedBy(), stays, why == null ? "" : why)
          .strip();
    }
    if (ordered.notStarted() != null) {
      return stays + ": " + ordered.notStarted() + ".";
    }
    var failure = ordered.call() == null ? null : ordered.call().failure();
    return failure == null
        ? stays + ": the move to " + pair.target().name() + " did not complete."
        : stays + ": " + failure;
  }

  private String moved(Migration m) {
    var total = m.figures().totalMillis();
    var downtime = m.figures().downtimeMillis();
    return vm.name()
        + " moved from "
        + pair.source().name()
        + " to "
        + pair.target().name()
        + (total == null ? "" : String.format(Locale.ROOT, " in %.1f s", total / 1000.0))
        + (downtime == null
            ? "; its pause was not told."
            : String.format(Locale.ROOT, " and was paused for %.3f s.", downtime / 1000.0))
        + (m.abortRequestedBy() == null ? "" : " The request to abort came too late.");
  }

  private static void keep(Migration row, DowntimeProbe.@Nullable Seen seen) {
    if (seen != null) {
      row.figures().seenByGuest(seen);
    }
  }
}
