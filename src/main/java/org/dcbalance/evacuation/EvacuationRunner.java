package org.dcbalance.evacuation;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.dcbalance.evacuation.Preview.Staying;
import org.dcbalance.installation.WorkUnderLease;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.migration.MovesByHand;
import org.dcbalance.migration.TargetRefused;
import org.dcbalance.recommendation.EvacuationPlans;
import org.dcbalance.strategy.Evacuation;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Empty hosts. Whoever holds the lease looks at the open evacuations every few seconds, plans anew
 * from what is still there, and queues a few moves at a time, so that each target is chosen by the
 * load of the moment. What fails is tried again after a while, a few times.
 */
@Component
class EvacuationRunner {
  /** Moves of one evacuation that are queued or under way at a time. */
  private static final int AHEAD = 4;

  private static final Logger log = LoggerFactory.getLogger(EvacuationRunner.class);

  private final Evacuations evacuations;
  private final EvacuationRows rows;
  private final EvacuationPlans plans;
  private final MovesByHand moves;
  private final Hosts hosts;
  private final WorkUnderLease lease;
  private final Leadership leadership;
  private final FleetEvents events;
  private final TransactionTemplate transaction;
  private final Clock clock;

  EvacuationRunner(
      Evacuations evacuations,
      EvacuationRows rows,
      EvacuationPlans plans,
      MovesByHand moves,
      Hosts hosts,
      WorkUnderLease lease,
      Leadership leadership,
      FleetEvents events,
      TransactionTemplate transaction,
      Clock clock) {
    this.evacuations = evacuations;
    this.rows = rows;
    this.plans = plans;
    this.moves = moves;
    this.hosts = hosts;
    this.lease = lease;
    this.leadership = leadership;
    this.events = events;
    this.transaction = transaction;
    this.clock = clock;
  }

  @Scheduled(fixedDelay = 3000)
  void look() {
    lease.look("Evacuations wait", this::lookAtAll);
  }

  private void lookAtAll(long epoch) {
    each(rows.open(), row -> goOn(row, epoch));
  }

  /** Work on each: one that cannot go on keeps no other from it, unless none can. */
  static void each(List<EvacuationRows.Row> open, Consumer<EvacuationRows.Row> work) {
    for (var row : open) {
      try {
        work.accept(row);
      } catch (Problem e) {
        log.warn("Evacuation {} waits: {}", row.id(), e.sentence());
      } catch (DataAccessResourceFailureException | TransactionException | LeadershipLost e) {
        throw e;
      } catch (RuntimeException e) {
        log.error("Evacuation {} could not go on", row.id(), e);
      }
    }
  }

  private void goOn(EvacuationRows.Row row, long epoch) {
    var host = hosts.findById(row.host().value()).orElseThrow();
    if (!host.maintenance()) {
      // somebody wants guests on it again
      evacuations.cancel(row.host(), Operator.DCBALANCE);
      return;
    }
    if (host.state() != Host.State.UP) {
      // what it has is not known
      return;
    }
    // asked first: one that arrives in between is among its guests
    boolean arriving = rows.arriving(row.host());
    if (evacuations.guests(row.host()).isEmpty()) {
      if (!arriving) {
        finish(row, host, epoch);
      }
      return;
    }
    var tries = Tries.byGuest(rows.tries(row.id()));
    var plan = plans.plan(row.host());
    var staying = new ArrayList<>(Preview.staying(plan));
    staying.addAll(evacuations.stopped(row.host()));
    int underWay = rows.underWay(row);
    for (var move : Preview.ordered(plan)) {
      var earlier = tries.getOrDefault(move.vm().id(), Tries.NONE);
      var why = earlier.givenUp();
      if (why != null) {
        staying.add(new Staying(move.vm().id(), move.vm().name(), why));
      } else if (underWay < AHEAD
          && !earlier.rests(clock.instant())
          && move.vm().movingTo() == null) {
        try {
          queue(row, move, host, epoch);
          underWay++;
        } catch (Problem e) {
          if (e instanceof TargetRefused) {
            plans.refused(move.vm().id(), move.target());
          }
          if (e.code() != ErrorCode.CONFLICT) {
            staying.add(new Staying(move.vm().id(), move.vm().name(), e.sentence()));
          }
        }
      }
    }
    rows.staying(row.id(), without(staying, tries));
  }

  /** Queue a move, unless the lease was lost or the evacuation stopped meanwhile. */
  private void queue(EvacuationRows.Row row, Evacuation.Move move, Host host, long epoch) {
    transaction.executeWithoutResult(
        status -> {
          if (rows.lockOpen(row.id())) {
            var cost = move.cost();
            rows.link(
                row.id(),
                moves.request(
                    move.vm().id(),
                    move.target(),
                    new Operator(row.startedBy()),
                    host.name() + " is being emptied.",
                    cost.converges() ? cost.total() : null));
          }
          // hosts were asked before: the lease's row is not to be locked for so long
          leadership.confirm(epoch);
        });
  }

  /** What is under way is neither left nor stays. */
  private static List<Staying> without(List<Staying> staying, Map<VmId, Tries> tries) {
    return staying.stream().filter(s -> !tries.getOrDefault(s.vmId(), Tries.NONE).open()).toList();
  }

  private void finish(EvacuationRows.Row row, Host host, long epoch) {
    transaction.executeWithoutResult(
        status -> {
          leadership.confirm(epoch);
          rows.staying(row.id(), List.of());
          rows.end(row.id(), Evacuations.State.DONE, Operator.DCBALANCE, clock.instant());
          events.record(
              Severity.INFO,
              "evacuation-done",
              host.poolId(),
              host.id(),
              null,
              host.name() + " is empty, and stays in maintenance.");
        });
  }
}
