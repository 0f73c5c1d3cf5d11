package org.dcbalance.recommendation;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Imbalance;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.PassedOver;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.strategy.SpareRoom;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;

/** Say what a decision came to, as rounds are recorded and shown. */
final class RoundDescription {
  private static final int MOST_PASSED_OVER = 200;

  private final RoundInput input;
  private final About about;

  private RoundDescription(RoundInput input, About about) {
    this.input = input;
    this.about = about;
  }

  /**
   * What a round tells besides its decision.
   *
   * @param strategy its name
   * @param took with gathering what it was decided on
   * @param decidedIn without that
   * @param by who asked for it
   */
  record About(PoolId pool, String strategy, Duration took, Duration decidedIn, Operator by) {}

  /** Describe a decision; the round has no id and no number yet. */
  static Round of(RoundInput input, Decision decision, About about) {
    var told = new RoundDescription(input, about);
    return told.of(decision);
  }

  private Round of(Decision decision) {
    var limits = input.limits();
    int outBefore = input.pool().roundsOutOfBounds();
    double threshold = limits.imbalanceThreshold();
    return switch (decision) {
      case Decision.Balanced _ when !anyOpen() ->
          undecided(0, "Nothing is decided: no host of it both answers and is out of maintenance.");
      case Decision.Balanced(var imbalance, var passedOver) -> {
        boolean out = imbalance.outOfBounds(limits);
        yield round(
            "BALANCED",
            imbalance,
            null,
            passedOver,
            out ? outBefore + 1 : 0,
            !out
                ? "Balanced (%.2f, threshold %.2f). Nothing to do."
                    .formatted(imbalance.value(), threshold)
                : input.balancing() == HostPool.Balancing.NONE
                    ? state(imbalance, limits) + "; no strategy decides for this pool."
                    : state(imbalance, limits) + ", but no move would gain enough.",
            null);
      }
      case Decision.Holding(var imbalance, var seen, var needed) ->
          round(
              "HOLDING",
              imbalance,
              null,
              List.of(),
              seen,
              "%s for %d of %d rounds; watching before acting."
                  .formatted(state(imbalance, limits), seen, needed),
              null);
      case Decision.NotEnoughData(var thin) -> undecided(outBefore, collecting(thin));
      case Decision.Proposal(var moves, var before, var after, var passedOver, var origin, _) ->
          round(
              "PROPOSAL",
              before,
              after,
              passedOver,
              outBefore + 1,
              "%s: %d %s would bring it to %.2f."
                  .formatted(
                      state(before, limits),
                      moves.size(),
                      moves.size() == 1 ? "move" : "moves",
                      after.value()),
              origin.sentence());
    };
  }

  private Round undecided(int outOfBounds, String sentence) {
    return round("NOT_ENOUGH_DATA", null, null, List.of(), outOfBounds, sentence, null);
  }

  private Round round(
      String outcome,
      @Nullable Imbalance imbalance,
      @Nullable Imbalance after,
      List<PassedOver> passedOver,
      int outOfBounds,
      String sentence,
      @Nullable String cameFrom) {
    return new Round(
        0,
        about.pool().value(),
        0,
        input.pool().at(),
        about.took(),
        about.strategy(),
        outcome,
        imbalance == null ? null : imbalance.value(),
        after == null ? null : after.value(),
        input.limits().imbalanceThreshold(),
        input.window(),
        sentence + spareRoom(),
        imbalance == null
            ? List.of()
            : imbalance.terms().stream()
                .map(t -> new Round.ScoreTerm(t.name(), t.value(), t.weight()))
                .toList(),
        passedOver.stream()
            .limit(MOST_PASSED_OVER)
            .map(p -> new Round.Considered(p.vm().value(), p.vmName(), ReasonText.of(p.reason())))
            .toList(),
        outOfBounds,
        about.by().name(),
        cameFrom,
        about.decidedIn());
  }

  private static String state(Imbalance imbalance, Limits limits) {
    var wishes =
        imbalance.terms().stream()
            .filter(term -> term.part() == Imbalance.Part.WISH && term.value() > 0)
            .map(Imbalance.Term::name)
            .toList();
    if (!imbalance.uneven(limits) && !wishes.isEmpty()) {
      return "Load is even enough, but what is asked for is not met (%s)"
          .formatted(String.join(", ", wishes));
    }
    double threshold = limits.imbalanceThreshold();
    return imbalance.value() > threshold
        ? "Out of balance (%.2f, threshold %.2f)".formatted(imbalance.value(), threshold)
        : "A host is overloaded (imbalance %.2f, threshold %.2f)"
            .formatted(imbalance.value(), threshold);
  }

  private String collecting(List<Decision.ThinHost> thin) {
    var thinnest =
        thin.stream().min(Comparator.comparingDouble(Decision.ThinHost::coverage)).orElseThrow();
    return "Collecting: %s has %.0f %% of the last %s recorded, %.0f %% are needed%s."
        .formatted(
            thinnest.host().name(),
            thinnest.coverage() * 100,
            words(input.window()),
            input.limits().minimumCoverage() * 100,
            thin.size() > 1 ? " (and " + (thin.size() - 1) + " more like it)" : "");
  }

  private static String words(Duration window) {
    return window.toSeconds() % 60 == 0 ? window.toMinutes() + " min" : window.toSeconds() + " s";
  }

  private boolean anyOpen() {
    return input.pool().hosts().stream().anyMatch(host -> host.closed() == null);
  }

  /** What would find no room if a host failed, where room for that is to be kept. */
  private String spareRoom() {
    var limits = input.limits();
    var loss = limits.room().hostLoss() ? SpareRoom.worst(input.pool(), limits) : null;
    return loss == null ? "" : " " + loss.sentence();
  }
}
