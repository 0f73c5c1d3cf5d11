package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.strategy.PoolText.pool;

import java.util.List;
import java.util.Set;
import org.dcbalance.units.HostId;
import org.junit.jupiter.api.Test;

/** Which VMs belong together, apart, or to certain hosts. */
class RulesTest {
  private static final Limits LIMITS = Limits.DEFAULTS;
  private final DcBalance strategy = new DcBalance();

  private static final String EVEN =
      """
      host a
      host b
      host c
      vm db-01 on a cpu=2 mem=4
      vm db-02 on a cpu=1 mem=4
      vm web-01 on b cpu=3 mem=4
      vm web-02 on c cpu=3 mem=4
      """;

  @Test
  void partsWhatBelongsApartThoughThePoolIsEven() {
    assertThat(decide(EVEN)).isInstanceOf(Decision.Balanced.class);

    var proposal = proposal(EVEN + "rule db apart vms=db-01,db-02\n");
    assertThat(proposal.moves()).hasSize(1);
    var move = proposal.moves().getFirst();
    assertThat(move.priority()).isEqualTo(ProposedMove.Priority.HIGH);
    assertThat(ReasonText.of(move.reason()))
        .isEqualTo(
            "Rule \"db\" is broken: " + move.vm().name() + " shares a with another of its VMs.");
    assertThat(proposal.before().terms())
        .anyMatch(t -> t.name().equals("broken rules") && t.value() == 1);
    assertThat(proposal.after().terms())
        .anyMatch(t -> t.name().equals("broken rules") && t.value() == 0);
  }

  @Test
  void bringsTogetherWhatBelongsTogether() {
    var proposal = proposal(EVEN + "rule web together vms=web-01,web-02\n");
    assertThat(ReasonText.of(proposal.moves().getFirst().reason()))
        .contains("Rule \"web\" is broken: ", "is off the host of the others.");
    var after =
        PoolText.after(pool(EVEN + "rule web together vms=web-01,web-02\n"), proposal.moves());
    assertThat(Imbalance.of(after, LIMITS).outOfBounds(LIMITS)).isFalse();
  }

  @Test
  void gathersOnAThirdHostWhatFindsNoRoomWhereItIs() {
    var text =
        """
        host a mem=24
        host b mem=24
        host c mem=64
        vm one on a cpu=1 mem=12
        vm stays-a on a cpu=1 mem=4 tied=disk
        vm two on b cpu=1 mem=12
        vm stays-b on b cpu=1 mem=4 tied=disk
        rule pair together vms=one,two
        """;
    var proposal = proposal(text);
    assertThat(proposal.moves()).extracting(m -> m.vm().name()).containsExactly("one", "two");
    assertThat(proposal.moves()).extracting(ProposedMove::target).containsOnly(new HostId(3));
    assertThat(ReasonText.of(proposal.moves().getFirst().reason()))
        .isEqualTo(
            "Rule \"pair\" is broken: one on a is off the host of the others."
                + " It moves together with two, from which a rule does not part it.");
    assertThat(proposal.moves()).extracting(m -> m.together().size()).containsOnly(1);
  }

  @Test
  void keepsVmsOnAndOffHosts() {
    var proposal =
        proposal(EVEN + "rule licence on vms=web-01 hosts=c\nrule power off vms=db-01 hosts=a\n");
    assertThat(proposal.moves())
        .extracting(m -> m.vm().name())
        .containsExactlyInAnyOrder("web-01", "db-01");
    for (var move : proposal.moves()) {
      if (move.vm().name().equals("web-01")) {
        assertThat(move.target()).isEqualTo(new HostId(3));
      }
    }
  }

  private static final String HOT =
      """
      host a
      host b
      host c
      vm one on a cpu=3 mem=4
      vm two on a cpu=3 mem=4
      vm other on a cpu=9 mem=4 tied=disk
      vm far on b cpu=1 mem=4
      """;

  @Test
  void movesWhatBelongsTogetherAsOne() {
    var proposal = proposal(HOT + "rule pair together vms=one,two\n");
    assertThat(proposal.moves()).extracting(m -> m.vm().name()).containsExactly("one", "two");
    assertThat(proposal.moves()).extracting(ProposedMove::target).containsOnly(new HostId(3));
    assertThat(ReasonText.of(proposal.moves().getFirst().reason()))
        .isEqualTo(
            "a CPU at 95 % for the window, above 85 %; one causes 19 points of it."
                + " It moves together with two, from which a rule does not part it.");
    assertThat(proposal.moves().stream().mapToDouble(ProposedMove::gain).sum())
        .isCloseTo(
            proposal.before().value() - proposal.after().value(),
            org.assertj.core.data.Offset.offset(1e-9));
  }

