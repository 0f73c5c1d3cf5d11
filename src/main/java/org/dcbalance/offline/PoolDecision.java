package org.dcbalance.offline;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.DynamicLoadBalancing;
import org.dcbalance.strategy.Evacuation;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Imbalance;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Osvd;
import org.dcbalance.strategy.PassedOver;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.strategy.ReasonText;
import org.dcbalance.strategy.Strategy;
import org.dcbalance.units.HostId;

/** Let a strategy decide on a pool, after the hosts that are to be emptied were seen to. */
final class PoolDecision {
  private final Pool pool;
  private final ClusterFile.Request request;
  private final Map<HostId, String> names = new HashMap<>();
  private final List<Outcome.Move> moves = new ArrayList<>();
  private final List<Outcome.Stay> stays = new ArrayList<>();

  private PoolDecision(Pool pool, ClusterFile.Request request) {
    this.pool = pool;
    this.request = request;
    pool.hosts().forEach(host -> names.put(host.id(), host.name()));
  }

  static Outcome of(Pool pool, ClusterFile.Request request) {
    return new PoolDecision(pool, request).decide();
  }

  private Outcome decide() {
    var limits =
        Limits.DEFAULTS.withMaxMoves(
            request.maxMoves() == null ? Limits.DEFAULTS.maxMoves() : request.maxMoves());
    var now = pool;
    if (!request.evacuate().isEmpty()) {
      // emptying a host is not balancing: unless a cap was given, everything leaves
      var cap =
          request.maxMoves() == null ? Limits.DEFAULTS.withMaxMoves(Integer.MAX_VALUE) : limits;
      var evacuation = Evacuation.of(pool, cap, emptied());
      evacuation.moves().forEach(this::add);
      evacuation.staying().forEach(this::add);
      now = evacuation.after();
      limits = Limits.DEFAULTS.withMaxMoves(Math.max(0, limits.maxMoves() - moves.size()));
    }
    var before = Imbalance.of(pool, limits);
    long start = System.nanoTime();
    var decision = strategy().decide(now, limits);
    var searched = Duration.ofNanos(System.nanoTime() - start);
    var after = Imbalance.of(now, limits);
    var summary =
        switch (decision) {
          case Decision.Balanced balanced -> {
            balanced.passedOver().forEach(this::add);
            yield pool.hosts().stream().allMatch(host -> host.closed() != null)
                ? "Nothing to decide: no host is open."
                : balanced.imbalance().outOfBounds(limits)
                    ? "Out of bounds, but no move gains enough."
                    : "Balanced: within bounds.";
          }
          case Decision.NotEnoughData thin ->
              "Not enough data of "
                  + String.join(", ", thin.thin().stream().map(t -> t.host().name()).toList())
                  + ".";
          case Decision.Holding holding ->
              "Out of bounds for %d of %d rounds.".formatted(holding.rounds(), holding.needed());
          case Decision.Proposal proposal -> {
            proposal.moves().forEach(this::add);
            proposal.passedOver().forEach(this::add);
            after = proposal.after();
            yield "These moves are worth making.";
          }
        };
    return new Outcome(
        request.strategy(),
        "dcbalance",
        pool.hosts().size(),
        pool.vms().size(),
        summary,
        before.terms(),
        moves.isEmpty() ? before.terms() : after.terms(),
        moves,
        stays,
        searched);
  }

  private Strategy strategy() {
    return switch (request.strategy()) {
      case "dcbalance" -> new DcBalance();
      case "dlb" -> new DynamicLoadBalancing();
      case "osvd" -> new Osvd();
      default -> throw Arguments.problem("There is no strategy " + request.strategy() + ".", null);
    };
  }

  private Set<HostId> emptied() {
    var emptied = new HashSet<HostId>();
    for (var name : request.evacuate()) {
      emptied.add(
          pool.hosts().stream()
              .filter(host -> host.name().equals(name))
              .findFirst()
              .map(HostLoad::id)
              .orElseThrow(() -> Arguments.unknownHost(name, pool.name())));
    }
    return emptied;
  }

  private void add(Evacuation.Move move) {
    var source = name(move.vm().host());
    moves.add(
        new Outcome.Move(
            move.vm().name(),
            source,
            name(move.target()),
            move.gain(),
            move.vm().mean().memory().mib(),
            source + " is to be emptied; " + name(move.target()) + " suits the others best.",
            move.cost()));
  }

  private void add(ProposedMove move) {
    moves.add(
        new Outcome.Move(
            move.vm().name(),
            name(move.source()),
            name(move.target()),
            move.gain(),
            move.vm().mean().memory().mib(),
            ReasonText.of(move.reason()) + " " + ReasonText.of(move.targetReason()),
            move.cost()));
  }

  private void add(PassedOver passedOver) {
    stays.add(new Outcome.Stay(passedOver.vmName(), ReasonText.of(passedOver.reason())));
  }

  private String name(HostId id) {
    return names.getOrDefault(id, id.toString());
  }
}
