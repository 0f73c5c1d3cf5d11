package org.dcbalance.migration;

import java.time.Clock;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.Deed;
import org.dcbalance.audit.Thing;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Take down wishes to abort; the runner, on whichever console it is, passes them to the host. */
@Component
public class Aborts {
  /** Why a move that was switched to post-copy is not aborted. */
  public static final String IN_POST_COPY =
      "It is in post-copy: it runs on its target already, and the rest of its memory is still on its"
          + " source, so neither copy alone is whole.";

  private static final String LET_IT_END = "Maybe let it end and move the VM back.";

  private final Migrations migrations;
  private final MigrationLog log;
  private final Hosts hosts;
  private final ApplicationEventPublisher events;
  private final Clock clock;

  Aborts(
      Migrations migrations,
      MigrationLog log,
      Hosts hosts,
      ApplicationEventPublisher events,
      Clock clock) {
    this.migrations = migrations;
    this.log = log;
    this.hosts = hosts;
    this.events = events;
    this.clock = clock;
  }

  /**
   * Abort a migration. A queued one is cancelled at once; a running one as soon as its host does
   * so. Asking again changes nothing.
   *
   * @throws Problem NOT_FOUND; REFUSED with the reason if the copy has begun and its host cannot
   *     abort one, or it is in post-copy; CONFLICT if it has ended otherwise or is lost
   */
  @Transactional
  public void request(long id, Operator by) {
    var migration =
        migrations
            .lock(id)
            .orElseThrow(
                () -> new Problem(ErrorCode.NOT_FOUND, "There is no migration " + id + ".", null));
    switch (migration.state()) {
      case PENDING -> cancel(migration, by);
      case RUNNING -> abort(migration, by);
      case ABORTED -> {}
      case COMPLETED, FAILED, REFUSED, LOST ->
          throw new Problem(
              ErrorCode.CONFLICT,
              "Migration "
                  + id
                  + " cannot be aborted: "
                  + (migration.state() == MigrationState.LOST ? "it is lost." : "it has ended."),
              "Maybe read on its page how it stands.");
    }
  }

  private void cancel(Migration migration, Operator by) {
    migration.cancel(by, clock.instant());
    events.publishEvent(new Deed(by, Act.ABORT_ASKED, Thing.migration(migration.id())));
    log.add(migration.id(), migration.phase(), migration.sentence());
    events.publishEvent(MigrationFinished.of(migration));
    events.publishEvent(new MigrationChanged(migration.id()));
  }

  private void abort(Migration migration, Operator by) {
    if (migration.switchedAt() != null) {
      throw new Problem(
          ErrorCode.REFUSED,
          "Migration " + migration.id() + " cannot be aborted. " + IN_POST_COPY,
          LET_IT_END);
    }
    // a person's word stands above the policy's: what they end is not tried again
    if (migration.abortRequestedBy() != null && !migration.endsByPolicy()) {
      return;
    }
    var source = hosts.findById(migration.source().value());
    var cannot = source.map(h -> h.missing().get(Capability.ABORT)).orElse(null);
    if (cannot != null && migration.phase().ordered()) {
      throw new Problem(
          ErrorCode.REFUSED,
          source.orElseThrow().name() + " cannot abort a running migration: " + cannot,
          LET_IT_END);
    }
    migration.requestAbort(by);
    events.publishEvent(new Deed(by, Act.ABORT_ASKED, Thing.migration(migration.id())));
    log.add(migration.id(), migration.phase(), by.name() + " asks to abort.");
    events.publishEvent(new MigrationChanged(migration.id()));
  }
}
