package org.dcbalance.recommendation;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.PoolLimits;
import org.dcbalance.inventory.PoolRoom;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Decide a round again, on exactly what it knew, by another strategy or within other limits.
 * Nothing is proposed or recorded by it.
 */
@Component
public class RoundReplays {
  /** Each move is a search of its own, and viewers may ask, too. */
  private static final int MOST_MOVES = 50;

  private final Rounds rounds;
  private final RoundInputs inputs;
  private final Strategies strategies;
  private final BalancingSettings settings;
  private final ReplayTurns turns;

  RoundReplays(
      Rounds rounds,
      RoundInputs inputs,
      Strategies strategies,
      BalancingSettings settings,
      ReplayTurns turns) {
    this.rounds = rounds;
    this.inputs = inputs;
    this.strategies = strategies;
    this.settings = settings;
    this.turns = turns;
  }

  /** What a round was decided by. */
  public record DecidedBy(HostPool.Balancing strategy, Limits limits) {}

  /**
   * Say what is to be otherwise; null keeps to what the round was decided by.
   *
   * @param cpuThreshold share of a host's CPU, 0 to 1, as the other shares are
   * @param maxTransferGib 0 for any amount
   */
  public record Changes(
      HostPool.@Nullable Balancing strategy,
      @Nullable Double cpuThreshold,
      @Nullable Double memoryThreshold,
      @Nullable Double imbalanceThreshold,
      @Nullable Double minimumGain,
      @Nullable Integer holdRounds,
      @Nullable Integer maxMoves,
      @Nullable Integer maxTransferGib) {}

  /**
   * Show what would have been decided.
   *
   * @param round as it would have been recorded, without an id of its own
   * @param alike whether strategy and limits are those of the round itself
   */
  public record Replayed(Round round, boolean alike, DecidedBy by, List<Move> moves) {}

  /** A move that would have been proposed. */
  public record Move(
      VmId vmId,
      String vm,
      HostId sourceId,
      String source,
      HostId targetId,
      String target,
      ProposedMove.Priority priority,
      String why,
      double gain) {
    static Move of(ProposedMove move) {
      return new Move(
          move.vm().id(),
          move.vm().name(),
          move.source(),
          move.effects().getFirst().hostName(),
          move.target(),
          move.effects().getLast().hostName(),
          move.priority(),
          ReasonText.of(move.reason()),
          move.gain());
    }
  }

  /** Tell what a round was decided by; none if what it knew is not kept. */
  public Optional<DecidedBy> decidedBy(long round) {
    return inputs.decidedBy(round);
  }

  /**
   * Decide it again.
   *
   * @throws Problem NOT_FOUND without such a round, REFUSED if what it knew is not kept,
   *     BAD_REQUEST for limits that cannot be, UNAVAILABLE if others replay meanwhile
   */
  public Replayed replay(long id, Changes changes, Operator by) {
    var round = rounds.get(id);
    return turns.take(
        () -> {
          var decided = inputs.find(id).orElseThrow(() -> notKept(round));
          var balancing = changes.strategy() == null ? decided.balancing() : changes.strategy();
          var limits = limits(changes, decided.limits());
          var input = decided.by(balancing, limits);
          var strategy = strategies.afresh(balancing);
          var started = System.nanoTime();
          var decision = input.decide(strategy);
          var took = Duration.ofNanos(System.nanoTime() - started);
          var about =
              new RoundDescription.About(
                  new PoolId(round.poolId()), strategy.name(), took, took, by);
          return new Replayed(
              RoundDescription.of(input, decision, about),
              balancing == decided.balancing() && limits.equals(decided.limits()),
              new DecidedBy(balancing, limits),
              decision instanceof Decision.Proposal proposal
                  ? proposal.moves().stream().map(Move::of).toList()
                  : List.of());
        });
  }

  private Problem notKept(Round round) {
    return new Problem(
        ErrorCode.REFUSED,
        "What round %d decided on is not kept (any more).".formatted(round.number()),
        "Maybe choose a newer one: it is kept for %s, by dcbalance.balancing.keep-inputs."
            .formatted(hours(settings.keepInputs())));
  }

  private static Limits limits(Changes changes, Limits decided) {
    var own =
        new PoolLimits(
                changes.imbalanceThreshold(),
                changes.memoryThreshold(),
                changes.minimumGain(),
                changes.holdRounds(),
                null,
                null,
                null,
                changes.maxMoves())
            .checked();
    HostPool.checkCpuThreshold(changes.cpuThreshold());
    checkMoves(changes.maxMoves(), decided.maxMoves());
    var most = changes.maxTransferGib();
    var gib = new PoolRoom(false, null, null, most).checked().maxTransferGib();
    return new Limits(
        or(own.imbalanceThreshold(), decided.imbalanceThreshold()),
        or(changes.cpuThreshold(), decided.cpuThreshold()),
        or(own.memoryThreshold(), decided.memoryThreshold()),
        or(own.minimumGain(), decided.minimumGain()),
        or(own.holdRounds(), decided.holdRounds()),
        decided.minimumCoverage(),
        or(own.maxMoves(), decided.maxMoves()),
        most == null
            ? decided.maxTransfer()
            : gib == null ? Limits.ANY_TRANSFER : Memory.ofGiB(gib),
        decided.downtimeSlo(),
        decided.room());
  }

  private static void checkMoves(@Nullable Integer wanted, int decided) {
    int most = Math.max(decided, MOST_MOVES);
    if (wanted != null && wanted > most) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A replay looks for %d moves at most, and not for %d.".formatted(most, wanted),
          null);
    }
  }

  private static <T> T or(@Nullable T changed, T decided) {
    return Objects.requireNonNullElse(changed, decided);
  }

  private static String hours(Duration kept) {
    return kept.toMinutes() % 60 == 0 ? kept.toHours() + " h" : kept.toMinutes() + " min";
  }
}
