package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.console.Format;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.notification.Undelivered;
import org.dcbalance.pages.Anomaly.Kind;
import org.springframework.stereotype.Component;

/** Find what is wrong with DCbalance itself: its rounds, its messages and what it keeps. */
@Component
class ServiceAnomalies implements AnomalySource {
  private static final Duration DAY = Duration.ofDays(1);

  private final Leadership leadership;
  private final FleetEvents events;
  private final Undelivered undelivered;
  private final TroubledThings things;
  private final Format format;
  private final Clock clock;

  ServiceAnomalies(
      Leadership leadership,
      FleetEvents events,
      Undelivered undelivered,
      TroubledThings things,
      Format format,
      Clock clock) {
    this.leadership = leadership;
    this.events = events;
    this.undelivered = undelivered;
    this.things = things;
    this.format = format;
    this.clock = clock;
  }

  @Override
  public List<Anomaly> look(Fleet fleet) {
    var found = new ArrayList<Anomaly>();
    if (fleet.shell().doubt() != null) {
      found.add(
          new Anomaly(
              Kind.OBSERVING,
              "database",
              "Nothing is moved until an administrator confirms the database.",
              null,
              null));
    }
    if (leadership.holder().isEmpty()) {
      found.add(
          new Anomaly(
              Kind.NO_LEADER,
              "lease",
              "No console holds the lease: nothing is collected, decided or moved.",
              null,
              "/about"));
    }
    for (var board : fleet.boards()) {
      round(board, found);
      automation(board, found);
    }
    for (var checkpoint : things.checkpoints(fleet.shell().poolId())) {
      found.add(
          new Anomaly(
              Kind.DAMAGED,
              checkpoint.vm(),
              "Checkpoint %d of %s is damaged: %s"
                  .formatted(checkpoint.id(), checkpoint.vm(), checkpoint.sentence()),
              checkpoint.capturedAt(),
              "/checkpoints/" + checkpoint.id()));
    }
    messages(fleet.shell().administrator(), found);
    return found;
  }

  /** One round may take its time; when the third is due, the first is late. */
  private void round(Board board, List<Anomaly> found) {
    var round = board.round();
    var next = round == null ? null : round.next();
    if (round == null || next == null) {
      return;
    }
    var every = Duration.between(round.at(), next);
    if (next.plus(every.multipliedBy(2)).isBefore(clock.instant())) {
      found.add(
          new Anomaly(
              Kind.ROUND_LATE,
              board.pool(),
              "The newest round of %s, round %d, was %s ago; one is due every %s."
                  .formatted(
                      board.pool(), round.number(), format.age(round.at()), format.period(every)),
              next,
              "/rounds"));
    }
  }

  private void automation(Board board, List<Anomaly> found) {
    if (board.automation() != HostPool.Automation.AUTOMATIC) {
      events
          .since(board.poolId(), List.of("automation-fell-back"), clock.instant().minus(DAY))
          .stream()
          .findFirst()
          .ifPresent(
              event ->
                  found.add(
                      new Anomaly(
                          Kind.FELL_BACK,
                          board.pool(),
                          event.sentence(),
                          event.at(),
                          "/settings/strategy?pool=" + board.poolId())));
    }
  }

  /** Who is told, and where, is for administrators alone. */
  private void messages(boolean administrator, List<Anomaly> found) {
    for (var each : undelivered.since(clock.instant().minus(DAY))) {
      var what =
          each.givenUp() == 0
              ? format.plural(each.waiting(), "message waits", "messages wait")
                  + " for another attempt"
              : format.plural(each.givenUp(), "message was", "messages were")
                  + " given up in 24 h"
                  + (each.waiting() == 0 ? "" : ", " + each.waiting() + " wait");
      found.add(
          new Anomaly(
              Kind.UNDELIVERED,
              administrator ? each.destination() : "a destination",
              "%s: %s.".formatted(administrator ? each.destination() : "Notifications", what),
              each.newest(),
              administrator ? "/settings/notifications" : null));
    }
  }
}
