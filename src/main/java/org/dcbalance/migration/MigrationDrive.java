package org.dcbalance.migration;

import java.time.Duration;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.method.Choice;
import org.dcbalance.method.CopyControl;
import org.dcbalance.method.Facts;
import org.dcbalance.method.Levers;
import org.dcbalance.method.Method;
import org.dcbalance.method.MethodChoice;
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
      StillWanted wanted,
      Connections connections,
      Vms vms,
      Hosts hosts,
      Pools pools,
      Arrivals arrivals,
      MoveFacts facts,
      LeftOvers leftOvers,
      HalfCopies halfCopies,
      LeftDefinitions leftDefinitions,
      @Nullable BeforeMove before) {
    HostPair pair(Migration row, Vm vm) {
      return new HostPair(
          connections, vm.uuid(), vm.name(), host(row.source()), host(row.target()));
    }

    Host host(HostId id) {
      return hosts.findById(id.value()).orElseThrow(() -> gone("host"));
    }

    HostPool pool(Migration row) {
      return pools.findById(row.pool().value()).orElseThrow(() -> gone("pool"));
    }

    Vm vm(Migration row) {
      return vms.findById(row.vm().value()).orElseThrow(() -> gone("virtual machine"));
    }

    /** Give the time until it must have ended; null if nobody said. */
    @Nullable Duration left(Migration row) {
      return row.left(desk.clock().instant());
    }

    /** Choose how to move a VM, or look at a method; disks as {@link MoveFacts} takes them. */
    MoveFacts.Found choose(Migration row, Vm vm, @Nullable Method method, @Nullable Memory disks) {
      return facts.choose(
          vm, host(row.source()), host(row.target()), pool(row), method, left(row), disks);
    }

    private static Problem gone(String what) {
      return new Problem(
          ErrorCode.NOT_FOUND, "The migration's " + what + " is not known any more.", null);
    }
  }

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
              ? desk.start(
                  claim,
                  m -> tools.settings().mostTime(m.figures().expectedMillis()),
                  m -> MoveFacts.longest(tools.vm(m), tools.pool(m)))
              : desk.adopt(claim);
    } catch (Problem e) {
      // it was cancelled, or ended, since the table was read
      log.info("Migration {} needs no driving: {}", claim.migration(), e.sentence());
      return;
    }
    var chosen =
        queued || row.phase() == Phase.CHECKS
            ? new MoveChoosing(tools, claim, copying).choose(row)
            : null;
    if (chosen instanceof MoveChoosing.Refused) {
      return;
    }
    var vm = chosen instanceof MoveChoosing.Chosen move ? move.vm() : tools.vm(row);
    var pair = tools.pair(row, vm);
    try (var measurements =
        new Measurements(desk, tools.settings(), claim, tools.arrivals(), pair)) {
      if (chosen instanceof MoveChoosing.Chosen move) {
        copy(row, pair, measurements, move);
      }
      settle(row, vm, pair, measurements);
    }
  }

  private void copy(
      Migration row, HostPair pair, Measurements measurements, MoveChoosing.Chosen chosen) {
    var vm = chosen.vm();
    var facts = chosen.facts();
    var tight = tight(chosen.how().levers(), pair);
    var move = tight == null ? chosen.how() : uncompressed(chosen.how(), facts);
    var disks = desk.read(claim).storage().disks();
    desk.choose(
        claim, move, tight, facts.vm().bias(), DiskCopying.time(disks, facts), tools.settings());
    boolean toPrepare = move.levers().balloonTo() != null || move.levers().cap() > 0;
    desk.beginMove(
        claim,
        toPrepare ? Phase.PREPARING : Phase.COPYING,
        "All checks passed. " + move.method().words() + ".");
    var levers = chosen.asItWas() ? move.levers() : untouched(move.levers());
    var prepared = new Preparation(desk, tools.settings(), claim, pair, marking).prepare(levers);
    if (prepared == null) {
      notStarted =
          "its memory could not be given back to it, and a guest whose balloon moves is not sent";
      return;
    }
    measurements.before(vm);
    var now = desk.read(claim);
    if (now.abortRequestedBy() != null) {
      return;
    }
    // preparing may have taken minutes since these were checked
    if (now.overdueAt(desk.clock().instant())) {
      desk.timeOut(claim);
      return;
    }
    notStarted = toPrepare ? DiskCopying.inTheWay(disks, pair) : null;
    if (notStarted != null) {
      return;
    }
    var order =
        MoveOrders.of(
            vm,
            tools.pool(row),
            pair.target(),
            prepared,
            disks.stream().map(CopiedDisk::target).toList());
    var left = prepared.balloonTo();
    desk.ordered(
        claim,
        order.encrypted(),
        left == null ? vm.memory() : left,
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
    new CopyWatch(desk, tools.settings(), claim, pair, control).follow(call);
    measurements.copyEnded();
  }

  /** What an earlier move changed and could not be put back must not be taken for how it was. */
  private Levers untouched(Levers levers) {
    desk.note(
        claim,
        "An earlier move still has something to put back, so it is neither ballooned nor capped.");
    return levers.withBalloon(null).withCap(0);
  }

  /**
   * Say why what the guest changes is not compressed although that was chosen; null if it is, or
   * was not to be. A host that runs out of memory ends guests, so it keeps no pages to compress
   * others against.
   */
  private static @Nullable String tight(Levers levers, HostPair pair) {
    var cache = levers.cache();
    if (cache == null) {
      return null;
    }
    Memory free;
    try {
      var host = pair.onSource().readLoad().host();
      free = host.memoryTotal().minus(host.memoryUsed());
    } catch (HypervisorException e) {
      // the order itself will say what is wrong
      return null;
    }
    return cache.compareTo(free) <= 0
        ? null
        : "What it changes is not compressed: that may take %d MiB on %s, which has %d MiB free."
            .formatted(cache.mib(), pair.source().name(), free.mib());
  }

  /**
   * Give the move as it goes without a cache. Compression is then neither what moved the guest nor
   * what failed to, and nothing is to be learned of it.
   */
  private static Choice.Move uncompressed(Choice.Move move, Facts facts) {
    var like =
        move.method() == Method.XBZRLE ? MethodChoice.underWay(Method.PRE_COPY, facts) : move;
    return new Choice.Move(
        like.method(),
        move.levers().withCache(null),
        like.expected(),
        like.measured(),
        move.considered());
  }

  private void settle(Migration row, Vm vm, HostPair pair, Measurements measurements) {
    var copied = desk.clock().instant();
    boolean lost = row.state() == MigrationState.LOST;
    var ordered = new MigrationEnd.Ordered(call, notStarted);
    if (!lost) {
      desk.enter(claim, Phase.SETTLING, ordered.ended());
    }
    // as recorded by now: it was marked after this row was read
    var recorded = desk.read(claim);
    var end =
        new Settlement(
                desk,
                tools.settings(),
                claim,
                pair,
                vm.name(),
                recorded.mark(),
                measurements,
                () -> controlOf(recorded, vm),
                lost)
            .untilSettled();
    var seen = measurements.seenByGuest(copied);
    new MigrationEnd(tools, claim, copying, vm, pair, recorded, ordered, measurements)
        .record(end, seen.orElse(null));
  }

  /** Control a copy that was begun by another console by what is allowed and known now. */
  private @Nullable CopyControl controlOf(Migration row, Vm vm) {
    if (row.askedMethod() == Method.PRE_COPY) {
      // whoever asked for plain pre-copy gets that
      return null;
    }
    // with disks it was begun without post-copy
    var disks = row.storage().wanted() ? Memory.ZERO : null;
    var found = tools.choose(row, vm, row.method(), disks);
    return CopyControl.joining(MethodChoice.underWay(row.method(), found.facts()), found.facts());
  }
}
