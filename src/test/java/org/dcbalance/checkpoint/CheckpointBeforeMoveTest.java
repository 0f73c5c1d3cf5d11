package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.inventory.BeforeMove.Progress;
import org.dcbalance.inventory.BeforeMove.Step;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.VmId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

/** How far a checkpoint before a move is, in PostgreSQL; no runner ever sees these. */
@ConsoleTest
@Transactional
class CheckpointBeforeMoveTest {
  @Autowired private CheckpointBeforeMove before;
  @Autowired private CheckpointRows rows;
  @Autowired private JdbcClient jdbc;
  private long vm;
  private long migration;

  @BeforeEach
  void order() {
    vm = AnyVm.id(jdbc);
    migration =
        jdbc.sql(
                """
                insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
                  created_at)
                select h.pool_id, v.id, h.id, h.id, 'RUNNING', 'CHECKS', '', 'amy', now()
                from vm v join host h on h.id = v.host_id where v.id = :vm returning id
                """)
            .param("vm", vm)
            .query(Long.class)
            .single();
  }

  private void taken(String state) {
    long id =
        jdbc.sql(
                """
                insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why, requested_by,
                  sentence)
                select v.id, h.pool_id, h.id, 'cp', 'dcb-before', :state, true, '', 'amy', 'As it was.'
                from vm v join host h on h.id = v.host_id where v.id = :vm returning id
                """)
            .param("state", state)
            .param("vm", vm)
            .query(Long.class)
            .single();
    rows.before(id, migration);
  }

  @Test
  void nothingIsBegunByAsking() {
    assertThat(before.begun(migration)).isEmpty();
    assertThat(rows.beforeMigration(migration)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "PENDING, UNDER_WAY",
    "TAKING, UNDER_WAY",
    "CLEANING, UNDER_WAY",
    "COMPLETE, DONE",
    "FAILED, FAILED"
  })
  void whatWasBegunIsFoundByItsMigration(String state, Step step) {
    taken(state);
    assertThat(before.begun(migration)).map(Progress::step).contains(step);
    assertThat(before.of(new VmId(vm), migration).step())
        .as("another one is not begun")
        .isEqualTo(step);
  }
}
