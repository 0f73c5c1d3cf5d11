package org.dcbalance.checkpoint;

import static org.dcbalance.database.Columns.instant;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.Checkpoint.CopyOf;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Store restores of checkpoints. */
@Component
class RestoreRows {
  private static final String RESTORE =
      """
      select r.*, h.name as host from checkpoint_restore r join host h on h.id = r.host_id
      """;

  private final JdbcClient jdbc;

  RestoreRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Restore find(long id) {
    return jdbc.sql(RESTORE + "where r.id = :id")
        .param("id", id)
        .query((row, n) -> restore(row))
        .single();
  }

  private record Of(long checkpoint, Restore restore) {}

  /** Give those of each checkpoint, newest first; a checkpoint without any is left out. */
  Map<Long, List<Restore>> of(List<Long> checkpoints) {
    return jdbc
        .sql(RESTORE + "where r.checkpoint_id in (:ids) order by r.id desc")
        .param("ids", checkpoints)
        .query((row, n) -> new Of(row.getLong("checkpoint_id"), restore(row)))
        .list()
        .stream()
        .collect(
            Collectors.groupingBy(
                Of::checkpoint, Collectors.mapping(Of::restore, Collectors.toList())));
  }

  private static Restore restore(ResultSet row) throws SQLException {
    return new Restore(
        row.getLong("id"),
        new HostId(row.getLong("host_id")),
        row.getString("host"),
        RestoreState.valueOf(row.getString("state")),
        row.getString("step"),
        Manner.valueOf(row.getString("manner")),
        manner(row.getString("done_as")),
        row.getString("fell_back"),
        row.getBoolean("replaces"),
        row.getString("requested_by"),
        row.getObject("requested_at", OffsetDateTime.class).toInstant(),
        instant(row, "finished_at"),
        row.getObject("running_millis", Long.class),
        row.getString("sentence"),
        row.getObject("cluster_restore_id", Long.class),
        copy(row));
  }

  private static @Nullable CopyOf copy(ResultSet row) throws SQLException {
    var uuid = row.getObject("copy_uuid", UUID.class);
    return uuid == null
        ? null
        : new CopyOf(row.getString("copy_name"), uuid, row.getString("copy_network"));
  }

  private static @Nullable Manner manner(@Nullable String name) {
    return name == null ? null : Manner.valueOf(name);
  }

  /** Add one of the VM itself. */
  long add(Checkpoint of, HostId host, Manner manner, boolean replaces, Operator by) {
    return add(of, host, manner, replaces, null, by);
  }

  /** Add one of a copy, which leaves the VM itself alone. */
  long addCopy(Checkpoint of, HostId host, CopyOf copy, Operator by) {
    return add(of, host, Manner.EAGER, false, copy, by);
  }

  private long add(
      Checkpoint of,
      HostId host,
      Manner manner,
      boolean replaces,
      @Nullable CopyOf copy,
      Operator by) {
    return jdbc.sql(
            """
            insert into checkpoint_restore (checkpoint_id, vm_id, host_id, state, manner, replaces,
              requested_by, copy_name, copy_uuid, copy_network)
            values (:checkpoint, :vm, :host, 'PENDING', :manner, :replaces, :by, :name, :uuid,
              :network)
            returning id
            """)
        .param("name", copy == null ? null : copy.name())
        .param("uuid", copy == null ? null : copy.uuid())
        .param("network", copy == null ? null : copy.network())
        .param("manner", manner.name())
        .param("checkpoint", of.id())
        .param("vm", of.vmId().value())
        .param("host", host.value())
        .param("replaces", replaces)
        .param("by", by.name())
        .query(Long.class)
        .single();
  }

  /** Tell whether a copy of that name is on its way. */
  boolean isBeingCopiedAs(String name) {
    return jdbc.sql(
            """
            select exists (select from checkpoint_restore
              where copy_name = :name and state in ('PENDING', 'RESTORING', 'DETACHING'))
            """)
        .param("name", name)
        .query(Boolean.class)
        .single();
  }

  /** Make it part of the restore of a virtual cluster. */
  void join(long id, long clusterRestore) {
    jdbc.sql("update checkpoint_restore set cluster_restore_id = :cluster where id = :id")
        .param("cluster", clusterRestore)
        .param("id", id)
        .update();
  }

  void step(long id, String step, long epoch) {
    jdbc.sql(
            """
            update checkpoint_restore set state = 'RESTORING', step = :step, epoch = :epoch
            where id = :id
            """)
        .param("step", step)
        .param("epoch", epoch)
        .param("id", id)
        .update();
  }

  void runs(long id, @Nullable Long millis, String sentence, long epoch) {
    jdbc.sql(
            """
            update checkpoint_restore set state = 'DETACHING',
              step = :step, running_millis = :millis, sentence = :sentence, epoch = :epoch
            where id = :id
            """)
        .param("step", Detaching.COPYING)
        .param("millis", millis)
        .param("sentence", sentence)
        .param("epoch", epoch)
        .param("id", id)
        .update();
  }

  /** Say how far the disks of what came back are. */
  void detaching(long id, String step, long epoch) {
    jdbc.sql("update checkpoint_restore set step = :step, epoch = :epoch where id = :id")
        .param("step", step)
        .param("epoch", epoch)
        .param("id", id)
        .update();
  }

  /** Keep how it is done, and why otherwise than it was asked for. */
  void doneAs(long id, Manner manner, String fellBack) {
    jdbc.sql("update checkpoint_restore set done_as = :manner, fell_back = :why where id = :id")
        .param("manner", manner.name())
        .param("why", fellBack)
        .param("id", id)
        .update();
  }

  void say(long id, String sentence) {
    jdbc.sql("update checkpoint_restore set sentence = :sentence where id = :id")
        .param("sentence", sentence)
        .param("id", id)
        .update();
  }

  void end(long id, RestoreState state, String sentence) {
    jdbc.sql(
            """
            update checkpoint_restore set state = :state, sentence = :sentence,
              finished_at = clock_timestamp() where id = :id
            """)
        .param("state", state.name())
        .param("sentence", sentence)
        .param("id", id)
        .update();
  }
}
