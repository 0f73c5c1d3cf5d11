package org.dcbalance.migration;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.Deed;
import org.dcbalance.audit.Thing;
import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Placements;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.method.Choice;
import org.dcbalance.method.MethodText;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Write what happens to migrations: each step in one transaction that first makes sure that this
 * console still holds the lease. While the database is away it tries again for as long as the lease
 * may still be ours, and then lets go.
 */
@Component
class MigrationDesk {
  private static final Logger log = LoggerFactory.getLogger(MigrationDesk.class);
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(250);

  private final Migrations migrations;
  private final MigrationLog lines;
  private final ProgressLog progress;
  private final Placements placements;
  private final FleetEvents fleetEvents;
  private final Leadership leadership;
  private final Installation installation;
  private final ApplicationEventPublisher events;
  private final TransactionTemplate transaction;
  private final Clock clock;

  MigrationDesk(
      Migrations migrations,
      MigrationLog lines,
      ProgressLog progress,
      Placements placements,
      FleetEvents fleetEvents,
      Leadership leadership,
      Installation installation,
      ApplicationEventPublisher events,
      PlatformTransactionManager transactions,
      Clock clock) {
    this.migrations = migrations;
    this.lines = lines;
    this.progress = progress;
    this.placements = placements;
    this.fleetEvents = fleetEvents;
    this.leadership = leadership;
    this.installation = installation;
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
    this.clock = clock;
  }

  /** Tell whether a move of a VM by this console has ever completed. */
  boolean hasMoved(VmId vm) {
    return migrations.existsByVmIdAndState(vm.value(), MigrationState.COMPLETED);
  }

  /**
   * Leave the queue, if it is still queued.
   *
   * @param usual how long it is given
   * @param allowed most that it may take by what is allowed for its VM; null for no such limit
   */
  Migration start(
      Claim claim,
      Function<Migration, Duration> usual,
      Function<Migration, @Nullable Duration> allowed) {
    return step(
        claim,
        m -> m.start(claim.epoch(), clock.instant(), usual.apply(m), allowed.apply(m)),
        "Checks begin.");
  }

  /** Take one out of the queue whose deadline has passed, unless it has left the queue. */
  void cancelOverdue(long id, long epoch) {
    transaction.executeWithoutResult(
        status -> {
          leadership.confirm(epoch);
          var migration = migrations.lock(id).orElseThrow(() -> gone(id));
          if (migration.state() != MigrationState.PENDING) {
            return;
          }
          migration.overdue(clock.instant());
          lines.add(id, migration.phase(), migration.sentence());
          fleetEvents.record(
              Severity.WARN,
              "migration-ended",
              migration.pool(),
              migration.source(),
              migration.vm(),
              migration.sentence());
          events.publishEvent(new Deed(Operator.DCBALANCE, Act.ABORT_ASKED, Thing.migration(id)));
          events.publishEvent(MigrationFinished.of(migration));
        });
    events.publishEvent(new MigrationChanged(id));
  }

  /** Take over a migration that this console does not drive yet. */
  Migration adopt(Claim claim) {
    return step(
        claim, m -> m.adopt(claim.epoch()), "Taken over under epoch " + claim.epoch() + ".");
  }

  /**
   * Record how it is to be moved, and what that is expected to cost.
   *
   * @param changed why it does not go as it was chosen; null if it does
   * @param forDisks time that its disks are expected to take beside
   */
  void choose(
      Claim claim,
      Choice.Move move,
      @Nullable String changed,
      double bias,
      Duration forDisks,
      MigrationSettings settings) {
    var why = MethodText.why(move) + (changed == null ? "" : " " + changed);
    var expected = move.expected().total().plus(forDisks).toMillis();
    var until = clock.instant().plus(settings.mostTime(expected, bias));
    step(claim, m -> m.chooseMethod(move, why, bias, forDisks, until), why);
  }

  /** Record the disks that are copied with it, and the time that it is given for them. */
  void copyDisks(Claim claim, List<CopiedDisk> disks, Duration more) {
    step(
        claim,
        m -> m.copyDisks(disks, more),
        disks.isEmpty()
            ? "All of its disks are reached from both hosts, so none is copied."
            : "Its disks are copied with it: "
                + String.join("; ", disks.stream().map(CopiedDisk::words).toList())
                + ".");
  }

  /** Record that no copies of disks are left on the target. */
  void copiesRemoved(Claim claim, String sentence) {
    step(claim, m -> m.storage().end(), sentence);
  }

  /** Write that its guest is about to be changed, and keep the inventory off the VM's placement. */
  Migration beginMove(Claim claim, Phase phase, String sentence) {
    return step(
        claim,
        m -> {
          m.enter(phase);
          placements.startMove(m.vm(), m.target());
        },
        sentence);
  }

