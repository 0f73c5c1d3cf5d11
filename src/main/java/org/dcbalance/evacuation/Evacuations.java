package org.dcbalance.evacuation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Thing;
import org.dcbalance.evacuation.Preview.Staying;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostRegistration;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.migration.Aborts;
import org.dcbalance.migration.MigrationState;
import org.dcbalance.recommendation.EvacuationPlans;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Begin and stop to empty hosts, and tell how that goes; {@link EvacuationRunner} does it. */
@Component
public class Evacuations {
  private static final Logger log = LoggerFactory.getLogger(Evacuations.class);

  private final EvacuationRows rows;
  private final EvacuationPlans plans;
  private final Aborts aborts;
  private final Hosts hosts;
  private final Vms vms;
  private final HostRegistration registration;
  private final Installation installation;
  private final FleetEvents events;
  private final AuditLog audit;
  private final TransactionTemplate transaction;
  private final Clock clock;

  Evacuations(
      EvacuationRows rows,
      EvacuationPlans plans,
      Aborts aborts,
      Hosts hosts,
      Vms vms,
      HostRegistration registration,
      Installation installation,
      FleetEvents events,
      AuditLog audit,
      TransactionTemplate transaction,
      Clock clock) {
    this.rows = rows;
    this.plans = plans;
    this.aborts = aborts;
    this.hosts = hosts;
    this.vms = vms;
    this.registration = registration;
    this.installation = installation;
    this.events = events;
    this.audit = audit;
    this.transaction = transaction;
    this.clock = clock;
  }

  /** How an evacuation stands. */
  public enum State {
    OPEN,
    DONE,
    CANCELLED
  }

  /**
   * How far an evacuation is.
   *
   * @param guests how many the host had at the start
   * @param left how many it has now
   * @param underWay of those, how many are queued or moving
   * @param remaining expected for those that can leave, of which it is known; null where it is of
   *     none, and once it has ended
   * @param unknown how many of those that can leave may take any time
   */
  public record Progress(
      long id,
      State state,
      int guests,
      int moved,
      int left,
      int underWay,
      String startedBy,
      Instant startedAt,
      @Nullable String endedBy,
      @Nullable Instant endedAt,
      @Nullable Duration remaining,
      int unknown,
      List<Staying> staying) {}

  /**
   * How a host stands.
   *
   * @param progress of its newest evacuation; null if there never was one
   * @param preview what emptying it takes from here
   */
  public record Standing(@Nullable Progress progress, Preview preview) {}

  /**
   * Tell how the newest evacuation of a host stands, and foresee what emptying it takes from here;
   * nothing is changed.
   *
   * @throws Problem NOT_FOUND
   */
  public Standing standing(HostId id) {
    var preview = Preview.of(plans.plan(id), stopped(id), names());
    var row = rows.newest(id);
    return new Standing(row.map(r -> progress(id, r, preview)).orElse(null), preview);
  }

  private Map<HostId, String> names() {
    return hosts.findAllByOrderByName().stream().collect(Collectors.toMap(Host::id, Host::name));
  }

  /**
   * Put a host into maintenance and begin to empty it.
   *
   * @return its id; that of the one under way if there is one
   * @throws Problem NOT_FOUND, or CONFLICT where the database is doubted
   */
  public long start(HostId id, Operator by) {
    installation.requireConfirmed();
    var host = hosts.require(id);
    if (!host.maintenance()) {
      // one that is still open from before would be cancelled without it
      registration.maintain(id, true, by);
    }
    var open = rows.open(id);
    if (open.isPresent()) {
      return open.get().id();
    }
    int guests = guests(id).size();
    return Objects.requireNonNull(
        transaction.execute(
            status -> {
              long added = rows.add(id, guests, by, clock.instant());
              events.record(
                  Severity.INFO,
                  "evacuation-started",
                  host.poolId(),
                  id,
                  null,
                  "%s is being emptied, for %s: %d guests are to leave."
                      .formatted(host.name(), by.name(), guests));
              audit.note(by, Act.EVACUATION_STARTED, Thing.host(id, host.name()));
              return added;
            }));
  }