  @Test
  void saysWhatKeepsAVm() {
    var together =
        decide(
            HOT.replace("host c", "host c mem=8")
                + "rule pair together vms=one,far\n".replace("far", "other"));
    assertThat(reasons(together))
        .contains(
            "one: Rule \"pair\" does not let it move without the others; all of them together"
                + " cannot, or gain too little.");

    var apart =
        decide(
            HOT.replace("host c", "host c closed=down")
                + "rule p apart vms=one,far\nrule q apart vms=two,far\n");
    assertThat(reasons(apart))
        .contains(
            "one: Rule \"p\" keeps it off the hosts of others, and no other host can take it.");

    var on = decide(HOT + "rule l on vms=one,two hosts=a\n");
    assertThat(reasons(on))
        .contains("one: Rule \"l\" allows it on no other host that can take it.");
  }

  @Test
  void aRuleThatCannotBeKeptMovesNothingElse() {
    // an even pool in which one is bound to the wrong host
    var decision =
        decide(
            EVEN.replace("db-01 on a cpu=2 mem=4", "db-01 on a cpu=2 mem=4 tied=disk")
                + "rule l on vms=db-01 hosts=b\n");
    assertThat(decision).isInstanceOf(Decision.Balanced.class);
    assertThat(((Decision.Balanced) decision).imbalance().outOfBounds(LIMITS)).isTrue();
  }

  @Test
  void aSoftRuleIsAWishWithAPrice() {
    var proposal = proposal(EVEN + "rule db apart soft vms=db-01,db-02\n");
    assertThat(proposal.moves()).hasSize(1);
    assertThat(ReasonText.of(proposal.moves().getFirst().reason()))
        .startsWith("The soft rule \"db\" is not met: ");

    // the only move that would meet it would cost more balance than it is worth
    var dear =
        """
        host a
        host b
        vm big on a cpu=7 mem=30
        vm near on b cpu=7 mem=30
        rule pair together soft vms=big,near
        """;
    assertThat(decide(dear)).isInstanceOf(Decision.Balanced.class);
  }

  @Test
  void theRivalsKeepHardRulesToo() {
    for (Strategy rival : List.of(new DynamicLoadBalancing(), new Osvd())) {
      var free = (Decision.Proposal) rival.decide(pool(HOT), LIMITS);
      assertThat(free.moves()).isNotEmpty();
      assertThat(rival.decide(pool(HOT + "rule l on vms=one,two hosts=a\n"), LIMITS))
          .isInstanceOf(Decision.Balanced.class);
    }
  }

  @Test
  void emptyingAHostKeepsHardRules() {
    var text =
        """
        host a
        host b mem=16
        host c mem=32
        vm one on a cpu=1 mem=8
        vm two on a cpu=1 mem=8
        vm three on a cpu=1 mem=1
        vm far on c cpu=1 mem=1
        rule pair together vms=one,two
        rule apart apart vms=three,far
        """;
    var evacuation = Evacuation.of(pool(text), LIMITS.withMaxMoves(9), Set.of(new HostId(1)));
    assertThat(evacuation.staying()).isEmpty();
    for (var move : evacuation.moves()) {
      assertThat(move.target()).isEqualTo(new HostId(move.vm().name().equals("three") ? 2 : 3));
    }
  }

  @Test
  void aMoveUnderWayCountsAtBothEndsForWhatBelongsApart() {
    // far is leaving b, and may still be there when one arrives
    var decision =
        decide(
            """
            host a
            host b
            host c cores=2
            vm one on a cpu=6 mem=4
            vm other on a cpu=9 mem=4 tied=disk
            vm far on b cpu=0.5 mem=4 to=c
            rule p apart vms=one,far
            """);
    assertThat(decision).isInstanceOf(Decision.Balanced.class);
  }

  private Decision decide(String text) {
    return strategy.decide(pool(text), LIMITS);
  }

  private Decision.Proposal proposal(String text) {
    return (Decision.Proposal) decide(text);
  }

  private static List<String> reasons(Decision decision) {
    var passedOver =
        switch (decision) {
          case Decision.Balanced balanced -> balanced.passedOver();
          case Decision.Proposal proposal -> proposal.passedOver();
          case Decision.Holding _, Decision.NotEnoughData _ -> List.<PassedOver>of();
        };
    return passedOver.stream().map(p -> p.vmName() + ": " + ReasonText.of(p.reason())).toList();
  }
}