  /**
   * Record how the guest was marked, empty if it could not be, and what will have to be put back;
   * the guest may be changed and the job ordered then.
   */
  void marked(Claim claim, String mark, Undo undo, String sentence) {
    step(claim, m -> m.markWith(mark, undo), sentence);
  }

  /**
   * Record that the order to migrate is given now, whether its memory is encrypted, and how much of
   * it the guest has.
   */
  void ordered(Claim claim, boolean encrypted, Memory has, String sentence) {
    step(
        claim,
        m -> {
          m.enter(Phase.COPYING);
          m.ordered(clock.instant(), encrypted, has);
        },
        sentence);
  }

  /** Record that what was changed on the guest is as it was, but for what is left. */
  void putBack(Claim claim, Undo left, String sentence) {
    step(claim, m -> m.putBack(left), sentence);
  }

  /**
   * Record that it is about to be switched to post-copy.
   *
   * @throws Problem CONFLICT if somebody asked to abort it first
   */
  void switchToPostCopy(Claim claim, String sentence) {
    step(claim, m -> m.switchToPostCopy(clock.instant()), sentence);
  }

  /** Record that its host calls it a post-copy. */
  void foundInPostCopy(Claim claim, String sentence) {
    step(claim, m -> m.foundInPostCopy(clock.instant()), sentence);
  }

  /** Record that it was not switched after all. */
  void notSwitched(Claim claim, String sentence) {
    step(claim, Migration::notSwitched, sentence);
  }

  /** Record that its job is followed, which is a pre-copy, whatever was to become of it. */
  void follow(Claim claim, String sentence) {
    step(
        claim,
        m -> {
          m.enter(Phase.COPYING);
          m.notSwitched();
        },
        sentence);
  }

  /** Record that a failed post-copy is about to be resumed. */
  void resumePostCopy(Claim claim, String sentence) {
    step(claim, Migration::resumePostCopy, sentence);
  }

  Migration enter(Claim claim, Phase phase, String sentence) {
    return step(claim, m -> m.enter(phase), sentence);
  }

  /** Show what keeps it from going on, and note it in the log. */
  Migration remark(Claim claim, String sentence) {
    return step(claim, m -> m.remark(sentence), sentence);
  }

  /** Note what came of what kept it from going on, which does not any more. */
  void goesOn(Claim claim, String sentence) {
    step(claim, m -> m.remark(""), sentence);
  }

  /** Add a line to the log without changing the migration. */
  void note(Claim claim, String sentence) {
    step(claim, m -> {}, sentence);
  }

  /** Record a wait for a quieter moment. */
  void waited(Claim claim, Duration length, String sentence) {
    step(claim, m -> m.waited(length), sentence);
  }

  /** Ask for the end of a move that took its time. */
  void timeOut(Claim claim) {
    var row = read(claim);
    boolean overdue = row.overdueAt(clock.instant());
    var why =
        !overdue
            ? "It has taken longer than it was given."
            : row.allowedUntil() == null
                ? "It has not ended by its deadline."
                : "It has taken longer than is allowed for it.";
    giveUp(claim, why, overdue ? Passing.OUT_OF_TIME : Passing.NOT_CONVERGED, why);
  }

  /**
   * Ask for the end of a copy that does not gain on its guest, or not in time.
   *
   * @param why a sentence
   */
  void giveUp(Claim claim, String why, Passing as) {
    giveUp(claim, why, as, why + " It is given up.");
  }

  private void giveUp(Claim claim, String why, Passing as, String line) {
    step(
        claim,
        m -> {
          m.giveUp(why, as);
          events.publishEvent(
              new Deed(Operator.DCBALANCE, Act.ABORT_ASKED, Thing.migration(m.id())));
        },
        line);
  }

  /** Record that it does not start, and what is planned then. */
  Migration refuse(Claim claim, String reasons, Consumer<Migration> then) {
    return ending(
        claim,
        m -> {
          m.refuse(reasons, clock.instant());
          then.accept(m);
        },
        null,
        Severity.WARN);
  }

  /** Record whether the source still has the definition of a guest that moved away. */
  void definitionLeft(Claim claim, boolean left, String sentence) {
    step(claim, m -> m.definitionLeft(left), sentence);
  }

  /** Record the end that both hosts agree on, and where the VM is now. */
  Migration end(Claim claim, HostId nowAt, Consumer<Migration> how, Severity severity) {
    return ending(claim, how, nowAt, severity);
  }

  /** Show and tell that a copy which nobody can end does not get on, with what may help. */
  void tellStuck(Claim claim, String sentence) {
    step(
        claim,
        m -> {
          m.remark(sentence);
          fleetEvents.record(
              Severity.BAD, "migration-stuck", m.pool(), m.source(), m.vm(), sentence);
        },
        sentence);
  }