  /**
   * Stop queueing moves, and take back those that wait. What runs goes on to its end, and the host
   * stays in maintenance.
   *
   * @throws Problem NOT_FOUND, or CONFLICT if the host is not being emptied
   */
  public void cancel(HostId id, Operator by) {
    var host = hosts.require(id);
    var open =
        rows.open(id)
            .orElseThrow(
                () ->
                    new Problem(ErrorCode.CONFLICT, host.name() + " is not being emptied.", null));
    transaction.executeWithoutResult(
        status -> {
          rows.end(open.id(), State.CANCELLED, by, clock.instant());
          events.record(
              Severity.INFO,
              "evacuation-cancelled",
              host.poolId(),
              id,
              null,
              "%s is no longer being emptied, says %s.".formatted(host.name(), by.name()));
          audit.note(by, Act.EVACUATION_CANCELLED, Thing.host(id, host.name()));
        });
    for (var waiting : rows.pending(open.id())) {
      try {
        aborts.request(waiting, by);
      } catch (Problem e) {
        log.info("Migration {} was not taken back: {}", waiting, e.sentence());
      }
    }
  }

  private Progress progress(HostId id, EvacuationRows.Row row, Preview preview) {
    int left = guests(id).size();
    var tries = rows.tries(row.id());
    var rest =
        row.state() == State.OPEN
            ? Rest.of(preview.leaving(), Tries.byGuest(tries), rows.expectedOfOpen(row.id()))
            : Rest.NONE;
    return new Progress(
        row.id(),
        row.state(),
        row.guests(),
        (int) tries.stream().filter(t -> t.state() == MigrationState.COMPLETED).count(),
        row.state() == State.OPEN ? left : 0,
        (int) tries.stream().filter(EvacuationRows.Try::open).count(),
        row.startedBy(),
        row.startedAt(),
        row.endedBy(),
        row.endedAt(),
        rest.expected(),
        rest.unknown(),
        row.staying());
  }

  /**
   * Tell whether a move that failed was made for an evacuation that tries it again.
   *
   * @return a sentence that says so; empty if none does, or has done so
   */
  public Optional<String> triesAgain(long migration) {
    var row = rows.openOf(migration).orElse(null);
    var host = row == null ? null : hosts.findById(row.host().value()).orElse(null);
    if (row == null || host == null) {
      return Optional.empty();
    }
    var name = host.name();
    return Tries.byGuest(rows.tries(row.id())).values().stream()
        .filter(tries -> tries.goesOnAfter(migration))
        .findFirst()
        .map(
            tries ->
                "It is tried again, as attempt %d of %d, since %s is being emptied."
                    .formatted(tries.ended() + 1, Tries.MOST, name));
  }

  /** List what is to leave a host, or is leaving. */
  List<Vm> guests(HostId id) {
    return vms.findByHostIdInAndGoneSinceIsNullOrderByNameAscIdAsc(List.of(id.value())).stream()
        .filter(vm -> vm.running() || vm.movingTo() != null || stands(vm))
        .toList();
  }

  /** List those that have memory on a host although they do not run, so that none can be moved. */
  List<Staying> stopped(HostId id) {
    return guests(id).stream()
        .filter(vm -> stands(vm) && vm.movingTo() == null)
        .map(
            vm ->
                new Staying(
                    vm.id(),
                    vm.name(),
                    "It is %s, and only running guests are moved."
                        .formatted(vm.state().name().toLowerCase(Locale.ROOT).replace('_', ' '))))
        .toList();
  }

  private static boolean stands(Vm vm) {
    return switch (vm.state()) {
      case PAUSED, SUSPENDED, SHUTTING_DOWN, CRASHED -> true;
      case RUNNING, SHUT_OFF, UNKNOWN -> false;
    };
  }
}
