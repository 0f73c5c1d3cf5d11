package org.dcbalance.checkpoint;

import static org.dcbalance.database.Columns.instant;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.Checkpoint.DiskCopy;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Store checkpoints and their disks, and give them with what was made of them. */
@Component
class CheckpointRows {
  private final JdbcClient jdbc;
  private final FastCopies fast;
  private final RestoreRows restores;

  CheckpointRows(JdbcClient jdbc, FastCopies fast, RestoreRows restores) {
    this.jdbc = jdbc;
    this.fast = fast;
    this.restores = restores;
  }

  /** Which ones to list; null for all. */
  record Filter(@Nullable Long vm, @Nullable Long pool, @Nullable State state) {}

  List<Checkpoint> newest(Filter filter, @Nullable Long before, int most) {
    return list(
        """
        where (cast(:of as bigint) is null or c.vm_id = :of)
          and (cast(:pool as bigint) is null or c.pool_id = :pool)
          and (cast(:state as text) is null and c.state <> 'DELETED' or c.state = :state)
          and (cast(:before as bigint) is null or c.id < :before)
        order by c.id desc limit :most
        """,
        filter.vm(),
        filter.pool(),
        filter.state() == null ? null : filter.state().name(),
        before,
        most);
  }

  Optional<Checkpoint> find(long id) {
    return list("where c.id = :of", id, null, null, null, 1).stream().findFirst();
  }

  /** List those that somebody has to work on, or on whose restores. */
  List<Checkpoint> open() {
    return list(
        """
        where c.state in ('PENDING', 'TAKING', 'CLEANING', 'VERIFYING', 'DELETING')
          or exists (select from checkpoint_restore r where r.checkpoint_id = c.id
            and r.state in ('PENDING', 'RESTORING', 'DETACHING'))
        order by c.id
        """,
        null,
        null,
        null,
        null,
        1);
  }

  private List<Checkpoint> list(
      String which,
      @Nullable Long of,
      @Nullable Long pool,
      @Nullable String state,
      @Nullable Long before,
      int most) {
    var found =
        jdbc.sql(
                """
                select c.id, c.vm_id, v.name as vm, c.host_id, h.name as host, c.storage, c.state, c.step,
                  c.live, c.why, c.requested_by, c.requested_at, c.captured_at, c.finished_at,
                  c.pause_millis, c.total_millis, c.memory_bytes, c.memory_sha256, c.verified_at,
                  c.sentence, c.cluster_checkpoint_id
                from checkpoint c join vm v on v.id = c.vm_id join host h on h.id = c.host_id
                """
                    + which)
            .param("of", of)
            .param("pool", pool)
            .param("state", state)
            .param("before", before)
            .param("most", most)
            .query((row, n) -> checkpoint(row))
            .list();
    var ids = found.stream().map(Checkpoint::id).toList();
    if (ids.isEmpty()) {
      return found;
    }
    var disks = disks(ids);
    var copies = fast.of(ids);
    var restored = restores.of(ids);
    return found.stream()
        .map(
            c ->
                with(
                    c,
                    copies.get(c.id()),
                    disks.getOrDefault(c.id(), List.of()),
                    restored.getOrDefault(c.id(), List.of())))
        .toList();
  }

  private static Checkpoint checkpoint(ResultSet row) throws SQLException {
    return new Checkpoint(
        row.getLong("id"),
        new VmId(row.getLong("vm_id")),
        row.getString("vm"),
        new HostId(row.getLong("host_id")),
        row.getString("host"),
        row.getString("storage"),
        State.valueOf(row.getString("state")),
        row.getString("step"),
        row.getBoolean("live"),
        row.getString("why"),
        row.getString("requested_by"),
        row.getObject("requested_at", OffsetDateTime.class).toInstant(),
        instant(row, "captured_at"),
        instant(row, "finished_at"),
        row.getObject("pause_millis", Long.class),
        row.getObject("total_millis", Long.class),
        row.getObject("memory_bytes", Long.class),
        row.getString("memory_sha256"),
        instant(row, "verified_at"),
        row.getString("sentence"),
        row.getObject("cluster_checkpoint_id", Long.class),
        null,
        List.of(),
        List.of());
  }

