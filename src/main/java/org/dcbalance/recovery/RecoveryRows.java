package org.dcbalance.recovery;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Store which VMs of lost hosts were restored elsewhere. */
@Component
class RecoveryRows {
  private final JdbcClient jdbc;

  RecoveryRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * A VM that was restored elsewhere, or is being so.
   *
   * @param lost the host that it was on
   * @param restored where it was restored
   * @param on where the inventory has it now
   * @param state of the restore
   * @param twin its state on the lost host since that answers again; null before
   */
  record Recovered(
      long id,
      HostId lostId,
      String lost,
      VmId vmId,
      String vm,
      long checkpoint,
      Instant capturedAt,
      String restored,
      HostId on,
      String state,
      String sentence,
      @Nullable GuestState twin) {}

  /** What a VM can be restored from. */
  record Last(long checkpoint, @Nullable Instant capturedAt) {}

  /** Find the last complete checkpoint of each VM of a host that has one. */
  Map<VmId, Last> last(HostId host) {
    var found = new HashMap<VmId, Last>();
    jdbc.sql(
            """
            select distinct on (c.vm_id) c.vm_id, c.id, c.captured_at
            from checkpoint c join vm v on v.id = c.vm_id
            where v.host_id = :host and c.state = 'COMPLETE'
            order by c.vm_id, c.id desc
            """)
        .param("host", host.value())
        .query(
            row -> {
              var at = row.getObject("captured_at", OffsetDateTime.class);
              found.put(
                  new VmId(row.getLong("vm_id")),
                  new Last(row.getLong("id"), at == null ? null : at.toInstant()));
            });
    return found;
  }

  long add(long fencing, VmId vm, long restore) {
    return jdbc.sql(
            """
            insert into host_recovery (fencing_id, vm_id, restore_id)
            values (:fencing, :vm, :restore) returning id
            """)
        .param("fencing", fencing)
        .param("vm", vm.value())
        .param("restore", restore)
        .query(Long.class)
        .single();
  }

  /** List those that are not settled yet, newest first. */
  List<Recovered> open() {
    return jdbc.sql(
            """
            select w.id, f.host_id, l.name as lost, w.vm_id, v.name as vm, r.checkpoint_id, c.captured_at,
              h.name as restored, v.host_id as on_host, r.state, r.sentence, w.twin
            from host_recovery w
              join host_fencing f on f.id = w.fencing_id
              join host l on l.id = f.host_id
              join vm v on v.id = w.vm_id
              join checkpoint_restore r on r.id = w.restore_id
              join host h on h.id = r.host_id
              join checkpoint c on c.id = r.checkpoint_id
            where w.cleared_at is null
            order by w.id desc
            """)
        .query(
            (row, n) -> {
              var twin = row.getString("twin");
              return new Recovered(
                  row.getLong("id"),
                  new HostId(row.getLong("host_id")),
                  row.getString("lost"),
                  new VmId(row.getLong("vm_id")),
                  row.getString("vm"),
                  row.getLong("checkpoint_id"),
                  row.getObject("captured_at", OffsetDateTime.class).toInstant(),
                  row.getString("restored"),
                  new HostId(row.getLong("on_host")),
                  row.getString("state"),
                  row.getString("sentence"),
                  twin == null ? null : GuestState.valueOf(twin));
            })
        .list();
  }

  /** Keep what the lost host has of it; false if that was known. */
  boolean seen(long id, GuestState twin) {
    return jdbc.sql(
                """
                update host_recovery set twin = :twin,
                  twin_seen_at = coalesce(twin_seen_at, clock_timestamp())
                where id = :id and twin is distinct from :twin
                """)
            .param("twin", twin.name())
            .param("id", id)
            .update()
        > 0;
  }

  boolean clear(long id) {
    return jdbc.sql(
                "update host_recovery set cleared_at = clock_timestamp()"
                    + " where id = :id and cleared_at is null")
            .param("id", id)
            .update()
        > 0;
  }
}
