package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Store which guests map the memory of which checkpoints, and where. */
@Component
class MemoryLeases {
  private final JdbcClient jdbc;

  MemoryLeases(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** A lease that has not ended. */
  record Lease(
      long id,
      long checkpoint,
      String storage,
      String prefix,
      long restore,
      HostId host,
      VmId vm) {}

  /** Lease a memory, before a guest can map it. */
  long begin(long checkpoint, long restore, HostId host, VmId vm) {
    return jdbc.sql(
            """
            insert into memory_lease (checkpoint_id, restore_id, host_id, vm_id)
            values (:checkpoint, :restore, :host, :vm) returning id
            """)
        .param("checkpoint", checkpoint)
        .param("restore", restore)
        .param("host", host.value())
        .param("vm", vm.value())
        .query(Long.class)
        .single();
  }

  List<Lease> open() {
    return list("");
  }

  /** List those of guests that have run for so long, and whose first pages were not noted yet. */
  List<Lease> untouched(Duration runningFor) {
    return list(
        """
        and l.touched_at is null and r.state in ('DETACHING', 'DONE')
        and l.since < clock_timestamp() - interval '%d seconds'
        """
            .formatted(runningFor.toSeconds()));
  }

  private List<Lease> list(String which) {
    return jdbc.sql(
            """
            select l.id, l.checkpoint_id, c.storage, c.prefix, l.restore_id, l.host_id, l.vm_id
            from memory_lease l join checkpoint c on c.id = l.checkpoint_id
              join checkpoint_restore r on r.id = l.restore_id
            where l.ended_at is null
            """
                + which
                + " order by l.id")
        .query(
            (row, n) ->
                new Lease(
                    row.getLong("id"),
                    row.getLong("checkpoint_id"),
                    row.getString("storage"),
                    row.getString("prefix"),
                    row.getLong("restore_id"),
                    new HostId(row.getLong("host_id")),
                    new VmId(row.getLong("vm_id"))))
        .list();
  }

  void touched(long id) {
    jdbc.sql("update memory_lease set touched_at = clock_timestamp() where id = :id")
        .param("id", id)
        .update();
  }

  void end(long id) {
    jdbc.sql(
            "update memory_lease set ended_at = clock_timestamp() where id = :id and ended_at is null")
        .param("id", id)
        .update();
  }

  /** Tell whether the restore that it was made for is still under way. */
  boolean beingRestored(Lease lease) {
    return jdbc.sql(
            """
            select exists (select from checkpoint_restore
              where id = :restore and state in ('PENDING', 'RESTORING'))
            """)
        .param("restore", lease.restore())
        .query(Boolean.class)
        .single();
  }
}
