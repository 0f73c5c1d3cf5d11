package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.migration.SettlementTable.Action;
import org.dcbalance.units.ErrorCode;
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
  private static final Duration FIGURES_WITHIN = Duration.ofSeconds(2);

  private final Tools tools;
  private final Claim claim;
  private final boolean queued;
  private @Nullable MigrateCall call;
  private @Nullable DowntimeProbe probe;
  private @Nullable Standstill standstill;
  private Optional<MigrationFigures> earlierFigures = Optional.empty();

  MigrationDrive(Tools tools, Claim claim, boolean queued) {
    this.tools = tools;
    this.claim = claim;
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
      Arrivals arrivals) {}

  @Override
  public void run() {
    try {
      drive();
    } catch (LetGo | LeadershipLost e) {
      log.info(
          "Migration {} is left to whoever holds the lease: {}", claim.migration(), e.getMessage());
    } catch (RuntimeException e) {
      // the row is as it was; the next look at the table takes it up again
      log.error("Migration {} was dropped by its runner", claim.migration(), e);
    } finally {
      if (probe != null) {
        probe.close();
      }
      if (standstill != null) {
        standstill.close();
      }
    }
  }

  private void drive() {
    Migration row;
    try {
      row =
          queued
              ? tools.desk().start(claim, m -> tools.settings().mostTime(m.expectedMillis()))
              : tools.desk().adopt(claim);
    } catch (Problem e) {
      // it was cancelled, or ended, since the table was read
      log.info("Migration {} needs no driving: {}", claim.migration(), e.sentence());
      return;
    }
    if (queued || row.phase() == Phase.CHECKS) {
      begin(row);
    } else {
      var vm = vm(row);
      settle(row, vm, pair(row, vm));
    }
  }

  private void begin(Migration row) {
    var vm = vm(row);
    if (!vm.hostId().equals(row.source())) {
      tools
          .desk()
          .refuse(
              claim,
              vm.name() + " has left the host that it was to be moved from; nothing was done.");
      return;
    }
    var failed =
        tools.checks().of(row.vm(), row.target(), row.id()).stream().filter(c -> !c.ok()).toList();
    if (!failed.isEmpty()) {
      tools.desk().refuse(claim, MovesByHand.sentences(failed));
      return;
    }
    copy(row);
  }

  private void copy(Migration row) {
    var vm = vm(row);
    var pair = pair(row, vm);
    tools
        .desk()
        .beginCopy(
            claim,
            "All checks passed. Copying from "
                + pair.source().name()
                + " to "
                + pair.target().name()
                + ".");
    earlierFigures = figures(pair);
    mark(row, vm, pair);
    startProbe(vm);
    if (tools.desk().read(claim).abortRequestedBy() == null) {
      tools.desk().confirm(claim);
      claim.check();
      if (probe != null) {
        probe.moveBegins();
      }
      if (!pair.source().can(Capability.COMPLETED_STATISTICS)) {
        standstill = Standstill.watch(pair, tools.arrivals(), tools.desk().clock());
      }
      var source = pair.onSource();
      var order = order(row, vm, pair.target());
      call = MigrateCall.start(() -> source.migrate(order), row.id());
      new CopyWatch(tools.desk(), tools.settings(), claim, pair).follow(call);
    }
    settle(row, vm, pair);
  }

  private MigrationOrder order(Migration row, Vm vm, Host target) {
    var pool = tools.pools().findById(row.pool().value()).orElseThrow(() -> gone("pool"));
    boolean shared =
        vm.disks().stream()
            .allMatch(d -> d.source().isEmpty() || d.network() || pool.shares(d.source()));
    return new MigrationOrder(vm.uuid(), target.reachedAt(), null, null, null, shared);
  }

  private void settle(Migration row, Vm vm, HostPair pair) {
    var copied = tools.desk().clock().instant();
    boolean lost = row.state() == MigrationState.LOST;
    if (!lost) {
      tools.desk().enter(claim, Phase.SETTLING, ended());
    }
    var end =
        new Settlement(
                tools.desk(),
                tools.settings(),
                claim,
                pair,
                vm.name(),
                // as recorded by now: it was marked after this row was read
                tools.desk().read(claim).mark(),
                () -> newFigures(pair).map(MigrationFigures::succeeded).orElse(false),
                lost)
            .untilSettled();
    var seen = seenByGuest(copied);
    switch (end) {
      case Action.StayedOnSource() -> {
        unmark(pair.onSource(), row, vm);
        var words = stayed(row, vm, pair);
        tools
            .desk()
            .end(
                claim,
                row.source(),
                m -> {
                  seen.ifPresent(s -> keep(m, s));
                  m.stayed(words, tools.desk().clock().instant());
                },
                Severity.WARN);
      }
      case Action.RunsOnTarget(var leftOver) -> {
        var figures = patientFigures(pair);
        var stood = standstill == null ? Optional.<Standstill.Seen>empty() : standstill.measured();
        var tidied = leftOver ? undefine(pair, vm) : "";
        unmark(pair.onTarget(), row, vm);
        tools
            .desk()
            .end(
                claim,
                row.target(),
                m -> {
                  figures.ifPresent(m::measure);
                  stood.ifPresent(s -> m.stoodStill(s.pause(), s.words()));
                  seen.ifPresent(s -> keep(m, s));
                  m.complete(moved(m, vm, pair) + tidied, tools.desk().clock().instant());
                },
                Severity.INFO);
      }
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

  private String stayed(Migration row, Vm vm, HostPair pair) {
    var stays = vm.name() + " still runs on " + pair.source().name();
    var by = tools.desk().read(claim).abortRequestedBy();
    if (by != null) {
      return "Aborted by " + by + ": " + stays + ".";
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
    tools
        .desk()
        .note(claim, "Removing the left-over definition from " + pair.source().name() + ".");
    tools.desk().confirm(claim);
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

  private void startProbe(Vm vm) {
    var address = vm.probeAddress();
    if (address != null) {
      probe = DowntimeProbe.start(address, vm.probePort());
      Pause.of(tools.settings().probeBefore());
    }
  }

  private Optional<DowntimeProbe.Seen> seenByGuest(Instant copied) {
    if (probe == null) {
      return Optional.empty();
    }
    var left =
        Duration.between(
            tools.desk().clock().instant(), copied.plus(tools.settings().probeAfter()));
    if (left.isPositive()) {
      Pause.of(left);
    }
    return Optional.of(probe.finish());
  }

  private static void keep(Migration row, DowntimeProbe.Seen seen) {
    var downtime = seen.downtime();
    row.seenByGuest(downtime == null ? null : downtime.toMillis(), seen.words());
  }

  /** Read the figures of this move, and not those of an earlier one from the same host. */
  private Optional<MigrationFigures> newFigures(HostPair pair) {
    if (call != null) {
      var told = figures(pair).filter(f -> !Optional.of(f).equals(earlierFigures));
      if (told.isPresent()) {
        return told;
      }
    }
    return quietly(() -> pair.onTarget().incomingFigures(pair.guest()));
  }

  /** The event that carries the figures may come a little after the call has returned. */
  private Optional<MigrationFigures> patientFigures(HostPair pair) {
    var until = tools.desk().clock().instant().plus(FIGURES_WITHIN);
    while (true) {
      var told = newFigures(pair);
      if (told.isPresent() && told.get().downtime() != null
          || call == null
          || standstill != null
          || !tools.desk().clock().instant().isBefore(until)) {
        return told;
      }
      Pause.of(Duration.ofMillis(100));
    }
  }

  private Optional<MigrationFigures> figures(HostPair pair) {
    return quietly(() -> pair.onSource().figures(pair.guest()));
  }

  private static <T> Optional<T> quietly(Supplier<Optional<T>> question) {
    try {
      return question.get();
    } catch (HypervisorException e) {
      log.info("A host did not tell figures: {}", e.sentence());
      return Optional.empty();
    }
  }

  /**
   * Mark the guest, so that whoever finds its job later knows whose it is. A move does not fail for
   * want of a mark: some hosts cannot take one.
   */
  private void mark(Migration row, Vm vm, HostPair pair) {
    var mark = JobMark.text(tools.desk().installation(), row.id(), claim.epoch());
    try {
      pair.onSource().mark(vm.uuid(), mark);
      tools.desk().marked(claim, mark, "Marked " + vm.name() + " as moved by this migration.");
    } catch (HypervisorException e) {
      tools.desk().marked(claim, "", vm.name() + " was not marked: " + e.sentence());
    }
  }

  /** Take our mark off again, and leave that of anybody else. */
  private void unmark(Hypervisor hypervisor, Migration row, Vm vm) {
    try {
      var carried = hypervisor.status(vm.uuid()).map(GuestStatus::mark).orElse(null);
      if (row.mark().names(carried)) {
        hypervisor.mark(vm.uuid(), null);
      }
    } catch (HypervisorException e) {
      log.info("The mark of {} was not removed: {}", vm.name(), e.sentence());
    }
  }

  private HostPair pair(Migration row, Vm vm) {
    return new HostPair(
        tools.connections(),
        vm.uuid(),
        vm.name(),
        tools.hosts().findById(row.source().value()).orElseThrow(() -> gone("source host")),
        tools.hosts().findById(row.target().value()).orElseThrow(() -> gone("target host")));
  }

  private Vm vm(Migration row) {
    return tools.vms().findById(row.vm().value()).orElseThrow(() -> gone("virtual machine"));
  }

  private static Problem gone(String what) {
    return new Problem(
        ErrorCode.NOT_FOUND, "The migration's " + what + " is not known any more.", null);
  }
}
