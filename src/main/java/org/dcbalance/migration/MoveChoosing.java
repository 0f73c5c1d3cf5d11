package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.WhyCheckpoint;
import org.dcbalance.method.Choice;
import org.dcbalance.method.Facts;
import org.dcbalance.method.MethodText;
import org.dcbalance.method.QuietMoment;
import org.dcbalance.units.Problem;
import org.dcbalance.units.UtcMinute;
import org.jspecify.annotations.Nullable;

/**
 * Check whether a move may start, choose how, and wait for its moment, for its checkpoint and for
 * its balloon; or refuse it. After a wait all of it is checked, and the method chosen, again.
 */
final class MoveChoosing {
  /**
   * One measurement at a time: another one of the guest, over the long window, may be under way.
   */
  private static final Duration LOOKS_FOR = Duration.ofSeconds(12);

  private final MigrationDrive.Tools tools;
  private final MigrationDesk desk;
  private final Claim claim;
  private final DiskCopying copying;
  private @Nullable List<CopiedDisk> disks;
  private boolean checkpointDone;

  /** Whether there was something to wait for since it was last checked and chosen. */
  private boolean waited;

  /** Choose as it was measured at the quiet moment that it waited for, if that has come. */
  private UnaryOperator<MoveFacts.Found> quiet = UnaryOperator.identity();

  MoveChoosing(MigrationDrive.Tools tools, Claim claim, DiskCopying copying) {
    this.tools = tools;
    this.desk = tools.desk();
    this.claim = claim;
    this.copying = copying;
  }

  /** What came of it. */
  sealed interface Outcome {}

  /**
   * It may start now.
   *
   * @param vm as it was checked last
   * @param asItWas whether nothing is left on it that an earlier move changed
   */
  record Chosen(Vm vm, Choice.Move how, Facts facts, boolean asItWas) implements Outcome {}

  /** It does not start, and that was recorded. */
  record Refused() implements Outcome {}

  Outcome choose(Migration row) {
    var vm = tools.vm(row);
    if (refused(row, vm)) {
      return new Refused();
    }
    MoveFacts.Found found;
    try {
      found = find(row, vm);
    } catch (HypervisorException e) {
      return refuse(e.sentence(), row, vm, Passing.of(e.kind()));
    }
    found = asItIsNow(row, vm, found);
    if (row.askedMethod() == null && !tools.host(row.source()).maintenance()) {
      found = orQuieter(row, vm, found);
    }
    while (true) {
      if (row.overdueAt(now())) {
        var allowedUntil = row.allowedUntil();
        return allowedUntil == null
            ? refuse(
                "Its deadline, " + row.endByInWords() + ", passed before it was copied.",
                row,
                vm,
                null)
            // the next attempt has as long again
            : refuse(
                "It may take until %s by what is allowed for it, which passed before it was copied."
                    .formatted(UtcMinute.of(allowedUntil)),
                row,
                vm,
                Passing.OUT_OF_TIME);
      }
      var deadline = desk.read(claim).deadline();
      if (deadline != null && now().isAfter(deadline)) {
        return refuse("It has waited for longer than it was given.", row, vm, Passing.BUSY);
      }
      switch (found.choice()) {
        case Choice.Wait wait -> {
          // a guest that writes too much for what is allowed may be quieter later
          boolean chosen = row.askedMethod() == null;
          return refuse(
              MethodText.wait(vm.name(), wait), row, vm, chosen ? Passing.NOT_CONVERGED : null);
        }
        case Choice.Move move -> {
          var first = madeSafe(row, vm, move);
          if (first == null) {
            return new Refused();
          }
          if (aborted(row, vm)) {
            return new Refused();
          }
          if (!waited) {
            return new Chosen(vm, move, found.facts(), first.asItWas());
          }
        }
      }
      // the guest, its hosts and what is allowed may be others by now
      waited = false;
      desk.goesOn(claim, "It has waited, so everything is checked, and its method chosen, again.");
      vm = tools.vm(row);
      if (refused(row, vm)) {
        return new Refused();
      }
      found = asItIsNow(row, vm, quiet.apply(find(row, vm)));
    }
  }

  /** What the choice rests on, and what follows; its disks are read once. */
  private MoveFacts.Found find(Migration row, Vm vm) {
    boolean first = disks == null;
    if (row.storage().wanted() && first) {
      disks = DiskCopying.of(vm, tools.pool(row), tools.pair(row, vm));
    }
    var found =
        tools.choose(
            row, vm, row.askedMethod(), disks == null ? null : CopiedDisk.allocated(disks));
    if (disks != null && first) {
      copying.record(disks, found.facts());
    }
    return found;
  }

  /** Whether nothing is left on a guest that an earlier move changed. */
  private record MadeSafe(boolean asItWas) {}

