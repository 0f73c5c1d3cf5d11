package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.console.Format;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Pools;
import org.dcbalance.migration.SentMemory;
import org.dcbalance.recommendation.BalancingSettings;
import org.dcbalance.recommendation.CheckpointsFirst;
import org.dcbalance.recommendation.Names;
import org.dcbalance.recommendation.Recommendation;
import org.dcbalance.recommendation.Recommendation.State;
import org.dcbalance.recommendation.Recommendations;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;

/** Put recommendations into lines, the most urgent first. */
@Component
class RecommendationLines {
  private static final int MOST = 200;
  private static final int MOST_SETTLED = 20;
  private static final int MOST_LINGERING = 3;
  private static final int MOST_VANISHING = 50;

  /** What a round took away, not a person; all of it is shown, or rows would just vanish. */
  private static final Set<State> VANISHING = EnumSet.of(State.SUPERSEDED, State.EXPIRED);

  /** How long a line stays after it was decided, so that nobody wonders where it went. */
  private static final Duration LINGER = Duration.ofSeconds(30);

  private static final Comparator<Recommendation> NEWEST_CHANGE =
      Comparator.comparing(RecommendationLines::lastChange).reversed();

  private final Recommendations recommendations;
  private final Names names;
  private final CheckpointsFirst checkpoints;
  private final SentMemory sent;
  private final Pools pools;
  private final BalancingSettings settings;
  private final Format format;
  private final Clock clock;

  RecommendationLines(
      Recommendations recommendations,
      Names names,
      CheckpointsFirst checkpoints,
      SentMemory sent,
      Pools pools,
      BalancingSettings settings,
      Format format,
      Clock clock) {
    this.recommendations = recommendations;
    this.names = names;
    this.checkpoints = checkpoints;
    this.sent = sent;
    this.pools = pools;
    this.settings = settings;
    this.format = format;
    this.clock = clock;
  }

  /** List those that wait, and after them those that are under way or were decided just now. */
  List<RecommendationLine> current(@Nullable PoolId pool) {
    var rows =
        new ArrayList<>(
            pool == null
                ? recommendations.findMostUrgent(MOST)
                : recommendations.findMostUrgentByPoolId(pool.value(), MOST));
    var since = clock.instant().minus(LINGER);
    var decided = EnumSet.of(State.APPROVED, State.REJECTED, State.SETTLED);
    Stream.concat(
            find(pool, decided, MOST_SETTLED).stream()
                .filter(r -> r.state() == State.APPROVED || lastChange(r).isAfter(since))
                .sorted(NEWEST_CHANGE)
                .limit(MOST_LINGERING),
            find(pool, VANISHING, MOST_VANISHING).stream()
                .filter(r -> lastChange(r).isAfter(since)))
        .sorted(NEWEST_CHANGE)
        .forEach(rows::add);
    return lines(rows);
  }

  /** Count those that wait beside the listed ones; fewer than are listed at most are all. */
  static long unlisted(List<RecommendationLine> waiting, Shell shell) {
    return waiting.size() < MOST ? 0 : Math.max(0, shell.recommendations() - waiting.size());
  }

  List<RecommendationLine> waiting(@Nullable PoolId pool) {
    return current(pool).stream().filter(RecommendationLine::waiting).toList();
  }

  RecommendationLine line(Recommendation recommendation) {
    return lines(List.of(recommendation)).getFirst();
  }

  private List<Recommendation> find(@Nullable PoolId pool, Set<State> states, int most) {
    return pool == null
        ? recommendations.findByStateInAndIdLessThanOrderByIdDesc(
            states, Long.MAX_VALUE, Limit.of(most))
        : recommendations.findByPoolIdAndStateInAndIdLessThanOrderByIdDesc(
            pool.value(), states, Long.MAX_VALUE, Limit.of(most));
  }

  private List<RecommendationLine> lines(List<Recommendation> rows) {
    var known = names.of(rows);
    var byId =
        pools.findAllByOrderByName().stream().collect(Collectors.toMap(HostPool::id, p -> p));
    var first = checkpoints.of(rows);
    var asked =
        rows.stream()
            .filter(r -> r.state() == State.PROPOSED)
            .flatMap(RecommendationLines::moving)
            .distinct()
            .toList();
    var ways = sent.ofAll(asked);
    return rows.stream()
        .map(r -> line(r, known, first.get(r.id()), ways, byId.get(r.poolId())))
        .toList();
  }

  private static Stream<VmId> moving(Recommendation r) {
    return Stream.concat(Stream.of(r.vmId()), r.together().stream());
  }

