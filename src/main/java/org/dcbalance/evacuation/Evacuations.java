package org.dcbalance.evacuation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Thing;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostRegistration;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.migration.Aborts;
import org.dcbalance.migration.MovesByHand;
import org.dcbalance.recommendation.EvacuationPlans;
import org.dcbalance.strategy.Evacuation;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Empty hosts. An evacuation is a row; whoever holds the lease looks at it every few seconds, plans
 * anew from what is still there, and queues a few moves at a time, so that each target is chosen by
 * the load of the moment. What fails is tried again after a while, a few times.
 */
@Component
public class Evacuations {
  /** Moves of one evacuation that are queued or under way at a time. */
  private static final int AHEAD = 4;

  private static final int MOST_TRIES = 3;
  private static final Duration FIRST_BREAK = Duration.ofSeconds(30);
  private static final Logger log = LoggerFactory.getLogger(Evacuations.class);

  private final EvacuationRows rows;
  private final EvacuationPlans plans;
  private final MovesByHand moves;
  private final Aborts aborts;
  private final Hosts hosts;
  private final Vms vms;
  private final HostRegistration registration;
  private final Installation installation;
  private final Leadership leadership;
  private final FleetEvents events;
  private final AuditLog audit;
  private final TransactionTemplate transaction;
  private final Clock clock;

  Evacuations(
      EvacuationRows rows,
      EvacuationPlans plans,
      MovesByHand moves,
      Aborts aborts,
      Hosts hosts,
      Vms vms,
      HostRegistration registration,
      Installation installation,
      Leadership leadership,
      FleetEvents events,
      AuditLog audit,
      TransactionTemplate transaction,
      Clock clock) {
    this.rows = rows;
    this.plans = plans;
    this.moves = moves;
    this.aborts = aborts;
    this.hosts = hosts;
    this.vms = vms;
    this.registration = registration;
    this.installation = installation;
    this.leadership = leadership;
    this.events = events;
    this.audit = audit;
    this.transaction = transaction;
    this.clock = clock;
  }

  /**
   * One guest that would leave, to where, and what that is expected to cost.
   *
   * @param ends whether its copy is expected to end by itself; if not, the cost is no expectation
   */
  public record Leaving(
      VmId vmId,
      String vm,
      HostId targetHostId,
      String target,
      Memory bytes,
      Duration expected,
      Duration downtime,
      boolean ends) {}

  /** One guest that cannot leave, and why. */
  public record Staying(VmId vmId, String vm, String why) {}