  /** Record that the truth is unknown, once, with what to do. */
  Migration lose(Claim claim, String sentence) {
    return step(
        claim,
        m -> {
          m.lose(sentence);
          fleetEvents.record(
              Severity.BAD, "migration-lost", m.pool(), m.source(), m.vm(), sentence);
        },
        sentence);
  }

  /** Store the newest progress; what cannot be stored now is dropped. */
  void progress(Claim claim, MigrationProgress now, Passes passes) {
    claim.check();
    try {
      transaction.executeWithoutResult(
          status -> {
            leadership.confirm(claim.epoch());
            progress.add(claim.migration(), claim.epoch(), now, passes);
          });
      events.publishEvent(new MigrationProgressed(claim.migration()));
    } catch (DataAccessException | TransactionException e) {
      log.warn("Progress of migration {} was not stored: {}", claim.migration(), e.getMessage());
      heldOrLetGo(claim);
    }
  }

  /** Give what was told last of how far it is; empty if nothing was. */
  Optional<ProgressLog.Last> lastTold(Claim claim) {
    return stubbornly(claim, () -> progress.last(claim.migration()));
  }

  /** Show that its runner lives, where there is no progress to tell. */
  void beat(Claim claim) {
    claim.check();
    try {
      transaction.executeWithoutResult(
          status -> {
            leadership.confirm(claim.epoch());
            if (!progress.beat(claim.migration(), claim.epoch())) {
              throw new LetGo("Migration " + claim.migration() + " has ended.");
            }
          });
      // the newest figures grow old on open pages
      events.publishEvent(new MigrationProgressed(claim.migration()));
    } catch (DataAccessException | TransactionException e) {
      log.warn(
          "The heartbeat of migration {} was not stored: {}", claim.migration(), e.getMessage());
      heldOrLetGo(claim);
    }
  }

  /** Read it afresh. */
  Migration read(Claim claim) {
    return stubbornly(
        claim,
        () -> migrations.findById(claim.migration()).orElseThrow(() -> gone(claim.migration())));
  }

  /** Give the id of the installation that acts. */
  UUID installation() {
    return installation.id();
  }

  /**
   * Make sure, on the database's clock, that the lease is still ours and that the database is not
   * doubted, just before a call that changes something on a host.
   */
  void confirm(Claim claim) {
    stubbornly(
        claim,
        () -> {
          confirm(claim.epoch());
          return true;
        });
  }

  /** The same for what belongs to no running migration. */
  void confirm(long epoch) {
    if (installation.doubt().isPresent()) {
      throw new LetGo("Consoles only observe until an administrator confirms the database.");
    }
    transaction.executeWithoutResult(status -> leadership.confirm(epoch));
  }

  Clock clock() {
    return clock;
  }

  private Migration ending(
      Claim claim, Consumer<Migration> how, @Nullable HostId nowAt, Severity severity) {
    return step(
        claim,
        m -> {
          how.accept(m);
          if (nowAt != null) {
            placements.endMove(m.vm(), nowAt);
          }
          fleetEvents.record(
              severity,
              "migration-ended",
              m.pool(),
              nowAt == null ? m.source() : nowAt,
              m.vm(),
              m.told());
          events.publishEvent(MigrationFinished.of(m));
        },
        null);
  }

  private Migration step(Claim claim, Consumer<Migration> change, @Nullable String line) {
    var changed =
        stubbornly(
            claim,
            () ->
                transaction.execute(
                    status -> {
                      leadership.confirm(claim.epoch());
                      var migration =
                          migrations
                              .lock(claim.migration())
                              .orElseThrow(() -> gone(claim.migration()));
                      if (migration.state().ended()) {
                        // cancelled, or closed by hand, on whichever console
                        throw new LetGo("Migration " + claim.migration() + " has ended.");
                      }
                      change.accept(migration);
                      if (migration.epoch() != claim.epoch()) {
                        throw new LetGo(
                            "Migration " + claim.migration() + " is driven under another epoch.");
                      }
                      lines.add(
                          claim.migration(),
                          migration.phase(),
                          line == null ? migration.told() : line);
                      return migration;
                    }));
    events.publishEvent(new MigrationChanged(claim.migration()));
    return changed;
  }

  private <T> T stubbornly(Claim claim, Supplier<T> write) {
    while (true) {
      claim.check();
      try {
        return write.get();
      } catch (DataAccessException | TransactionException e) {
        log.warn(
            "The database did not take a step of a migration, trying again: {}", e.getMessage());
        heldOrLetGo(claim);
        Pause.of(BETWEEN_TRIES);
      }
    }
  }

  private void heldOrLetGo(Claim claim) {
    if (leadership.epoch().orElse(-1) != claim.epoch()) {
      throw new LetGo("The lease of epoch " + claim.epoch() + " has run out.");
    }
  }

  private static Problem gone(long id) {
    return new Problem(ErrorCode.NOT_FOUND, "There is no migration " + id + ".", null);
  }
}
