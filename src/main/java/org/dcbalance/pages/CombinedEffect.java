package org.dcbalance.pages;

import java.time.Duration;
import java.util.List;
import org.dcbalance.migration.MigrationOutlook;
import org.dcbalance.migration.MigrationOutlook.Outlook;
import org.dcbalance.migration.MigrationOutlook.Wish;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * What several moves come to together.
 *
 * @param imbalanceBefore null where they lie in several pools
 * @param imbalanceAfter null where they lie in several pools
 * @param expected one after another
 * @param outlook how many of them would start at once
 */
record CombinedEffect(
    @Nullable Double imbalanceBefore,
    @Nullable Double imbalanceAfter,
    Memory bytes,
    Duration expected,
    Duration worstDowntime,
    Outlook outlook) {

  /** Sum up; null without any move. */
  static @Nullable CombinedEffect of(
      List<RecommendationLine> moves, List<Board> boards, MigrationOutlook slots) {
    if (moves.isEmpty()) {
      return null;
    }
    var pools = moves.stream().map(RecommendationLine::poolId).distinct().toList();
    var facts =
        boards.stream()
            .filter(b -> pools.size() == 1 && b.poolId().equals(pools.getFirst()))
            .map(Board::facts)
            .findFirst()
            .orElse(null);
    return new CombinedEffect(
        facts == null ? null : facts.imbalance(),
        facts == null ? null : Boards.after(facts.imbalance(), moves),
        moves.stream().map(RecommendationLine::bytes).reduce(Memory.ZERO, Memory::plus),
        moves.stream().map(RecommendationLine::expected).reduce(Duration.ZERO, Duration::plus),
        moves.stream()
            .map(RecommendationLine::downtime)
            .max(Duration::compareTo)
            .orElse(Duration.ZERO),
        slots.of(moves.stream().map(m -> new Wish(m.poolId(), m.fromId(), m.toId())).toList()));
  }
}