  /**
   * Foresee what emptying a host takes.
   *
   * @param leaving in the order in which they would be queued
   * @param expected for all whose cost is known, one after the other: they share the host's link
   * @param downtime the longest of any of them
   * @param unknown how many have no known cost, since their copies may not end by themselves
   */
  public record Preview(
      List<Leaving> leaving,
      List<Staying> staying,
      Memory bytes,
      Duration expected,
      Duration downtime,
      int unknown) {}

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
   * @param remaining expected for those that can leave; null once it has ended
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
      List<Staying> staying) {}

  /**
   * Foresee what emptying a host takes; nothing is changed.
   *
   * @throws Problem NOT_FOUND
   */
  public Preview preview(HostId host) {
    return preview(plans.plan(host));
  }

  private Preview preview(Evacuation plan) {
    var names = hosts.findAllByOrderByName().stream().collect(Collectors.toMap(Host::id, h -> h));
    var leaving =
        ordered(plan).stream()
            .map(
                m ->
                    new Leaving(
                        m.vm().id(),
                        m.vm().name(),
                        m.target(),
                        Objects.requireNonNull(names.get(m.target())).name(),
                        m.cost().transferred(),
                        m.cost().total(),
                        m.cost().downtime(),
                        m.cost().converges()))
            .toList();
    var known = leaving.stream().filter(Leaving::ends).toList();
    return new Preview(
        leaving,
        plan.staying().stream()
            .map(s -> new Staying(s.vm(), s.vmName(), ReasonText.of(s.reason())))
            .toList(),
        known.stream().map(Leaving::bytes).reduce(Memory.ZERO, Memory::plus),
        known.stream().map(Leaving::expected).reduce(Duration.ZERO, Duration::plus),
        known.stream().map(Leaving::downtime).max(Duration::compareTo).orElse(Duration.ZERO),
        leaving.size() - known.size());
  }

  /** What takes longest goes first: the others then share its time. */
  private static List<Evacuation.Move> ordered(Evacuation plan) {
    return plan.moves().stream()
        .sorted(
            Comparator.comparing((Evacuation.Move m) -> m.cost().total())
                .reversed()
                .thenComparing(m -> m.vm().name()))
        .toList();
  }

  /**
   * Put a host into maintenance and begin to empty it.
   *
   * @return its id; that of the one under way if there is one
   * @throws Problem NOT_FOUND, or CONFLICT where the database is doubted
   */
  public long start(HostId id, Operator by) {
    installation.requireConfirmed();
    var host = host(id);
    var open = rows.open(id);
    if (open.isPresent()) {
      return open.get().id();
    }
    if (!host.maintenance()) {
      registration.maintain(id, true, by);
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
    var host = host(id);
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

  /** Tell how the newest evacuation of a host stands; empty if there never was one. */
  public Optional<Progress> newest(HostId id) {
    return rows.newest(id).map(row -> progress(id, row));
  }

  private Progress progress(HostId id, EvacuationRows.Row row) {
    int left = guests(id).size();
    var remaining =
        row.state() == State.OPEN
            ? preview(id).expected().plus(rows.expectedOfOpen(row.id()))
            : null;
    var tries = rows.tries(row.id());
    return new Progress(
        row.id(),
        row.state(),
        row.guests(),
        (int) tries.stream().filter(t -> t.state().equals("COMPLETED")).count(),
        row.state() == State.OPEN ? left : 0,
        (int) tries.stream().filter(EvacuationRows.Try::open).count(),
        row.startedBy(),
        row.startedAt(),
        row.endedBy(),
        row.endedAt(),
        remaining,
        row.staying());
  }

  @Scheduled(fixedDelay = 3000)
  void look() {
    var epoch = leadership.epoch();
    if (epoch.isEmpty() || installation.doubt().isPresent()) {
      return;
    }
    try {
      for (var row : rows.open()) {
        try {
          goOn(row, epoch);
        } catch (Problem e) {
          // one that cannot go on keeps no other from it
          log.warn("Evacuation {} waits: {}", row.id(), e.sentence());
        }
      }
    } catch (DataAccessException | TransactionException | LeadershipLost e) {
      log.warn("Evacuations wait: {}", e.getMessage());
    }
  }

  private void goOn(EvacuationRows.Row row, OptionalLong epoch) {
    var host = host(row.host());
    if (host.state() != Host.State.UP) {
      // what it has is not known
      return;
    }
    if (!host.maintenance()) {
      // somebody wants guests on it again
      cancel(row.host(), Operator.DCBALANCE);
      return;
    }
    if (guests(row.host()).isEmpty()) {
      finish(row, host, epoch);
      return;
    }
    var tries =
        rows.tries(row.id()).stream().collect(Collectors.groupingBy(EvacuationRows.Try::vm));
    var plan = plans.plan(row.host());
    var staying = new ArrayList<>(preview(plan).staying());
    int underWay = rows.underWay(row.host());
    for (var move : ordered(plan)) {
      var earlier = tries.getOrDefault(move.vm().id(), List.of());
      var why = givenUp(earlier);
      if (why != null) {
        staying.add(new Staying(move.vm().id(), move.vm().name(), why));
      } else if (underWay < AHEAD && !rests(earlier) && move.vm().movingTo() == null) {
        try {
          queue(row, move, host, epoch);
          underWay++;
        } catch (Problem e) {
          if (e.code() != ErrorCode.CONFLICT) {
            staying.add(new Staying(move.vm().id(), move.vm().name(), e.sentence()));
          }
        }
      }
    }
    rows.staying(row.id(), without(staying, tries));
  }

  /** Queue a move, unless the lease was lost or the evacuation stopped meanwhile. */
  private void queue(EvacuationRows.Row row, Evacuation.Move move, Host host, OptionalLong epoch) {
    transaction.executeWithoutResult(
        status -> {
          leadership.confirm(epoch.getAsLong());
          if (rows.lockOpen(row.id())) {
            var cost = move.cost();
            rows.link(
                row.id(),
                moves.request(
                    move.vm().id(),
                    move.target(),
                    null,
                    new Operator(row.startedBy()),
                    host.name() + " is being emptied.",
                    cost.converges() ? cost.total() : null));
          }
        });
  }

  /** What is under way is neither left nor stays. */
  private static List<Staying> without(
      List<Staying> staying, Map<VmId, List<EvacuationRows.Try>> tries) {
    return staying.stream()
        .filter(
            s ->
                tries.getOrDefault(s.vmId(), List.of()).stream()
                    .noneMatch(EvacuationRows.Try::open))
        .toList();
  }

  private void finish(EvacuationRows.Row row, Host host, OptionalLong epoch) {
    transaction.executeWithoutResult(
        status -> {
          leadership.confirm(epoch.getAsLong());
          rows.staying(row.id(), List.of());
          rows.end(row.id(), State.DONE, Operator.DCBALANCE, clock.instant());
          events.record(
              Severity.INFO,
              "evacuation-done",
              host.poolId(),
              host.id(),
              null,
              host.name() + " is empty, and stays in maintenance.");
        });
  }

  private static @Nullable String givenUp(List<EvacuationRows.Try> earlier) {
    var last = last(earlier);
    if (last == null) {
      return null;
    }
    if (last.state().equals("ABORTED")) {
      return "Its move was aborted, so it is not tried again.";
    }
    return earlier.stream().filter(t -> !t.open()).count() >= MOST_TRIES
        ? "It was tried %d times. %s".formatted(MOST_TRIES, last.sentence())
        : null;
  }

  /** Wait longer after each failure. */
  private boolean rests(List<EvacuationRows.Try> earlier) {
    var last = last(earlier);
    if (last == null || last.open()) {
      return last != null;
    }
    var finished = Objects.requireNonNullElse(last.finishedAt(), clock.instant());
    return finished
        .plus(FIRST_BREAK.multipliedBy(1L << earlier.size() - 1))
        .isAfter(clock.instant());
  }

  private static EvacuationRows.@Nullable Try last(List<EvacuationRows.Try> earlier) {
    return earlier.isEmpty() ? null : earlier.getLast();
  }

  private List<Vm> guests(HostId id) {
    return vms.findByHostIdInAndGoneSinceIsNullOrderByName(List.of(id.value())).stream()
        .filter(vm -> vm.running() || vm.movingTo() != null)
        .toList();
  }

  private Host host(HostId id) {
    return hosts
        .findById(id.value())
        .orElseThrow(() -> new Problem(ErrorCode.NOT_FOUND, "There is no host " + id + ".", null));
  }
}
