package org.dcbalance.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.dcbalance.offline.PoolText;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.Decision;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Origin;
import org.dcbalance.strategy.PastDecision;
import org.dcbalance.strategy.Pool;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.PoolId;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

@ConsoleTest
class PlacementRecordsTest {
  private static final Limits LIMITS = Limits.DEFAULTS;
  @Autowired private PlacementRecords records;
  @Autowired private JdbcClient jdbc;

  private final Pool pool =
      PoolText.read(
          "test",
          List.of(
              "host a",
              "host b",
              "vm a1 on a cpu=5 mem=8",
              "vm a2 on a cpu=10 mem=4",
              "vm b1 on b cpu=2 mem=8"));

  @Test
  void a_decision_is_found_again_and_answers() {
    var id = newPool("found again");
    var proposal = (Decision.Proposal) new DcBalance(records.of(id)).decide(pool, LIMITS);
    assertThat(proposal.origin()).isEqualTo(Origin.SEARCH);
    var decision = PastDecision.of(pool.at(), proposal);
    records.add(id, newRound(id), decision);

    var found = records.of(id).decisions(2);
    assertThat(found).hasSize(1);
    assertThat(found.getFirst()).isEqualTo(decision.numbered(found.getFirst().id()));
    assertThat(records.of(id).decisions(3)).isEmpty();

    var again = (Decision.Proposal) new DcBalance(records.of(id)).decide(pool, LIMITS);
    assertThat(again.moves()).isEqualTo(proposal.moves());
    assertThat(again.origin()).isInstanceOf(Origin.History.class);
    // what is taken from it is recorded as such, and no other pool sees it
    records.add(id, newRound(id), PastDecision.of(pool.at(), again));
    assertThat(records.of(id).decisions(2).getFirst().from()).isEqualTo(found.getFirst().id());
    assertThat(records.of(newPool("another")).decisions(2)).isEmpty();
  }

  @Test
  void how_it_turned_out_is_written_back_at_its_marks() {
    var id = newPool("written back");
    var proposal = (Decision.Proposal) new DcBalance().decide(pool, LIMITS);
    records.add(id, newRound(id), PastDecision.of(pool.at(), proposal));
    records.lookBack(id, after(proposal, 9), LIMITS);
    assertThat(outcome(id)).isEqualTo(PastDecision.Outcome.UNKNOWN);

    records.lookBack(id, after(proposal, 11), LIMITS);
    var ten = outcome(id).ten();
    assertThat(ten).isPositive();
    assertThat(outcome(id).thirty()).isNull();
    // a second look within the minutes after a mark changes nothing, and one long after it is late
    records.lookBack(id, after(proposal, 12), LIMITS);
    records.lookBack(id, after(proposal, 40), LIMITS);
    records.lookBack(id, after(proposal, 60), LIMITS);
    assertThat(outcome(id).ten()).isEqualTo(ten);
    assertThat(outcome(id).thirty()).isNull();
    assertThat(outcome(id).sixty()).isPositive();
  }

  private PastDecision.Outcome outcome(PoolId id) {
    return records.of(id).decisions(2).getFirst().choices().getFirst().outcome();
  }

  private Pool after(Decision.Proposal proposal, int minutes) {
    var move = proposal.moves().getFirst();
    return new Pool(
        pool.name(),
        pool.at().plus(Duration.ofMinutes(minutes)),
        pool.hosts(),
        pool.vms().stream()
            .map(vm -> vm.id().equals(move.vm().id()) ? vm.on(move.target()) : vm)
            .toList(),
        0,
        List.of());
  }

  private PoolId newPool(String name) {
    return new PoolId(
        jdbc.sql("insert into pool (name) values (:name) returning id")
            .param("name", "record " + name)
            .query(Long.class)
            .single());
  }

  private long newRound(PoolId pool) {
    return jdbc.sql(
            """
            insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold,
              window_seconds, sentence, requested_by)
            select :pool, count(*) + 1, now(), 1, 'DCbalance', 'PROPOSAL', 0.15, 600, '', 'test'
            from round where pool_id = :pool returning id
            """)
        .param("pool", pool.value())
        .query(Long.class)
        .single();
  }
}
