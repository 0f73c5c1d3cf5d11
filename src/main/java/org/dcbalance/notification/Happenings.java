package org.dcbalance.notification;

import java.util.List;
import java.util.stream.Collectors;
import org.dcbalance.access.SignInHeldOff;
import org.dcbalance.inventory.FleetEventRecorded;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.migration.MigrationFinished;
import org.dcbalance.recommendation.MoveMeasured;
import org.dcbalance.recommendation.MovesProposed;
import org.dcbalance.recommendation.Names;
import org.dcbalance.recommendation.Recommendation;
import org.dcbalance.recommendation.RecommendationExpired;
import org.dcbalance.recommendation.Recommendations;
import org.dcbalance.recommendation.RoundFinished;
import org.dcbalance.recommendation.Rounds;
import org.dcbalance.strategy.ProposedMove;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Hear what happens, in the transaction in which it does, and put it into the outbox. */
@Component
class Happenings {
  private static final Logger log = LoggerFactory.getLogger(Happenings.class);
  private static final int MOST_NAMED = 5;

  private final Outbox outbox;
  private final Rounds rounds;
  private final Recommendations recommendations;
  private final Names names;

  Happenings(Outbox outbox, Rounds rounds, Recommendations recommendations, Names names) {
    this.outbox = outbox;
    this.rounds = rounds;
    this.recommendations = recommendations;
    this.names = names;
  }

  @EventListener
  void on(FleetEventRecorded event) {
    var happening = happening(event);
    if (happening != null) {
      outbox.add(happening);
    }
  }

  private static @Nullable Happening happening(FleetEventRecorded event) {
    var host = event.host() == null ? "/hosts" : "/hosts/" + event.host();
    return switch (event.kind()) {
      case "host-down" -> of(EventKind.HOST_UNREACHABLE, Severity.CRITICAL, event, host);
      case "host-up" -> of(EventKind.HOST_BACK, Severity.INFO, event, host);
      case "migration-lost" ->
          of(EventKind.MIGRATION_LOST, Severity.CRITICAL, event, "/migrations");
      case "migration-stuck" ->
          of(EventKind.MIGRATION_STUCK, Severity.CRITICAL, event, "/migrations");
      case "vm-split" ->
          of(
              EventKind.MIGRATION_LOST,
              // a definition that is left over runs nowhere
              event.severity() == FleetEvents.Severity.BAD ? Severity.CRITICAL : Severity.WARNING,
              event,
              "/vms/" + event.vm());
      case "evacuation-done", "evacuation-cancelled" ->
          of(EventKind.EVACUATION_ENDED, Severity.INFO, event, host);
      case "checkpoint-failed", "checkpoint-damaged", "checkpoint-unread", "restore-failed" ->
          of(EventKind.CHECKPOINT_FAILED, Severity.WARNING, event, "/checkpoints");
      case "automation-fell-back" ->
          of(EventKind.AUTOMATION_FELL_BACK, Severity.WARNING, event, "/pools/" + event.pool());
      case "installation-doubted" -> of(EventKind.OBSERVE_ONLY, Severity.CRITICAL, event, "/");
      case "installation-confirmed" -> of(EventKind.OBSERVE_ONLY, Severity.INFO, event, "/");
      default -> null;
    };
  }

  private static Happening of(
      EventKind kind, Severity severity, FleetEventRecorded event, String path) {
    return new Happening(kind, severity, event.pool(), event.sentence(), path);
  }

  @EventListener
  void on(MigrationFinished finished) {
    if (finished.failed()) {
      outbox.add(
          new Happening(
              EventKind.MIGRATION_FAILED,
              Severity.WARNING,
              finished.pool(),
              finished.sentence(),
              "/migrations/" + finished.migrationId()));
    }
  }

  @EventListener
  void on(MoveMeasured measured) {
    var recommendation = recommendations.findById(measured.recommendation()).orElseThrow();
    if (Boolean.FALSE.equals(recommendation.helped())) {
      outbox.add(
          new Happening(
              EventKind.MIGRATION_UNHELPFUL,
              Severity.WARNING,
              measured.pool(),
              "%s was moved, and less than half of what that promised came true: the imbalance is %.2f, %.2f was expected."
                  .formatted(
                      names.of(List.of(recommendation)).vm(recommendation.vmId()),
                      recommendation.imbalanceMeasured(),
                      recommendation.imbalanceAfter()),
              "/recommendations/" + recommendation.id()));
    }
  }

  /** A pool that could decide before and cannot any more; one that begins to collect is no news. */
  @EventListener
  void on(RoundFinished finished) {
    var latest = rounds.list(finished.pool(), finished.round() + 1, 2);
    if (latest.size() == 2
        && latest.getFirst().outcome().equals("NOT_ENOUGH_DATA")
        && !latest.getLast().outcome().equals("NOT_ENOUGH_DATA")) {
      outbox.add(
          new Happening(
              EventKind.ROUND_NOT_DECIDED,
              Severity.WARNING,
              finished.pool(),
              latest.getFirst().sentence(),
              "/rounds/" + finished.round()));
    }
  }

  @EventListener
  void on(MovesProposed proposed) {
    var moves = proposed.moves();
    boolean urgent = moves.stream().anyMatch(m -> m.priority() == ProposedMove.Priority.HIGH);
    outbox.add(
        new Happening(
            EventKind.MOVES_RECOMMENDED,
            urgent ? Severity.WARNING : Severity.INFO,
            proposed.pool(),
            "%s recommended: %s.".formatted(count(moves), named(moves)),
            moves.size() == 1 ? "/recommendations/" + moves.getFirst().id() : "/recommendations"));
  }

  @EventListener
  void on(RecommendationExpired expired) {
    outbox.add(
        new Happening(
            EventKind.RECOMMENDATION_EXPIRED,
            Severity.INFO,
            expired.move().poolId(),
            "Nobody decided in time: %s.".formatted(named(List.of(expired.move()))),
            "/recommendations/" + expired.move().id()));
  }

  /** Outside of a transaction, while somebody waits for an answer that must not fail by it. */
  @EventListener
  void on(SignInHeldOff held) {
    try {
      outbox.add(
          new Happening(
              EventKind.SIGN_IN_HELD_OFF,
              Severity.WARNING,
              null,
              "Sign-ins of %s from %s are held off after too many failures. Others are not told for the next %d minutes; the audit log has them."
                  .formatted(
                      held.user(), held.address(), EventKind.SIGN_IN_HELD_OFF.rest().toMinutes()),
              "/audit?act=SIGN_IN_HELD_OFF"));
    } catch (DataAccessException e) {
      log.warn("Nobody is told of sign-ins that are held off: {}", e.getMessage());
    }
  }

  private static String count(List<Recommendation> moves) {
    return moves.size() == 1 ? "A move is" : moves.size() + " moves are";
  }

  private String named(List<Recommendation> moves) {
    var known = names.of(moves);
    return moves.stream()
            .limit(MOST_NAMED)
            .map(
                m ->
                    "%s from %s to %s"
                        .formatted(
                            known.vm(m.vmId()), known.host(m.sourceId()), known.host(m.targetId())))
            .collect(Collectors.joining(", "))
        + (moves.size() > MOST_NAMED ? " and " + (moves.size() - MOST_NAMED) + " more" : "");
  }
}
