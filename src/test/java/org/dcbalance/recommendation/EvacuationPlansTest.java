package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.dcbalance.inventory.Pools;
import org.dcbalance.strategy.PassedOver;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Where the guests of a host go that is emptied, one that nothing is recorded of among them. */
@ConsoleTest
class EvacuationPlansTest {
  @Autowired private EvacuationPlans plans;
  @Autowired private PoolSnapshots snapshots;
  @Autowired private BalancingSettings settings;
  @Autowired private Pools pools;
  @Autowired private TransactionTemplate transaction;
  @Autowired private JdbcClient jdbc;
  private RecordedPool recorded;
  private List<HostId> hosts;
  private VmId guest;

  @BeforeEach
  void record() {
    recorded = new RecordedPool(jdbc, "emptied-" + UUID.randomUUID(), 1);
    recorded.unrecorded(9);
    hosts =
        jdbc.sql("select id from host where pool_id = :pool order by name")
            .param("pool", recorded.id())
            .query((row, n) -> new HostId(row.getLong(1)))
            .list();
    guest =
        new VmId(
            jdbc.sql("select id from vm where host_id = :host")
                .param("host", hosts.getLast().value())
                .query(Long.class)
                .single());
  }

  @AfterEach
  void forget() {
    jdbc.sql("delete from migration where pool_id = :pool").param("pool", recorded.id()).update();
    recorded.close();
  }

  @Test
  void aGuestLeavesOfWhichNothingIsRecordedAndTriesHostsThatRefusedItLast() {
    assertThat(goal()).isEqualTo(hosts.getFirst());
    plans.refused(guest, hosts.getFirst());
    assertThat(goal()).isEqualTo(hosts.get(1));
    plans.refused(guest, hosts.get(1));
    assertThat(goal()).as("there is no other").isEqualTo(hosts.getFirst());
  }

  @Test
  void aHostThatRefusedAMoveIsNoTargetOfARoundAndTheLastOneOfAnEmptiedHost() {
    refuses(hosts.getFirst());
    assertThat(goal()).isEqualTo(hosts.get(1));
    var pool = pools.findById(recorded.id()).orElseThrow();
    var taken = snapshots.take(pool, settings.pace(pool), 0, Instant.now());
    assertThat(taken.vms())
        .filteredOn(vm -> !vm.refused().isEmpty())
        .singleElement()
        .satisfies(
            vm -> {
              assertThat(vm.id()).isEqualTo(guest);
              assertThat(vm.refused())
                  .containsOnlyKeys(hosts.getFirst())
                  .containsValue("a move there was refused: Of the test.");
            });
    assertThat(snapshots.recent(pool, settings.pace(pool), Instant.now()).vms())
        .extracting(VmLoad::refused)
        .allMatch(Map::isEmpty);
  }

  private void refuses(HostId host) {
    jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              sentence, target_refused, created_at, started_at, finished_at)
            values (:pool, :vm, :source, :target, 'REFUSED', 'DONE', '', 'DCbalance', 'Of the test.', true,
              now(), now(), now())
            """)
        .param("pool", recorded.id())
        .param("vm", guest.value())
        .param("source", hosts.getLast().value())
        .param("target", host.value())
        .update();
  }

  /** Plan while all hosts are up, the first one the least loaded, which nobody else gets to see. */
  private HostId goal() {
    return Objects.requireNonNull(
        transaction.execute(
            status -> {
              jdbc.sql(
                      """
                      update host set state = 'UP', last_seen = now(), cores = 400,
                        memory_bytes = memory_bytes * case when id = :first then 32 else 1 end
                      where pool_id = :pool
                      """)
                  .param("first", hosts.getFirst().value())
                  .param("pool", recorded.id())
                  .update();
              var plan = plans.plan(hosts.getLast());
              status.setRollbackOnly();
              assertThat(plan.staying()).extracting(PassedOver::reason).isEmpty();
              return plan.moves().getFirst().target();
            }));
  }
}
