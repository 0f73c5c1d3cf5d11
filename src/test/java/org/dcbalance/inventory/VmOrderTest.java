package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Names of VMs are not unique, and lists of them are in one order all the same. */
@ConsoleTest
class VmOrderTest {
  private static final String NAME = "namesake";

  @Autowired private Vms vms;
  @Autowired private JdbcClient jdbc;

  @Test
  void vmsOfOneNameKeepTheirOrderWhicheverWasWrittenLast() {
    try (var pool = new RecordedPool(jdbc, "namesakes", 1)) {
      jdbc.sql("update vm set name = :name where name like 'namesakes-vm-%'")
          .param("name", NAME)
          .update();
      var ids =
          jdbc.sql("select id from vm where name = :name order by id")
              .param("name", NAME)
              .query(Long.class)
              .list();
      assertThat(ids).hasSize(4);
      // PostgreSQL puts the row behind the others
      jdbc.sql("update vm set vcpus = 8 where id = :id").param("id", ids.getFirst()).update();
      assertThat(vms.summaries())
          .filteredOn(vm -> vm.name().equals(NAME))
          .extracting(vm -> vm.id().value())
          .isEqualTo(ids);
      assertThat(vms.findByGoneSinceIsNullOrderByNameAscIdAsc())
          .filteredOn(vm -> vm.name().equals(NAME))
          .extracting(vm -> vm.id().value())
          .isEqualTo(ids);
      assertThat(vms.findByHostIdInAndGoneSinceIsNullOrderByNameAscIdAsc(List.of(host(pool))))
          .extracting(vm -> vm.id().value())
          .isEqualTo(ids.subList(0, 3));
    }
  }

  private long host(RecordedPool pool) {
    return jdbc.sql("select min(id) from host where pool_id = :pool")
        .param("pool", pool.id())
        .query(Long.class)
        .single();
  }
}
