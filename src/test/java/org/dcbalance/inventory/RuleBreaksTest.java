package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.dcbalance.inventory.PlacementRules.Kind;
import org.dcbalance.inventory.PlacementRules.Named;
import org.dcbalance.inventory.PlacementRules.PlacementRule;
import org.junit.jupiter.api.Test;

class RuleBreaksTest {
  /** Of three VMs two run on host 7 and one on host 8. */
  private static final Map<Long, Long> TWO_AND_ONE = Map.of(1L, 7L, 2L, 7L, 3L, 8L);

  @Test
  void aRuleIsBrokenOnceByEachVmThatWouldHaveToMove() {
    assertThat(broken(Kind.TOGETHER)).isOne();
    assertThat(broken(Kind.APART)).isOne();
    assertThat(broken(Kind.ON, 7)).isOne();
    assertThat(broken(Kind.OFF, 7)).isEqualTo(2);
    assertThat(broken(Kind.ON, 7, 8)).isZero();
    assertThat(broken(Kind.OFF, 9)).isZero();
  }

  @Test
  void whatDoesNotRunBreaksNothing() {
    assertThat(RuleBreaks.broken(rule(Kind.TOGETHER), Map.of())).isZero();
    assertThat(RuleBreaks.broken(rule(Kind.APART), Map.of(1L, 7L))).isZero();
  }

  private static long broken(Kind kind, long... hosts) {
    return RuleBreaks.broken(rule(kind, hosts), TWO_AND_ONE);
  }

  private static PlacementRule rule(Kind kind, long... hosts) {
    var named = java.util.Arrays.stream(hosts).mapToObj(id -> new Named(id, "host-" + id)).toList();
    return new PlacementRule(1, 1, "rule", kind, true, List.of(), named);
  }
}
