package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.dcbalance.inventory.PlacementRules.Kind;
import org.dcbalance.inventory.PlacementRules.NewRule;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Rules as they are kept, on the simulated pool. */
@ConsoleTest
class PlacementRulesTest {
  private static final Operator ANN = new Operator("ann");
  @Autowired private PlacementRules rules;
  @Autowired private JdbcClient jdbc;

  @AfterEach
  void removeAll() {
    jdbc.sql("delete from placement_rule").update();
  }

  @Test
  void aRuleIsFoundByItsPoolAndByItsVms() {
    long one = vm("web-01");
    long two = vm("web-02");
    var added = rules.add(pool(), rule("web", Kind.APART, List.of(two, one), List.of()), ANN);

    assertThat(added.hard()).isTrue();
    assertThat(added.vms())
        .extracting(PlacementRules.Named::name)
        .containsExactly("web-01", "web-02");
    assertThat(rules.of(pool())).containsExactly(added);
    assertThat(rules.speakingOf(new VmId(one))).containsExactly(added);
    assertThat(PlacementRules.said(added)).isEqualTo("web-01, web-02 must stay on different hosts");

    rules.remove(pool(), added.id(), ANN);
    assertThat(rules.of(pool())).isEmpty();
  }

  @Test
  void aRuleThatMeansNothingIsRefused() {
    long one = vm("web-01");
    long two = vm("web-02");
    refused("at least two VMs", rule("r", Kind.APART, List.of(one, one), List.of()));
    refused("at least one host", rule("r", Kind.ON, List.of(one), List.of()));
    refused("names no hosts", rule("r", Kind.TOGETHER, List.of(one, two), List.of(host())));
    refused("needs a name", rule(" ", Kind.APART, List.of(one, two), List.of()));
    refused("needs a kind", new NewRule("r", null, true, List.of(one, two), List.of()));
    refused("has no VM 999999", rule("r", Kind.APART, List.of(one, 999_999L), List.of()));
    refused("has no host 999999", rule("r", Kind.OFF, List.of(one), List.of(999_999L)));
    assertThat(rules.of(pool())).isEmpty();
  }

  @Test
  void theOppositeOfAHardRuleIsRefusedUnlessItIsAWish() {
    var both = List.of(vm("web-01"), vm("web-02"));
    rules.add(pool(), rule("apart", Kind.APART, both, List.of()), ANN);
    conflicts("asks for the opposite", rule("together", Kind.TOGETHER, both, List.of()));
    conflicts("has a rule named apart", rule("apart", Kind.APART, both, List.of()));
    var wish = new NewRule("together", Kind.TOGETHER, false, both, null);
    assertThat(rules.add(pool(), wish, ANN).hard()).isFalse();
  }

  @Test
  void aRuleIsChangedAndWhatIsLeftOutStays() {
    var both = List.of(vm("web-01"), vm("web-02"));
    var added = rules.add(pool(), rule("apart", Kind.APART, both, List.of()), ANN);
    rules.add(pool(), rule("other", Kind.ON, List.of(vm("web-01")), List.of(host())), ANN);

    var soft = rules.change(pool(), added.id(), new NewRule(null, null, false, null, null), ANN);
    assertThat(soft.id()).isEqualTo(added.id());
    assertThat(soft.hard()).isFalse();
    assertThat(soft.name()).isEqualTo("apart");
    assertThat(soft.vms()).isEqualTo(added.vms());

    var off = new NewRule("off", Kind.OFF, null, List.of(vm("web-03")), List.of(host()));
    var changed = rules.change(pool(), added.id(), off, ANN);
    assertThat(PlacementRules.said(changed))
        .isEqualTo("web-03 should never run on these hosts: sim-01");
    assertThat(rules.of(pool())).hasSize(2).contains(changed);
    var back = new NewRule(null, Kind.TOGETHER, true, both, null);
    assertThat(rules.change(pool(), added.id(), back, ANN).hosts()).isEmpty();

    changeFails(
        ErrorCode.CONFLICT,
        "has a rule named other",
        added.id(),
        new NewRule("other", null, null, null, null));
    changeFails(
        ErrorCode.BAD_REQUEST,
        "at least two VMs",
        added.id(),
        new NewRule(null, null, null, List.of(vm("web-01")), null));
    changeFails(ErrorCode.NOT_FOUND, "has no rule 999999", 999_999, off);
    assertThat(
            jdbc.sql(
                    "select cast(after as text) from audit_entry where act = 'RULE_CHANGED' order by id desc limit 1")
                .query(String.class)
                .single())
        .contains("web-01, web-02 must stay on one host");
  }

  @Test
  void whenARuleWasChangedIsKept() {
    var both = List.of(vm("web-01"), vm("web-02"));
    var wish = new NewRule("apart", Kind.APART, false, both, null);
    var added = rules.add(pool(), wish, ANN);
    assertThat(changedSince(added.id())).isFalse();
    rules.change(pool(), added.id(), new NewRule(null, null, true, null, null), ANN);
    assertThat(changedSince(added.id())).isTrue();
  }

  private boolean changedSince(long rule) {
    return jdbc.sql(
            "select coalesce(changed_at > added_at, false) from placement_rule where id = :id")
        .param("id", rule)
        .query(Boolean.class)
        .single();
  }

  private void changeFails(ErrorCode code, String sentence, long rule, NewRule change) {
    assertThatThrownBy(() -> rules.change(pool(), rule, change, ANN))
        .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.code()).isEqualTo(code))
        .hasMessageContaining(sentence);
  }

  private void refused(String sentence, NewRule rule) {
    fails(ErrorCode.BAD_REQUEST, sentence, rule);
  }

  private void conflicts(String sentence, NewRule rule) {
    fails(ErrorCode.CONFLICT, sentence, rule);
  }

  private void fails(ErrorCode code, String sentence, NewRule rule) {
    assertThatThrownBy(() -> rules.add(pool(), rule, ANN))
        .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.code()).isEqualTo(code))
        .hasMessageContaining(sentence);
  }

  private static NewRule rule(String name, Kind kind, List<Long> vms, List<Long> hosts) {
    return new NewRule(name, kind, null, vms, hosts);
  }

  private PoolId pool() {
    return new PoolId(id("select id from pool where simulated"));
  }

  private long host() {
    return id("select id from host where name = 'sim-01'");
  }

  private long vm(String name) {
    return id("select id from vm where name = '" + name + "'");
  }

  /** The inventory finds the simulated pool a moment after the start. */
  private long id(String sql) {
    var until = Instant.now().plusSeconds(60);
    while (true) {
      var found = jdbc.sql(sql).query(Long.class).optional();
      if (found.isPresent()) {
        return found.get();
      }
      assertThat(Instant.now()).as(sql).isBefore(until);
      LockSupport.parkNanos(50_000_000);
    }
  }
}
