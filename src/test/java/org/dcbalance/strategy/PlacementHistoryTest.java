package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.Test;

class PlacementHistoryTest {
  private static final Limits LIMITS = Limits.DEFAULTS;

  /** One hot host, and two with room; the numbers are those of a usual morning. */
  private static final String MORNING =
      """
      host a cores=16 mem=64
      host b cores=16 mem=64
      host c cores=16 mem=64
      vm a1 on a cpu=5 mem=8
      vm a2 on a cpu=4 mem=4
      vm a3 on a cpu=6 mem=8
      vm b1 on b cpu=2 mem=8
      vm c1 on c cpu=4 mem=8
      """;

  @Test
  void a_situation_seen_before_is_answered_as_it_was_then() {
    var pool = PoolText.pool(MORNING);
    var searched = (Decision.Proposal) new DcBalance().decide(pool, LIMITS);
    assertThat(searched.origin()).isInstanceOf(Origin.Search.class);

    var recalled = (Decision.Proposal) decide(pool, past(pool, 7));
    assertThat(recalled.moves()).isEqualTo(searched.moves());
    assertThat(recalled.origin()).isInstanceOf(Origin.History.class);
    var origin = (Origin.History) recalled.origin();
    assertThat(origin.decision()).isEqualTo(7);
    assertThat(origin.distance()).isZero();
    assertThat(origin.literal()).isEqualTo(searched.moves().size());
    assertThat(origin.sentence()).startsWith("Taken from history: decision 7 of 2026-03-02");
  }

  @Test
  void other_hosts_play_the_parts_when_the_load_has_changed_places() {
    var then = PoolText.pool(MORNING);
    var today =
        PoolText.pool(
            MORNING
                .replace(" on a ", " on x ")
                .replace(" on b ", " on a ")
                .replace(" on x ", " on b "));
    var recalled = (Decision.Proposal) decide(today, past(then, 1));
    assertThat(recalled.origin()).isInstanceOf(Origin.History.class);
    assertThat(recalled.moves().getFirst().source()).isEqualTo(new HostId(2));
    new PlanVerifier(today, LIMITS).verify(recalled);
  }

  @Test
  void what_is_not_possible_today_is_searched_for_anew() {
    var then = PoolText.pool(MORNING);
    // nothing has changed but that two of three may not move
    var today =
        PoolText.pool(
            MORNING
                .replace("vm a1 on a cpu=5 mem=8", "vm a1 on a cpu=5 mem=8 tied=\"a local disk\"")
                .replace("vm a3 on a cpu=6 mem=8", "vm a3 on a cpu=6 mem=8 tied=\"a local disk\"")
                .replace("vm a2 on a cpu=4", "vm a2 on a cpu=4 refused=b"));
    var searched = (Decision.Proposal) new DcBalance().decide(today, LIMITS);
    var decided = (Decision.Proposal) decide(today, past(then, 3));
    assertThat(decided.moves()).isEqualTo(searched.moves());
    assertThat(decided.origin().sentence())
        .startsWith("Computed. The moves of decision 3 would gain");
  }

  @Test
  void a_small_pool_says_from_where_on_decisions_are_reused() {
    assertThat(new Origin.Search(new Origin.Miss.SmallPool(4, 100)).sentence())
        .isEqualTo(
            "Computed. Past decisions are reused only in pools of 100 hosts or more (this one has 4).");
  }

  @Test
  void a_situation_unlike_any_is_searched_for() {
    var then = PoolText.pool(MORNING);
    var today = PoolText.pool(MORNING.replace("vm c1 on c cpu=4", "vm c1 on c cpu=12"));
    var decided = (Decision.Proposal) decide(today, past(then, 3));
    var miss = ((Origin.Search) decided.origin()).miss();
    assertThat(miss).isInstanceOf(Origin.Miss.NothingAlike.class);
    assertThat(((Origin.Miss.NothingAlike) miss).nearest())
        .isGreaterThan(0.05)
        .isEqualTo(past(then, 3).situation().distance(decided.situation()), within(1e-9));
  }

  @Test
  void what_did_harm_is_not_repeated() {
    var pool = PoolText.pool(MORNING);
    var past = past(pool, 3);
    var first = past.choices().getFirst();
    // an hour later the target is the hot one
    var later =
        made(
            PoolText.pool(
                MORNING
                    .replace("vm b1 on b cpu=2", "vm b1 on b cpu=14")
                    .replace("vm a3 on a cpu=6", "vm a3 on a cpu=1")),
            past);
    var judged = past.lookedBack(PastDecision.Mark.SIXTY, later, LIMITS);
    assertThat(judged.choices().getFirst().outcome().sixty()).isNegative();
    assertThat(judged.choices().getFirst().outcome().ten()).isNull();
    assertThat(judged.regretted()).isTrue();

    var decided = (Decision.Proposal) decide(pool, judged);
    assertThat(((Origin.Search) decided.origin()).miss())
        .isEqualTo(new Origin.Miss.TurnedOutBadly(3));
    assertThat(decided.moves())
        .noneMatch(m -> m.vm().id().equals(first.vm()) && m.target().equals(first.target()));
  }