  private static Checkpoint with(
      Checkpoint c, @Nullable FastCopy fast, List<DiskCopy> disks, List<Restore> restores) {
    return new Checkpoint(
        c.id(),
        c.vmId(),
        c.vm(),
        c.hostId(),
        c.host(),
        c.storage(),
        c.state(),
        c.step(),
        c.live(),
        c.why(),
        c.requestedBy(),
        c.requestedAt(),
        c.capturedAt(),
        c.finishedAt(),
        c.pauseMillis(),
        c.totalMillis(),
        c.memoryBytes(),
        c.memorySha256(),
        c.verifiedAt(),
        c.sentence(),
        c.clusterCheckpointId(),
        fast,
        disks,
        restores);
  }

  private record DiskOf(long checkpoint, DiskCopy disk) {}

  private Map<Long, List<DiskCopy>> disks(List<Long> ids) {
    return jdbc
        .sql("select * from checkpoint_disk where checkpoint_id in (:ids) order by target")
        .param("ids", ids)
        .query(
            (row, n) ->
                new DiskOf(
                    row.getLong("checkpoint_id"),
                    new DiskCopy(
                        row.getString("target"),
                        row.getString("source"),
                        row.getString("overlay"),
                        row.getString("volume"),
                        row.getObject("bytes", Long.class),
                        row.getString("sha256"))))
        .list()
        .stream()
        .collect(
            Collectors.groupingBy(
                DiskOf::checkpoint, Collectors.mapping(DiskOf::disk, Collectors.toList())));
  }

  /** Give what the names of a checkpoint's volumes begin with. */
  String prefix(long id) {
    return jdbc.sql("select prefix from checkpoint where id = :id")
        .param("id", id)
        .query(String.class)
        .single();
  }

  /** Give the pool of hosts in which it was taken, and whose storage it is kept in. */
  long pool(long id) {
    return jdbc.sql("select pool_id from checkpoint where id = :id")
        .param("id", id)
        .query(Long.class)
        .single();
  }

  /** Add one; its volumes' names begin with these words and its id. */
  long add(
      VmId vm,
      long pool,
      HostId host,
      String storage,
      String names,
      boolean live,
      String why,
      Operator by) {
    long id =
        jdbc.sql(
                """
                insert into checkpoint (vm_id, pool_id, host_id, storage, state, live, why, requested_by)
                values (:vm, :pool, :host, :storage, 'PENDING', :live, :why, :by) returning id
                """)
            .param("vm", vm.value())
            .param("pool", pool)
            .param("host", host.value())
            .param("storage", storage)
            .param("live", live)
            .param("why", why)
            .param("by", by.name())
            .query(Long.class)
            .single();
    jdbc.sql("update checkpoint set prefix = :prefix where id = :id")
        .param("prefix", names + id)
        .param("id", id)
        .update();
    return id;
  }

  /** Make it part of the checkpoint of a virtual cluster. */
  void join(long id, long clusterCheckpoint) {
    jdbc.sql("update checkpoint set cluster_checkpoint_id = :cluster where id = :id")
        .param("cluster", clusterCheckpoint)
        .param("id", id)
        .update();
  }

  /** Note for which migration it is taken. */
  void before(long id, long migration) {
    jdbc.sql("update checkpoint set before_migration = :migration where id = :id")
        .param("migration", migration)
        .param("id", id)
        .update();
  }

  Optional<Checkpoint> beforeMigration(long migration) {
    return list(
            "where c.before_migration = :of order by c.id desc limit 1",
            migration,
            null,
            null,
            null,
            1)
        .stream()
        .findFirst();
  }

  List<Checkpoint> ofCluster(long clusterCheckpoint) {
    return list(
        "where c.cluster_checkpoint_id = :of order by c.id",
        clusterCheckpoint,
        null,
        null,
        null,
        1);
  }