  /**
   * See to its checkpoint, and to its balloon; null if that was a reason to refuse the move, which
   * is recorded then.
   */
  private @Nullable MadeSafe madeSafe(Migration row, Vm vm, Choice.Move move) {
    var options = vm.moveOptions().over(tools.pool(row).moveOptions());
    var asked = WhyCheckpoint.of(options, desk.hasMoved(row.vm()), move.levers().postCopy());
    if (!checkpointDone) {
      var checkpoint = new SafeFirst(desk, claim, tools.before());
      var why = checkpoint.refusal(row, asked);
      if (why != null) {
        var late = desk.read(claim);
        boolean outOfTime = late.allowedUntil() != null && late.overdueAt(now());
        refuse(why, row, vm, outOfTime ? Passing.OUT_OF_TIME : null);
        return null;
      }
      checkpointDone = asked != null;
      if (checkpoint.waited()) {
        // the quiet moment was before
        quiet = UnaryOperator.identity();
        waited = true;
      }
    }
    desk.confirm(claim);
    // what is put back of an earlier move may set its balloon in motion
    boolean asItWas = tools.leftOvers().clear(row.vm());
    var balloon = new BalloonRest(desk, tools.settings(), claim, tools.pair(row, vm));
    var moves = balloon.await();
    if (moves != null) {
      refuse(
          moves + " A guest is not sent before that is over, and nothing was done.", row, vm, null);
      return null;
    }
    waited |= balloon.waited();
    return new MadeSafe(asItWas);
  }

  /** Where its past has quieter moments, wait for one rather than slow it down or risk it. */
  private MoveFacts.Found orQuieter(Migration row, Vm vm, MoveFacts.Found found) {
    var longest = MoveFacts.mayWait(vm, tools.pool(row));
    var left = tools.left(row);
    if (left != null && left.dividedBy(2).compareTo(longest) < 0) {
      // the copy needs time, too
      longest = left.dividedBy(2);
    }
    if (!longest.isPositive()) {
      return found;
    }
    var wait =
        new QuietWait(
            desk, claim, tools.pair(row, vm), () -> tools.host(row.source()).maintenance());
    if (!tools.host(row.source()).can(Capability.DIRTY_RATE)) {
      var rest = QuietMoment.byCpu(found.facts(), found.choice(), tools.facts().pastCores(vm));
      if (rest == null) {
        return found;
      }
      waited = true;
      var cores = wait.until(rest, longest);
      quiet = cores == null ? quiet : later -> MoveFacts.choose(later.facts(), cores);
    } else {
      var worth = QuietMoment.of(found.facts(), found.choice(), tools.facts().pastDirtyRates(vm));
      if (worth == null) {
        return found;
      }
      waited = true;
      var rate = wait.until(worth, longest);
      quiet = rate == null ? quiet : later -> MoveFacts.choose(later.facts(), rate);
    }
    return quiet.apply(found);
  }

  /** Where it would be refused by a measurement of a while ago, choose by what it changes now. */
  private MoveFacts.Found asItIsNow(Migration row, Vm vm, MoveFacts.Found found) {
    if (row.askedMethod() != null
        || found.choice() instanceof Choice.Move
        || !tools.host(row.source()).can(Capability.DIRTY_RATE)
        || !tools.facts().outdated(vm)) {
      return found;
    }
    var wait = new QuietWait(desk, claim, tools.pair(row, vm), () -> false);
    var until = now().plus(LOOKS_FOR);
    do {
      claim.check();
      desk.beat(claim);
      var rate = wait.look();
      if (rate != null) {
        quiet = later -> MoveFacts.choose(later.facts(), rate);
        return quiet.apply(found);
      }
    } while (now().isBefore(until) && desk.read(claim).abortRequestedBy() == null);
    return found;
  }

  private boolean aborted(Migration row, Vm vm) {
    var by = desk.read(claim).abortRequestedBy();
    if (by != null) {
      refuse("Aborted by " + by + " before anything was copied.", row, vm, null);
    }
    return by != null;
  }

  private boolean refused(Migration row, Vm vm) {
    if (aborted(row, vm)) {
      return true;
    }
    if (!vm.hostId().equals(row.source())) {
      refuse(
          vm.name() + " has left the host that it was to be moved from; nothing was done.",
          row,
          vm,
          null);
      return true;
    }
    var notWanted = tools.wanted().whyNotNow(row, tools.pool(row), now());
    if (notWanted != null) {
      refuse(notWanted, row, vm, null);
      return true;
    }
    if (row.storage().wanted()) {
      copying.clear(vm);
    }
    List<Check> failed;
    try {
      failed =
          tools.checks().of(row.vm(), row.target(), row.id(), row.storage().wanted()).stream()
              .filter(c -> !c.ok())
              .toList();
    } catch (Problem e) {
      // a host was taken out of the inventory since it was asked for
      refuse(e.sentence(), row, vm, null);
      return true;
    }
    if (!failed.isEmpty()) {
      // what may pass is tried again there
      boolean byTarget = PreFlight.byTarget(failed.stream().filter(c -> !c.passing()).toList());
      refuse(MovesByHand.sentences(failed), row, vm, PreFlight.passing(failed), byTarget);
      return true;
    }
    return false;
  }

  private Refused refuse(String reasons, Migration row, Vm vm, @Nullable Passing passing) {
    return refuse(reasons, row, vm, passing, false);
  }

  private Refused refuse(
      String reasons, Migration row, Vm vm, @Nullable Passing passing, boolean byTarget) {
    desk.refuse(
        claim,
        reasons,
        m -> {
          if (byTarget) {
            m.blameTarget();
          }
          // one that somebody took back while it was checked is not wanted any more
          if (m.abortRequestedBy() == null) {
            MigrationEnd.tryAgain(m, vm, tools.pool(row), passing, now());
          }
        });
    return new Refused();
  }

  private Instant now() {
    return desk.clock().instant();
  }
}
