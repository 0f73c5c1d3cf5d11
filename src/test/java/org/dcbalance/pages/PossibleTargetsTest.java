package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.dcbalance.inventory.PlacementRules;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;

/** The possible targets of a proposal on an open page, in a real browser. */
@ConsolePagesTest
@ExtendWith(ChromiumInstalled.class)
class PossibleTargetsTest extends SimulatedPages {
  private static final Operator BY = new Operator("possible-targets");
  private static final String VM = "web-04";
  private static final String FORBIDS = "The rule \"possible-targets\" forbids it";

  @Autowired private PlacementRules rules;
  private long pool;

  @BeforeEach
  void havePool() {
    fleet.host("sim-04");
    pool =
        jdbc.sql("insert into pool (name) values ('targets ' || gen_random_uuid()) returning id")
            .query(Long.class)
            .single();
  }

  @AfterEach
  void forget() {
    jdbc.sql("delete from placement_rule where name = 'possible-targets'").update();
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }

  @Test
  void theyFollowTheFleetUnlessOneIsBeingChosen() throws IOException {
    long proposed = fleet.propose(pool, VM, "1 hour");
    long target = fleet.otherTarget(proposed);
    var choice = "#choose-" + target;
    try (var visitor = new Visitor(port)) {
      visitor.takePhone();
      visitor.signIn();
      visitor.open("/recommendations/" + proposed);
      visitor.finds("#live-state[data-state='live']");
      visitor.finds(choice);

      long rule = forbid(target);
      visitor.sees(FORBIDS);
      assertThat(visitor.has(choice)).isFalse();
      rules.remove(new PoolId(fleet.pool()), rule, BY);
      visitor.finds(choice);

      visitor.focus(choice);
      forbid(target);
      visitor.finds("#updates-waiting");
      assertThat(visitor.has(choice + ":focus")).as("It can still be pressed.").isTrue();
      visitor.press("Updates waiting: show");
      visitor.sees(FORBIDS);
      assertThat(visitor.has(choice)).isFalse();
    }
  }

  private long forbid(long host) {
    return rules
        .add(
            new PoolId(fleet.pool()),
            new PlacementRules.NewRule(
                "possible-targets",
                PlacementRules.Kind.OFF,
                true,
                List.of(fleet.vm(VM)),
                List.of(host)),
            BY)
        .id();
  }
}