  /** Have everybody else who changes a checkpoint wait until the transaction ends. */
  void hold(long id) {
    jdbc.sql("select id from checkpoint where id = :id for update")
        .param("id", id)
        .query(row -> {});
  }

  /** Change the state, if it is one of those that are expected; false if it is another. */
  boolean change(long id, State from, State to) {
    return jdbc.sql("update checkpoint set state = :to, step = '' where id = :id and state = :from")
            .param("to", to.name())
            .param("id", id)
            .param("from", from.name())
            .update()
        == 1;
  }

  void step(long id, State state, String step, long epoch) {
    jdbc.sql("update checkpoint set state = :state, step = :step, epoch = :epoch where id = :id")
        .param("state", state.name())
        .param("step", step)
        .param("epoch", epoch)
        .param("id", id)
        .update();
  }

  void planned(long id, String prefix, List<FrozenDisk> disks) {
    for (var disk : disks) {
      jdbc.sql(
              """
              insert into checkpoint_disk (checkpoint_id, target, source, overlay, volume)
              values (:id, :target, :source, :overlay, :volume)
              """)
          .param("id", id)
          .param("target", disk.target())
          .param("source", disk.source())
          .param("overlay", disk.overlay())
          .param("volume", prefix + "." + disk.target())
          .update();
    }
  }

  void captured(long id, @Nullable Duration pause) {
    jdbc.sql(
            "update checkpoint set captured_at = clock_timestamp(), pause_millis = :pause where id"
                + " = :id")
        .param("pause", pause == null ? null : pause.toMillis())
        .param("id", id)
        .update();
  }

  /** Keep what a volume was when it was written; the target is null for the memory. */
  void written(long id, @Nullable String target, Verifying.Content content) {
    var sql =
        target == null
            ? "update checkpoint set memory_bytes = :bytes, memory_sha256 = :sum where id = :id"
            : "update checkpoint_disk set bytes = :bytes, sha256 = :sum"
                + " where checkpoint_id = :id and target = :target";
    jdbc.sql(sql)
        .param("bytes", content.bytes())
        .param("sum", content.sha256())
        .param("id", id)
        .param("target", target)
        .update();
  }

  void verified(long id) {
    jdbc.sql("update checkpoint set verified_at = clock_timestamp() where id = :id")
        .param("id", id)
        .update();
  }

  void end(long id, State state, String sentence) {
    jdbc.sql(
            """
            update checkpoint set state = :state, sentence = :sentence,
              finished_at = coalesce(finished_at, clock_timestamp()),
              total_millis = coalesce(total_millis,
                extract(epoch from clock_timestamp() - requested_at) * 1000)
            where id = :id
            """)
        .param("state", state.name())
        .param("sentence", sentence)
        .param("id", id)
        .update();
  }

  void say(long id, String sentence) {
    jdbc.sql("update checkpoint set sentence = :sentence where id = :id")
        .param("sentence", sentence)
        .param("id", id)
        .update();
  }

  /** Say in a sentence what goes on with a VM; empty if nothing does. */
  Optional<String> work(VmId vm) {
    return jdbc.sql(
            """
            select format('A checkpoint of %s is being taken.', v.name)
            from checkpoint c join vm v on v.id = c.vm_id
            where c.vm_id = :vm and c.state in ('PENDING', 'TAKING', 'CLEANING')
              -- one that a move under way waits for is that move's own
              and not exists (select from migration m
                where m.id = c.before_migration and m.state = 'RUNNING')
            union all
            select format(case r.state
                when 'DETACHING' then '%s was restored from checkpoint %s, on which its disks still rest.'
                else '%s is being restored from checkpoint %s.' end, v.name, r.checkpoint_id)
            from checkpoint_restore r join vm v
              on r.copy_uuid is null and v.id = r.vm_id or v.uuid = r.copy_uuid
            where v.id = :vm and r.state in ('PENDING', 'RESTORING', 'DETACHING')
            order by 1 limit 1
            """)
        .param("vm", vm.value())
        .query(String.class)
        .optional();
  }
}