  @Test
  void what_did_good_or_was_never_made_is_not_regretted() {
    var pool = PoolText.pool(MORNING);
    var past = past(pool, 3);
    var notMade = past.lookedBack(PastDecision.Mark.TEN, pool, LIMITS);
    assertThat(notMade).isEqualTo(past);
    assertThat(notMade.regretted()).isFalse();
    var judged = past.lookedBack(PastDecision.Mark.TEN, made(pool, past), LIMITS);
    assertThat(judged.choices().getFirst().outcome().ten()).isPositive();
    assertThat(judged.regretted()).isFalse();
  }

  @Test
  void a_decision_that_was_adapted_is_blamed_on_the_one_it_came_from() {
    var pool = PoolText.pool(MORNING);
    var good = past(pool, 3);
    var bad = good.choices().stream().map(c -> c.turnedOut(PastDecision.Mark.TEN, -1)).toList();
    var use = new PastDecision(4, 3, good.at(), good.situation(), bad);
    var decided = (Decision.Proposal) new DcBalance(_ -> List.of(use, good)).decide(pool, LIMITS);
    assertThat(((Origin.Search) decided.origin()).miss())
        .isEqualTo(new Origin.Miss.TurnedOutBadly(3));
  }

  @Test
  void every_plan_from_history_keeps_the_rules() {
    int recalled = 0;
    for (long seed = 0; seed < 1000; seed++) {
      var pool = RandomPools.small(seed);
      if (!(new DcBalance().decide(pool, LIMITS) instanceof Decision.Proposal searched)) {
        continue;
      }
      // the same pool a little later: every load up to a twentieth more or less
      var today = noisy(pool, new Random(seed));
      var past = PastDecision.of(pool.at(), searched).numbered(1);
      var again = new DcBalance(_ -> List.of(past));
      var decision = again.decide(today, LIMITS);
      if (decision instanceof Decision.Proposal proposal) {
        new PlanVerifier(today, LIMITS).verify(proposal);
        recalled += proposal.origin() instanceof Origin.History ? 1 : 0;
        assertThat(again.decide(today, LIMITS)).isEqualTo(decision);
      } else {
        assertThat(new DcBalance().decide(today, LIMITS)).isEqualTo(decision);
      }
    }
    assertThat(recalled).isGreaterThan(100);
  }

  @Test
  void the_order_of_hosts_and_vms_does_not_matter() {
    for (long seed = 0; seed < 100; seed++) {
      var pool = RandomPools.plain(seed, 6, 60);
      if (new DcBalance().decide(pool, LIMITS) instanceof Decision.Proposal searched) {
        var past = PastDecision.of(pool.at(), searched).numbered(1);
        var turned =
            new Pool(
                pool.name(),
                pool.at(),
                pool.hosts().reversed(),
                pool.vms().reversed(),
                5,
                pool.history());
        assertThat(decide(turned, past)).isEqualTo(decide(pool, past));
      }
    }
  }

  private static Pool made(Pool pool, PastDecision past) {
    var targets = new HashMap<VmId, HostId>();
    past.choices().forEach(choice -> targets.put(choice.vm(), choice.target()));
    return with(pool, vm -> targets.containsKey(vm.id()) ? vm.on(targets.get(vm.id())) : vm);
  }

  private static Pool noisy(Pool pool, Random random) {
    return with(
        pool,
        vm -> {
          double factor = 0.95 + 0.1 * random.nextDouble();
          return PoolText.like(
              vm, times(factor, vm.mean()), times(factor, vm.high()), vm.pastMoves());
        });
  }

  private static Load times(double factor, Load load) {
    return new Load(load.cpuCores() * factor, load.memory(), load.network(), load.disk());
  }

  private static Pool with(Pool pool, UnaryOperator<VmLoad> change) {
    return new Pool(
        pool.name(),
        pool.at(),
        pool.hosts(),
        pool.vms().stream().map(change).toList(),
        pool.roundsOutOfBounds(),
        pool.history());
  }

  private static Decision decide(Pool pool, PastDecision past) {
    return new DcBalance(_ -> List.of(past)).decide(pool, LIMITS);
  }

  private static PastDecision past(Pool pool, long number) {
    var searched = (Decision.Proposal) new DcBalance().decide(pool, LIMITS);
    var past = PastDecision.of(pool.at(), searched).numbered(number);
    assertThat(past.choices()).isNotEmpty();
    return past;
  }
}