  private RecommendationLine line(
      Recommendation r,
      Names.Known known,
      @Nullable String first,
      Map<VmId, SentMemory.Way> ways,
      @Nullable HostPool pool) {
    var limits = (pool == null ? settings.pace(false) : settings.pace(pool)).limits();
    var cost = r.cost();
    var way = ways.get(r.vmId());
    return new RecommendationLine(
        r.id(),
        state(r, known),
        r.priority(),
        r.poolId(),
        r.vmId(),
        known.vm(r.vmId()),
        r.sourceId(),
        known.host(r.sourceId()),
        r.targetId(),
        known.host(r.targetId()),
        r.why(),
        r.whyTarget(),
        first,
        way == null || r.state() != State.PROPOSED ? null : way.words(),
        known.along(r.id()),
        question(r, known) + sent(r, ways),
        effects(r.effects(), limits),
        r.gain(),
        new Memory(cost.bytes()),
        Duration.ofMillis(cost.millis()),
        Duration.ofMillis(cost.downtimeMillis()),
        cost.pastMoves(),
        cost.measuredDirtyRate(),
        r.createdAt(),
        r.expiresAt(),
        r.supersededByRound(),
        known.migration(r.id()),
        pool != null && pool.automation() == HostPool.Automation.OBSERVE,
        pool != null && pool.paused(),
        settlement(r));
  }

  private String question(Recommendation r, Names.Known known) {
    var along = known.along(r.id());
    var bytes = new Memory(r.cost().bytes());
    var downtime = Duration.ofMillis(r.cost().downtimeMillis());
    if (along.isEmpty()) {
      return "Approve the move of %s from %s to %s? It copies %s and pauses the VM for about %s."
          .formatted(
              known.vm(r.vmId()),
              known.host(r.sourceId()),
              known.host(r.targetId()),
              format.bytes(bytes),
              format.duration(downtime));
    }
    var vms =
        Stream.concat(Stream.of(known.vm(r.vmId())), along.stream().map(Names.Along::vm)).toList();
    var longest =
        along.stream().map(Names.Along::downtime).max(Duration::compareTo).orElse(downtime);
    return "Approve the moves of %s to %s? A rule does not part them. They copy %s and pause each VM for at most about %s."
        .formatted(
            Names.listed(vms),
            known.host(r.targetId()),
            format.bytes(along.stream().map(Names.Along::bytes).reduce(bytes, Memory::plus)),
            format.duration(longest.compareTo(downtime) > 0 ? longest : downtime));
  }

  /** Say how memory would go over the network, as an end of the question; or nothing. */
  private static String sent(Recommendation r, Map<VmId, SentMemory.Way> ways) {
    var all = new ArrayList<SentMemory.Way>();
    for (var vm : moving(r).toList()) {
      var way = ways.get(vm);
      if (way != null) {
        all.add(way);
      }
    }
    if (all.isEmpty()) {
      return "";
    }
    if (r.together().isEmpty()) {
      return " " + all.getFirst().sentence();
    }
    if (all.stream().allMatch(SentMemory.Way::encrypted)) {
      return " Their memory goes over the network by TLS, or not at all.";
    }
    return all.stream().noneMatch(SentMemory.Way::encrypted)
        ? " Their memory goes over the network unencrypted."
        : " The memory of some of them goes over the network unencrypted.";
  }

  private static String state(Recommendation r, Names.Known known) {
    if (r.state() != State.SETTLED) {
      return r.state().name();
    }
    if (Boolean.TRUE.equals(r.succeeded())) {
      return "DONE";
    }
    return known.migration(r.id()) == null ? "NOT_STARTED" : "NOT_DONE";
  }

  private RecommendationLine.@Nullable Settlement settlement(Recommendation r) {
    var note = r.note().isEmpty() ? null : r.note();
    return switch (r.state()) {
      case PROPOSED -> null;
      case APPROVED ->
          new RecommendationLine.Settlement("Approved", r.decidedBy(), lastChange(r), note);
      case REJECTED ->
          new RecommendationLine.Settlement("Rejected", r.decidedBy(), lastChange(r), note);
      case EXPIRED ->
          new RecommendationLine.Settlement(
              "Expired", null, lastChange(r), "No later round confirmed it.");
      case SUPERSEDED ->
          new RecommendationLine.Settlement(
              "Superseded by round " + r.supersededByRound(), null, lastChange(r), note);
      case SETTLED ->
          new RecommendationLine.Settlement(
              "Approved", r.decidedBy(), lastChange(r), r.settledAs());
    };
  }

  private static Instant lastChange(Recommendation r) {
    var settled = r.settledAt();
    return settled != null ? settled : Objects.requireNonNullElse(r.decidedAt(), r.createdAt());
  }

  /** Show the resource that is overloaded, or else the one that the move changes most. */
  private static List<RecommendationLine.Effect> effects(
      List<ProposedMove.Effect> effects, Limits limits) {
    var source = effects.isEmpty() ? null : effects.getFirst();
    boolean memory =
        source != null
            && source.cpuBefore() <= limits.cpuThreshold()
            && (source.memoryBefore() > limits.memoryThreshold()
                || source.memoryBefore() - source.memoryAfter()
                    > source.cpuBefore() - source.cpuAfter());
    return effects.stream()
        .map(
            e ->
                new RecommendationLine.Effect(
                    e.host(),
                    e.hostName(),
                    e.cpuBefore(),
                    e.cpuAfter(),
                    e.memoryBefore(),
                    e.memoryAfter(),
                    memory ? "memory" : "CPU"))
        .toList();
  }
}
