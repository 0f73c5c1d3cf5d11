package org.dcbalance.checkpoint;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.dcbalance.hypervisor.CopiedDisks;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Tell the guests that were restored and whose disks are being made their own. */
@Component
class DetachingGuests implements CopiedDisks {
  private final JdbcClient jdbc;

  DetachingGuests(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  public Set<UUID> guests() {
    return new HashSet<>(
        jdbc.sql(
                """
                select coalesce(r.copy_uuid, v.uuid)
                from checkpoint_restore r join vm v on v.id = r.vm_id
                where r.state = 'DETACHING'
                """)
            .query(UUID.class)
            .list());
  }
}
