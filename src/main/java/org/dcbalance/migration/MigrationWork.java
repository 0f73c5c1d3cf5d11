package org.dcbalance.migration;

import java.util.Optional;
import org.dcbalance.inventory.VmWork;
import org.dcbalance.units.VmId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** A migration that is queued, runs, or is lost keeps its VM to itself. */
@Component
class MigrationWork implements VmWork {
  private final JdbcClient jdbc;

  MigrationWork(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  public Optional<String> on(VmId vm) {
    return jdbc.sql(
            """
            select format('A migration of %s is %s.', v.name,
              case m.state when 'PENDING' then 'queued' when 'LOST' then 'lost' else 'running' end)
            from migration m join vm v on v.id = m.vm_id
            where m.vm_id = :vm and m.state in ('PENDING', 'RUNNING', 'LOST')
            order by m.id limit 1
            """)
        .param("vm", vm.value())
        .query(String.class)
        .optional();
  }
}
