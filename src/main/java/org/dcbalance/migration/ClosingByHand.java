package org.dcbalance.migration;

import java.time.Clock;
import java.util.Objects;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.Deed;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Close a lost migration on a person's word where its VM runs, so that the VM may move again.
 * Nothing is changed on a host.
 */
@Component
public class ClosingByHand {
  private static final int LONGEST_REASON = 500;

  private final Migrations migrations;
  private final MigrationLog log;
  private final Hosts hosts;
  private final Vms vms;
  private final Connections connections;
  private final Placements placements;
  private final FleetEvents fleetEvents;
  private final ApplicationEventPublisher events;
  private final TransactionTemplate transaction;
  private final Clock clock;

  ClosingByHand(
      Migrations migrations,
      MigrationLog log,
      Hosts hosts,
      Vms vms,
      Connections connections,
      Placements placements,
      FleetEvents fleetEvents,
      ApplicationEventPublisher events,
      PlatformTransactionManager transactions,
      Clock clock) {
    this.migrations = migrations;
    this.log = log;
    this.hosts = hosts;
    this.vms = vms;
    this.connections = connections;
    this.placements = placements;
    this.fleetEvents = fleetEvents;
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
    this.clock = clock;
  }

  /**
   * Ask both hosts once more, and close the migration unless they contradict the statement.
   *
   * @param runsOn "source", "destination", "neither", or the name of one of its hosts
   * @param why how whoever states it knows
   * @throws Problem NOT_FOUND; BAD_REQUEST if the statement is not one; CONFLICT if the migration
   *     is not lost; REFUSED if a host says otherwise
   */
  public void close(long id, @Nullable String runsOn, @Nullable String why, Operator by) {
    var migration = requireLost(migrations.findById(id).orElseThrow(() -> missing(id)));
    var vm = vms.findById(migration.vm().value()).orElseThrow(() -> missing(id));
    var source = hosts.findById(migration.source().value()).orElseThrow(() -> missing(id));
    var target = hosts.findById(migration.target().value()).orElseThrow(() -> missing(id));
    var stated = StatedPlace.parse(runsOn, source.name(), target.name());
    var reason = reason(why);
    refuseContradiction(stated, vm, source, target);
    transaction.executeWithoutResult(
        status -> close(id, stated, reason, by, words(stated, vm, source, target, by, reason)));
    events.publishEvent(new MigrationChanged(id));
  }

  private void refuseContradiction(StatedPlace stated, Vm vm, Host source, Host target) {
    var answers =
        new HostPair(connections, vm.uuid(), vm.name(), source, target)
            .readTwice()
            .same()
            .orElseThrow(
                () ->
                    new Problem(
                        ErrorCode.CONFLICT,
                        "What the hosts say of " + vm.name() + " still changes.",
                        "Maybe try again in a moment."));
    stated
        .contradiction(
            source.name(), answers.source().side(), target.name(), answers.target().side())
        .ifPresent(
            contradiction -> {
              throw new Problem(
                  ErrorCode.REFUSED,
                  "The statement is that "
                      + vm.name()
                      + " runs on "
                      + place(stated, source, target)
                      + ", but "
                      + contradiction
                      + ".",
                  "Maybe look at both hosts again; once they agree, the migration ends by itself.");
            });
  }

  private void close(long id, StatedPlace stated, String reason, Operator by, String sentence) {
    var migration = requireLost(migrations.lock(id).orElseThrow(() -> missing(id)));
    migration.close(stated, by, reason, sentence, clock.instant());
    events.publishEvent(
        new Deed(
            by,
            Act.MIGRATION_CLOSED,
            Thing.migration(id),
            Facts.NONE,
            Facts.of("states that it runs on", stated).and("because", reason)));
    log.add(id, migration.phase(), sentence);
    HostId nowAt = stated == StatedPlace.DESTINATION ? migration.target() : migration.source();
    if (stated == StatedPlace.NEITHER) {
      placements.abandonMove(migration.vm());
    } else {
      placements.endMove(migration.vm(), nowAt);
    }
    fleetEvents.record(
        Severity.WARN, "migration-closed", migration.pool(), nowAt, migration.vm(), sentence);
    events.publishEvent(MigrationFinished.of(migration));
  }

  private static String words(
      StatedPlace stated, Vm vm, Host source, Host target, Operator by, String reason) {
    return "Closed by "
        + by.name()
        + ", who states that "
        + vm.name()
        + " runs on "
        + place(stated, source, target)
        + ": "
        + reason
        + (reason.endsWith(".") ? "" : ".");
  }

  private static String place(StatedPlace stated, Host source, Host target) {
    return switch (stated) {
      case SOURCE -> source.name();
      case DESTINATION -> target.name();
      case NEITHER -> "neither host";
    };
  }

  private static String reason(@Nullable String why) {
    var reason = Objects.requireNonNullElse(why, "").strip();
    if (reason.isEmpty() || reason.length() > LONGEST_REASON) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          reason.isEmpty()
              ? "Why this is so was not stated."
              : "The reason is longer than " + LONGEST_REASON + " characters.",
          "Maybe say in a sentence how you know where it runs.");
    }
    return reason;
  }

  private static Migration requireLost(Migration migration) {
    if (migration.state() != MigrationState.LOST) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Migration " + migration.id() + " is not lost, so it cannot be closed by hand.",
          "Maybe reload its page to see how it stands.");
    }
    return migration;
  }

  private static Problem missing(long id) {
    return new Problem(ErrorCode.NOT_FOUND, "There is no migration " + id + ".", null);
  }
}
