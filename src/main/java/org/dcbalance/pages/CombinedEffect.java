package org.dcbalance.pages;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcbalance.migration.MigrationOutlook;
import org.dcbalance.migration.MigrationOutlook.Outlook;
import org.dcbalance.migration.MigrationOutlook.Wish;
import org.dcbalance.recommendation.Foresight;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * What several moves come to together.
 *
 * @param imbalanceBefore null where they lie in several pools
 * @param imbalanceAfter null where they lie in several pools
 * @param expected one after another
 * @param onItsWay how their memory would go over the network; null where none does
 * @param outlook how many of them would start at once
 */
record CombinedEffect(
    @Nullable Double imbalanceBefore,
    @Nullable Double imbalanceAfter,
    Memory bytes,
    Duration expected,
    Duration worstDowntime,
    @Nullable String onItsWay,
    Outlook outlook) {

  /** Sum up; null without any move. */
  static @Nullable CombinedEffect of(
      List<RecommendationLine> moves,
      List<Board> boards,
      Foresight foresight,
      MigrationOutlook slots) {
    if (moves.isEmpty()) {
      return null;
    }
    var pools = moves.stream().map(RecommendationLine::poolId).distinct().toList();
    boolean scored =
        pools.size() == 1
            && boards.stream()
                .anyMatch(b -> b.poolId().equals(pools.getFirst()) && b.facts() != null);
    // the gain of each counts from where those before it lead, which may not be chosen
    var view = scored ? foresight.of(pools.getFirst()) : null;
    return new CombinedEffect(
        view == null ? null : view.now(),
        view == null ? null : view.after(goals(moves)),
        moves.stream().map(RecommendationLine::bytes).reduce(Memory.ZERO, Memory::plus),
        moves.stream().map(RecommendationLine::expected).reduce(Duration.ZERO, Duration::plus),
        moves.stream()
            .map(RecommendationLine::downtime)
            .max(Duration::compareTo)
            .orElse(Duration.ZERO),
        onItsWay(moves),
        slots.of(
            moves.stream()
                .map(m -> new Wish(m.poolId(), m.fromId(), m.toId(), m.priority(), m.expected()))
                .toList()));
  }

  private static @Nullable String onItsWay(List<RecommendationLine> moves) {
    var ways = new LinkedHashSet<String>();
    for (var move : moves) {
      var way = move.onItsWay();
      if (way != null) {
        ways.add(way);
      }
    }
    if (ways.isEmpty()) {
      return null;
    }
    return ways.size() == 1 ? ways.iterator().next() : "some not encrypted";
  }

  private static Map<VmId, HostId> goals(List<RecommendationLine> moves) {
    return moves.stream()
        .collect(Collectors.toMap(RecommendationLine::vmId, RecommendationLine::toId));
  }
}
