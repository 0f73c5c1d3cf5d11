package org.dcbalance.migration;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.inventory.WhyCheckpoint;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.method.Choice;
import org.dcbalance.method.CopyControl;
import org.dcbalance.method.Facts;
import org.dcbalance.method.Levers;
import org.dcbalance.method.Method;
import org.dcbalance.method.MethodChoice;
import org.dcbalance.method.MethodText;
import org.dcbalance.method.QuietMoment;
import org.dcbalance.migration.SettlementTable.Action;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drive one migration, from its checks to what both hosts say in the end, or on from where another
 * console left it. Every step is written before it is taken; dying at any point loses nothing.
 */
final class MigrationDrive implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(MigrationDrive.class);

  private static final Duration BEFORE_TRYING_AGAIN = Duration.ofSeconds(10);

  private final Tools tools;
  private final MigrationDesk desk;
  private final Claim claim;
  private final Marking marking;
  private final DiskCopying copying;
  private final boolean queued;
  private @Nullable MigrateCall call;
  private @Nullable CopyWatch watch;
  private @Nullable String notStarted;

  MigrationDrive(Tools tools, Claim claim, boolean queued) {
    this.tools = tools;
    this.desk = tools.desk();
    this.claim = claim;
    this.marking = new Marking(desk, claim);
    this.copying = new DiskCopying(desk, claim, tools.halfCopies(), tools.settings().patience());
    this.queued = queued;
  }

  /** What every drive works with. */
  record Tools(
      MigrationDesk desk,
      MigrationSettings settings,
      PreFlightChecks checks,
      Connections connections,
      Vms vms,
      Hosts hosts,
      Pools pools,
      Arrivals arrivals,
      MoveFacts facts,
      LeftOvers leftOvers,
      HalfCopies halfCopies,
      @Nullable BeforeMove before) {}

  @Override
  public void run() {
    try {
      drive();
    } catch (LetGo | LeadershipLost e) {
      log.info(
          "Migration {} is left to whoever holds the lease: {}", claim.migration(), e.getMessage());
    } catch (RuntimeException e) {
      // the row is as it was; a later look at the table takes it up again
      log.error("Migration {} was dropped by its runner", claim.migration(), e);
      holdBack();
    }
  }

  /** What failed unforeseen fails again at once: keep the row from being taken up for a while. */
  private static void holdBack() {
    try {
      Pause.of(BEFORE_TRYING_AGAIN);
    } catch (LetGo e) {
      // whoever holds the lease goes on
    }
  }

  private void drive() {
    Migration row;
    try {
      row =
          queued
              ? desk.start(claim, m -> tools.settings().mostTime(m.expectedMillis()))
              : desk.adopt(claim);
    } catch (Problem e) {
      // it was cancelled, or ended, since the table was read
      log.info("Migration {} needs no driving: {}", claim.migration(), e.sentence());
      return;
    }
    var vm = vm(row);
    MoveFacts.@Nullable Found found = null;
    if (queued || row.phase() == Phase.CHECKS) {
      if (refused(row, vm)) {
        return;
      }
      List<CopiedDisk> disks = null;
      if (row.storage().wanted()) {
        try {
          disks = DiskCopying.of(vm, pool(row), pair(row, vm));
        } catch (HypervisorException e) {
          refuse(e.sentence(), row, vm, Passing.of(e.kind()));
          return;
        }
      }
      found =
          tools
              .facts()
              .choose(
                  vm,
                  host(row.source()),
                  host(row.target()),
                  pool(row),
                  row.askedMethod(),
                  left(row),
                  disks == null ? null : CopiedDisk.allocated(disks));
      if (disks != null) {
        copying.record(disks, found.facts());
      }
      if (row.askedMethod() == null && !host(row.source()).maintenance()) {
        found = orQuieter(row, vm, found);
      }
      if (row.overdueAt(desk.clock().instant())) {
        refuse(
            "Its deadline, " + row.endByInWords() + ", passed before it was copied.",
            row,
            vm,
            null);
        return;
      }
      if (found.choice() instanceof Choice.Wait wait) {
        // a guest that writes too much for what is allowed may be quieter later
        boolean chosen = row.askedMethod() == null;
        refuse(MethodText.wait(vm.name(), wait), row, vm, chosen ? Passing.NOT_CONVERGED : null);
        return;
      }
      if (found.choice() instanceof Choice.Move move) {
        var options = vm.moveOptions().over(pool(row).moveOptions());
        var asked = WhyCheckpoint.of(options, desk.hasMoved(row.vm()), move.levers().postCopy());
        var why = new SafeFirst(desk, claim, tools.before()).refusal(row, asked);
        if (why != null) {
          refuse(why, row, vm, null);
          return;
        }
      }
    }
    var pair = pair(row, vm);
    try (var measurements = new Measurements(desk, tools.settings(), tools.arrivals(), pair)) {
      if (found != null && found.choice() instanceof Choice.Move move) {
        copy(row, vm, pair, measurements, move, found.facts());
      }
      settle(row, vm, pair, measurements);
    }
  }

  /** Where its past has quieter moments, wait for one rather than slow it down or risk it. */
  private MoveFacts.Found orQuieter(Migration row, Vm vm, MoveFacts.Found found) {
    var longest = MoveFacts.mayWait(vm, pool(row));
    var left = left(row);
    if (left != null && left.dividedBy(2).compareTo(longest) < 0) {
      // the copy needs time, too
      longest = left.dividedBy(2);
    }
    if (!longest.isPositive() || !host(row.source()).can(Capability.DIRTY_RATE)) {
      return found;
    }
    var worth = QuietMoment.of(found.facts(), found.choice(), tools.facts().pastDirtyRates(vm));
    if (worth == null) {
      return found;
    }
    var rate = new QuietWait(desk, claim, pair(row, vm)).until(worth, longest);
    return rate == null ? found : MoveFacts.choose(found.facts(), rate);
  }

  /** Give the time until whoever asked for it wants it ended; null if nobody said. */
  private @Nullable Duration left(Migration row) {
    var endBy = row.endBy();
    return endBy == null ? null : Duration.between(desk.clock().instant(), endBy);
  }

  private boolean refused(Migration row, Vm vm) {
    if (!vm.hostId().equals(row.source())) {
      refuse(
          vm.name() + " has left the host that it was to be moved from; nothing was done.",
          row,
          vm,
          null);
      return true;
    }
    if (row.storage().wanted()) {
      copying.clear(vm);
    }
    var failed =
        tools.checks().of(row.vm(), row.target(), row.id(), row.storage().wanted()).stream()
            .filter(c -> !c.ok())
            .toList();
    if (!failed.isEmpty()) {
      refuse(MovesByHand.sentences(failed), row, vm, PreFlight.passing(failed));
      return true;
    }
    return false;
  }

  private void refuse(String reasons, Migration row, Vm vm, @Nullable Passing passing) {
    desk.refuse(
        claim,
        reasons,
        m -> {
          // one that somebody took back while it was checked is not wanted any more
          if (m.abortRequestedBy() == null) {
            tryAgain(m, vm, passing);
          }
        });
  }

  /** Plan another attempt, where what kept this one from succeeding may pass. */
  private void tryAgain(Migration m, Vm vm, @Nullable Passing passing) {
    if (passing != null) {
      var pool = pool(m);
      m.retry(
          passing,
          MoveFacts.retries(vm, pool),
          MoveFacts.retryAfter(vm, pool),
          desk.clock().instant());
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
      return m.endsByPolicy() ? Passing.NOT_CONVERGED : null;
    }
    return call == null ? null : Passing.of(call.failed());
  }

  private void copy(
      Migration row,
      Vm vm,
      HostPair pair,
      Measurements measurements,
      Choice.Move move,
      Facts facts) {
    var disks = desk.read(claim).storage().disks();
    desk.choose(claim, move, facts.vm().bias(), DiskCopying.time(disks, facts), tools.settings());
    boolean toPrepare = move.levers().balloonTo() != null || move.levers().cap() > 0;
    desk.beginMove(
        claim,
        toPrepare ? Phase.PREPARING : Phase.COPYING,
        "All checks passed. " + move.method().words() + ".");
    var levers = tools.leftOvers().clear(row.vm()) ? move.levers() : untouched(move.levers());
    var prepared = new Preparation(desk, tools.settings(), claim, pair, marking).prepare(levers);
    if (prepared == null) {
      notStarted =
          "its memory could not be given back to it, and a guest whose balloon moves is not sent";
      return;
    }
    measurements.before(vm);
    if (desk.read(claim).abortRequestedBy() != null) {
      return;
    }
    var order =
        MoveOrders.of(
            vm,
            pool(row),
            pair.target(),
            prepared,
            disks.stream().map(CopiedDisk::target).toList());
    desk.ordered(
        claim,
        order.encrypted(),
        "Copying from %s to %s, %s."
            .formatted(
                pair.source().name(),
                pair.target().name(),
                order.encrypted() ? "encrypted" : "not encrypted"));
    desk.confirm(claim);
    claim.check();
    measurements.moveBegins();
    var source = pair.onSource();
    // connecting takes its time, in which the lease may have gone to another console
    call =
        MigrateCall.start(
            () ->
                source.migrate(
                    order,
                    () -> {
                      claim.check();
                      desk.confirm(claim);
                    }),
            row.id());
    var control = new CopyControl(move, facts);
    watch = new CopyWatch(desk, tools.settings(), claim, pair, control);
    watch.follow(call);
    measurements.copyEnded();
  }

  /** What an earlier move changed and could not be put back must not be taken for how it was. */
  private Levers untouched(Levers levers) {
    desk.note(
        claim,
        "An earlier move still has something to put back, so it is neither ballooned nor capped.");
    return levers.withBalloon(null).withCap(0);
  }

  private void settle(Migration row, Vm vm, HostPair pair, Measurements measurements) {
    var copied = desk.clock().instant();
    boolean lost = row.state() == MigrationState.LOST;
    if (!lost) {
      desk.enter(claim, Phase.SETTLING, ended());
    }
    // as recorded by now: it was marked after this row was read
    var recorded = desk.read(claim);
    var mark = recorded.mark();
    var end =
        new Settlement(
                desk,
                tools.settings(),
                claim,
                pair,
                vm.name(),
                mark,
                measurements::calledCompleted,
                () -> controlOf(recorded, vm),
                lost)
            .untilSettled();
    var seen = measurements.seenByGuest(copied);
    switch (end) {
      case Action.StayedOnSource() -> {
        putBack(recorded.undo(), pair, true);
        marking.takeOff(pair.onSource(), mark, pair);
        copying.removeHalfCopies(recorded, pair);
        var words = stayed(vm, pair);
        desk.end(
            claim,
            row.source(),
            m -> {
              seen.ifPresent(s -> keep(m, s));
              var passing = passing(m);
              m.stayed(words, desk.clock().instant());
              tryAgain(m, vm, passing);
            },
            Severity.WARN);
      }
      case Action.RunsOnTarget(var leftOver) -> {
        var figures = measurements.patientFigures();
        var stood = measurements.standstill();
        putBack(recorded.undo(), pair, false);
        var tidied = leftOver ? undefine(pair, vm) : "";
        marking.takeOff(pair.onTarget(), mark, pair);
        desk.end(
            claim,
            row.target(),
            m -> {
              figures.ifPresent(m::measure);
              m.hostsSpent(measurements.spent());
              stood.ifPresent(s -> m.stoodStill(s.pause(), s.words()));
              seen.ifPresent(s -> keep(m, s));
              m.complete(
                  moved(m, vm, pair) + tidied + DiskCopying.leftBehind(m, pair),
                  desk.clock().instant());
              m.storage().end();
            },
            Severity.INFO);
      }
    }
  }

  /** Control a copy that was begun by another console by what is allowed and known now. */
  private @Nullable CopyControl controlOf(Migration row, Vm vm) {
    var found =
        tools
            .facts()
            .choose(
                vm,
                host(row.source()),
                host(row.target()),
                pool(row),
                row.method(),
                left(row),
                // with disks it was begun without post-copy
                row.storage().wanted() ? new Memory(0) : null);
    // whoever asked for plain pre-copy gets that
    return row.askedMethod() == Method.PRE_COPY
        ? null
        : new CopyControl(MethodChoice.underWay(row.method(), found.facts()), found.facts());
  }

  /** What cannot be put back now is left to {@link LeftOvers}. */
  private void putBack(Undo undo, HostPair pair, boolean stayed) {
    if (undo.isEmpty()) {
      return;
    }
    var host = stayed ? pair.source() : pair.target();
    desk.confirm(claim);
    var failed =
        PuttingBack.on(
            host, stayed ? pair.onSource() : pair.onTarget(), pair.guest(), undo, stayed);
    if (failed.isEmpty()) {
      desk.putBack(claim, "Put back on " + host.name() + ": " + undo.words() + ".");
    } else {
      desk.note(
          claim,
          "Not everything was put back on %s, and it is tried again: %s"
              .formatted(host.name(), String.join(" ", failed)));
    }
  }

  private String ended() {
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

  private String stayed(Vm vm, HostPair pair) {
    var stays = vm.name() + " still runs on " + pair.source().name();
    var by = desk.read(claim).abortRequestedBy();
    if (by != null) {
      var why = watch == null ? null : watch.gaveUp();
      return "Aborted by " + by + ": " + stays + "." + (why == null ? "" : " " + why);
    }
    if (notStarted != null) {
      return stays + ": " + notStarted + ".";
    }
    var failure = call == null ? null : call.failure();
    return failure == null
        ? stays + ": the move to " + pair.target().name() + " did not complete."
        : stays + ": " + failure;
  }

  private static String moved(Migration m, Vm vm, HostPair pair) {
    var total = m.totalMillis();
    var downtime = m.downtimeMillis();
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

  private String undefine(HostPair pair, Vm vm) {
    desk.note(claim, "Removing the left-over definition from " + pair.source().name() + ".");
    desk.confirm(claim);
    try {
      pair.onSource().undefine(vm.uuid());
      return "";
    } catch (HypervisorException e) {
      return " Its left-over definition on "
          + pair.source().name()
          + " could not be removed: "
          + e.sentence();
    }
  }

  private static void keep(Migration row, DowntimeProbe.Seen seen) {
    var downtime = seen.downtime();
    row.seenByGuest(downtime == null ? null : downtime.toMillis(), seen.words());
  }

  private HostPair pair(Migration row, Vm vm) {
    return new HostPair(
        tools.connections(), vm.uuid(), vm.name(), host(row.source()), host(row.target()));
  }

  private Host host(HostId id) {
    return tools.hosts().findById(id.value()).orElseThrow(() -> gone("host"));
  }

  private HostPool pool(Migration row) {
    return tools.pools().findById(row.pool().value()).orElseThrow(() -> gone("pool"));
  }

  private Vm vm(Migration row) {
    return tools.vms().findById(row.vm().value()).orElseThrow(() -> gone("virtual machine"));
  }

  private static Problem gone(String what) {
    return new Problem(
        ErrorCode.NOT_FOUND, "The migration's " + what + " is not known any more.", null);
  }
}
