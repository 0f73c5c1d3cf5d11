package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.dcbalance.inventory.AddressProbe.Heard;
import org.dcbalance.recovery.Recoveries;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** A host that is said to be off, and something that is heard there all the same. */
@ConsoleTest
class HostFencingTest {
  private static final Heard SILENT = new Heard(true, false, "Nothing answers at its address.");
  private static final Heard REFUSED = new Heard(false, true, "Something answers (SSH).");
  private static final Heard NO_NAME = new Heard(false, false, "Its name leads to no address now.");

  @Autowired private HostFencing fencing;
  @Autowired private Recoveries recoveries;
  @Autowired private TransactionTemplate transaction;
  @Autowired private JdbcClient jdbc;

  /** A kernel that refuses connections is a machine that is on, and may start its VMs. */
  @Test
  void isPassedOverOnlyAsLongAsNothingIsHeardThere() {
    transaction.executeWithoutResult(
        status -> {
          // nobody else sees what is said here
          status.setRollbackOnly();
          var host = lost();
          fencing.heard(host, SILENT);
          assertThat(fencing.silent()).contains(host);
          fencing.heard(host, NO_NAME);
          assertThat(fencing.silent()).as("a name that is gone is no answer").contains(host);
          fencing.heard(host, REFUSED);
          assertThat(fencing.silent()).doesNotContain(host);
          assertThat(fencing.fenced()).contains(host);
          assertThatThrownBy(() -> recoveries.recover(host, List.of(), null, new Operator("amy")))
              .hasMessageContaining("was said to be off, but it is not silent: Something answers");
        });
  }

  private HostId lost() {
    return new HostId(
        jdbc.sql(
                """
                with pool as (insert into pool (name) values ('fenced') returning id),
                  host as (insert into host (pool_id, name, uri, state)
                    select id, 'fenced-01', 'qemu+tcp://fenced.invalid/system', 'DOWN' from pool
                    returning id)
                insert into host_fencing (host_id, why, stated_by)
                select id, 'its power was cut', 'amy' from host returning host_id
                """)
            .query(Long.class)
            .single());
  }
}
