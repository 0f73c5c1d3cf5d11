package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.dcbalance.strategy.PoolText.pool;

import java.util.Objects;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

/** Room that is kept free: for the loss of a host, and for a large new VM. */
class RoomTest {
  private static final Limits LIMITS = Limits.DEFAULTS;
  private static final Limits LOSS = LIMITS.withRoom(new Limits.Room(true, Memory.ZERO, 0));
  private final DcBalance strategy = new DcBalance();

  private static final String HOT =
      """
      host a mem=16
      host b mem=32
      host c mem=32
      vm one on a cpu=7 mem=2
      vm two on a cpu=7 mem=2 tied=disk
      vm big on b cpu=1 mem=20 tied=disk
      vm small on c cpu=0.2 mem=10 tied=disk
      """;

  @Test
  void noPlanTakesTheRoomThatTheLossOfAHostWouldNeed() {
    assertThat(proposal(HOT, LIMITS).moves())
        .extracting(ProposedMove::target)
        .containsExactly(new HostId(3));
    // with 2 GiB more on c, nobody could take big if b failed
    var kept = proposal(HOT, LOSS);
    assertThat(kept.moves()).extracting(ProposedMove::target).containsExactly(new HostId(2));
    assertThat(kept.after().terms())
        .anyMatch(term -> term.name().equals("room for the loss of a host") && term.value() == 0);
  }

  @Test
  void saysWhichHostCouldNotBeLost() {
    var loss =
        SpareRoom.worst(
            pool(HOT.replace("small on c cpu=0.2 mem=10", "small on c mem=12")), LIMITS);
    assertThat(Objects.requireNonNull(loss).sentence())
        .isEqualTo(
            "If b failed, 1 of its guests with 20 GiB of memory would find no room on the other"
                + " hosts.");
    assertThat(loss.share()).isCloseTo(20.0 / 32, within(1e-9));
    assertThat(SpareRoom.worst(pool(HOT), LIMITS)).isNull();
  }

  @Test
  void guestsGoOnlyWhereTheyMayWhenAHostIsLost() {
    var loss = SpareRoom.worst(pool(HOT.replace("big on b", "big on b refused=c")), LIMITS);
    assertThat(Objects.requireNonNull(loss).host().name()).isEqualTo("b");
  }

  @Test
  void thePoolIsNotMovedForALossThatMovesCannotHelp() {
    var text = "host a\nhost b\nvm one on a mem=50\nvm two on b mem=50\n";
    var decision = strategy.decide(pool(text), LOSS);
    assertThat(decision)
        .isInstanceOfSatisfying(
            Decision.Balanced.class,
            balanced -> {
              assertThat(balanced.imbalance().value()).isCloseTo(50.0 / 64, within(1e-9));
              assertThat(balanced.imbalance().outOfBounds(LOSS)).isFalse();
            });
  }

  private static final String FULL =
      """
      host a
      host b
      host c
      vm a1 on a cpu=0.1 mem=8
      vm a2 on a cpu=0.1 mem=8
      vm a3 on a cpu=0.1 mem=8
      vm a4 on a cpu=0.1 mem=8
      vm a5 on a cpu=0.1 mem=8
      vm b1 on b cpu=0.2 mem=8
      vm b2 on b cpu=0.1 mem=32 tied=disk
      vm c1 on c cpu=0.2 mem=8
      vm c2 on c cpu=0.1 mem=32 tied=disk
      """;

  @Test
  void makesRoomForALargeVm() {
    assertThat(strategy.decide(pool(FULL), LIMITS)).isInstanceOf(Decision.Balanced.class);

    var wide = LIMITS.withRoom(new Limits.Room(false, Memory.ofGiB(40), 8));
    var proposal = proposal(FULL, wide);
    assertThat(missing(proposal.before())).isCloseTo(1 - 16.6 / 40, within(1e-9));
    assertThat(missing(proposal.after())).isZero();
    assertThat(proposal.moves())
        .hasSize(3)
        .extracting(ProposedMove::source)
        .containsOnly(new HostId(1));
    assertThat(ReasonText.of(proposal.moves().getFirst().reason()))
        .isEqualTo(
            "No host could take a large VM: 59 % of it found no room; this move brings that to 39"
                + " %.");
    // and once there is room, it is left alone
    var after = PoolText.after(pool(FULL), proposal.moves());
    assertThat(Imbalance.of(after, wide).terms())
        .anyMatch(t -> t.name().equals("room for a large VM") && t.value() == 0);
  }

  @Test
  void roomForALargeVmIsMeasuredOnEachHostByItsOwnSize() {
    var text = "host small cores=4 mem=16\nhost wide cores=64 mem=256\nvm v on wide cpu=50 mem=8\n";
    // the small host has not the memory, and the wide one not the cores
    assertThat(missing(of(text, 100, 8))).isCloseTo(1 - 4.2 / 8, within(1e-9));
    assertThat(missing(of(text, 13, 3))).isZero();
    assertThat(missing(of(text, 0, 8))).isCloseTo(1 - 4.2 / 8, within(1e-9));
    assertThat(missing(of(text, 300, 0))).isCloseTo(1 - (0.9 * 256 - 9) / 300, within(1e-9));
  }

  private static Imbalance of(String text, int gib, double cores) {
    return Imbalance.of(
        pool(text), LIMITS.withRoom(new Limits.Room(false, Memory.ofGiB(gib), cores)));
  }

  @Test
  void noPlanOfAThousandMakesALossWorse() {
    var limits = LIMITS.withRoom(new Limits.Room(true, Memory.ofGiB(48), 12));
    int moves = 0;
    int roomier = 0;
    for (long seed = 0; seed < 1000; seed++) {
      var pool = seed % 2 == 0 ? RandomPools.small(seed) : RandomPools.ruled(seed);
      if (strategy.decide(pool, limits) instanceof Decision.Proposal proposal) {
        var after = PoolText.after(pool, proposal.moves());
        assertThat(homeless(after)).as("seed %d", seed).isLessThanOrEqualTo(homeless(pool) + 1e-12);
        double gain = proposal.moves().stream().mapToDouble(ProposedMove::gain).sum();
        assertThat(proposal.before().value() - proposal.after().value())
            .as("seed %d", seed)
            .isCloseTo(gain, within(1e-9));
        assertThat(missing(proposal.after()))
            .isCloseTo(missing(Imbalance.of(after, limits)), within(1e-9));
        moves += proposal.moves().size();
        roomier += missing(proposal.after()) < missing(proposal.before()) - 1e-9 ? 1 : 0;
      }
    }
    assertThat(moves).isGreaterThan(500);
    assertThat(roomier).isGreaterThan(50);
  }

  private static double homeless(Pool pool) {
    var worst = SpareRoom.worst(pool, LIMITS);
    return worst == null ? 0 : worst.share();
  }

  private static double missing(Imbalance imbalance) {
    return imbalance.terms().stream()
        .filter(term -> term.name().equals("room for a large VM"))
        .findFirst()
        .orElseThrow()
        .value();
  }

  private Decision.Proposal proposal(String text, Limits limits) {
    return (Decision.Proposal) strategy.decide(pool(text), limits);
  }
}
