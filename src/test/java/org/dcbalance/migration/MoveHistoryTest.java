package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.inventory.Vm;
import org.junit.jupiter.api.Test;

/** What earlier moves teach about a route. */
class MoveHistoryTest extends MigrationFaults {
  @Test
  void aMoveWithinALimitTeachesNothingAboutItsRoute() {
    var vm = lab.guest("web-07", "kvm-01");
    moved(vm, 10_000, false, 3);
    double free = bandwidth();
    assertThat(free).isGreaterThan(90e6);
    moved(vm, 200_000, true, 6);
    assertThat(bandwidth()).isEqualTo(free);
    lab.jdbc.sql("update migration set bandwidth_limited = false").update();
    assertThat(bandwidth()).isLessThan(free / 2);
  }

  private double bandwidth() {
    return new MoveHistory(lab.jdbc)
        .route(lab.host("kvm-01"), lab.host("kvm-02"))
        .bandwidth()
        .bytesPerSecond();
  }

  private void moved(Vm vm, int millis, boolean limited, int times) {
    lab.jdbc
        .sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, method, why, requested_by,
              created_at, started_at, finished_at, downtime_millis, total_millis, bytes, bandwidth_limited)
            select s.pool_id, :vm, s.id, t.id, 'COMPLETED', 'DONE', 'PRE_COPY', 'Asked for by hand.', 'amy',
              now(), now(), now() + n * interval '1 second', 100, :millis, 1000000000, :limited
            from host s join host t on t.id = :target cross join generate_series(1, :times) n
            where s.id = :source
            """)
        .param("vm", vm.id().value())
        .param("millis", millis)
        .param("limited", limited)
        .param("times", times)
        .param("source", lab.host("kvm-01").id().value())
        .param("target", lab.host("kvm-02").id().value())
        .update();
  }
}
