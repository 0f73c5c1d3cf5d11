package org.dcbalance.checkpoint;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.Checkpoint.CopyOf;
import org.dcbalance.checkpoint.Checkpoint.DiskCopy;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Store checkpoints and their restores. */
@Component
class CheckpointRows {
  private final JdbcClient jdbc;
  private final FastCopies fast;

  CheckpointRows(JdbcClient jdbc, FastCopies fast) {
    this.jdbc = jdbc;
    this.fast = fast;
  }

  /** Which ones to list; null for all. */
  record Filter(@Nullable Long vm, @Nullable State state) {}

  List<Checkpoint> newest(Filter filter, @Nullable Long before, int most) {
    return list(
        """
        where (cast(:vm as bigint) is null or c.vm_id = :vm)
          and (cast(:state as text) is null and c.state <> 'DELETED' or c.state = :state)
          and (cast(:before as bigint) is null or c.id < :before)
        order by c.id desc limit :most
        """,
        filter.vm(),
        filter.state() == null ? null : filter.state().name(),
        before,
        most);
  }

  Optional<Checkpoint> find(long id) {
    return list("where c.id = :vm", id, null, null, 1).stream().findFirst();
  }

  Restore restore(long checkpoint, long id) {
    return find(checkpoint).orElseThrow().restores().stream()
        .filter(r -> r.id() == id)
        .findFirst()
        .orElseThrow();
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
        1);
  }

  private List<Checkpoint> list(
      String which, @Nullable Long vm, @Nullable String state, @Nullable Long before, int most) {
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
            .param("vm", vm)
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
    var restores = restores(ids);
    var copies = fast.of(ids);
    return found.stream()
        .map(
            c ->
                with(
                    c,
                    copies.get(c.id()),
                    disks.getOrDefault(c.id(), List.of()),
                    restores.getOrDefault(c.id(), List.of())))
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

  private record RestoreOf(long checkpoint, Restore restore) {}

  private Map<Long, List<Restore>> restores(List<Long> ids) {
    return jdbc
        .sql(
            """
            select r.*, h.name as host from checkpoint_restore r join host h on h.id = r.host_id
            where r.checkpoint_id in (:ids) order by r.id desc
            """)
        .param("ids", ids)
        .query(
            (row, n) ->
                new RestoreOf(
                    row.getLong("checkpoint_id"),
                    new Restore(
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
                        copy(row))))
        .list()
        .stream()
        .collect(
            Collectors.groupingBy(
                RestoreOf::checkpoint,
                Collectors.mapping(RestoreOf::restore, Collectors.toList())));
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

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    var at = row.getObject(column, OffsetDateTime.class);
    return at == null ? null : at.toInstant();
  }

  /** Give what the names of a checkpoint's volumes begin with. */
  String prefix(long id) {
    return jdbc.sql("select prefix from checkpoint where id = :id")
        .param("id", id)
        .query(String.class)
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
            "where c.before_migration = :vm order by c.id desc limit 1", migration, null, null, 1)
        .stream()
        .findFirst();
  }

  List<Checkpoint> ofCluster(long clusterCheckpoint) {
    return list(
        "where c.cluster_checkpoint_id = :vm order by c.id", clusterCheckpoint, null, null, 1);
  }

  /** Write down that its VM is paused for it, or runs again. */
  void held(long id, boolean held) {
    jdbc.sql("update checkpoint set held = :held where id = :id")
        .param("held", held)
        .param("id", id)
        .update();
  }

  boolean held(long id) {
    return jdbc.sql("select held from checkpoint where id = :id")
        .param("id", id)
        .query(Boolean.class)
        .single();
  }

  /** Write down the limits that its VM had, before it gets others. */
  void limited(long id, Limits before) {
    jdbc.sql(
            """
            update checkpoint set downtime_before_millis = :downtime, bandwidth_before_mib = :bandwidth
            where id = :id
            """)
        .param("downtime", before.pause().toMillis())
        .param("bandwidth", (long) (before.bandwidth().bytesPerSecond() / (1 << 20)))
        .param("id", id)
        .update();
  }

  /** Write down that its VM has its own limits again. */
  void unlimited(long id) {
    jdbc.sql(
            """
            update checkpoint set downtime_before_millis = null, bandwidth_before_mib = null
            where id = :id
            """)
        .param("id", id)
        .update();
  }

  /** Give the limits that its VM is to have again; empty if it has them. */
  Optional<Limits> limits(long id) {
    return jdbc.sql(
            """
            select downtime_before_millis, bandwidth_before_mib from checkpoint
            where id = :id and downtime_before_millis is not null
            """)
        .param("id", id)
        .query(
            (row, n) ->
                new Limits(
                    Duration.ofMillis(row.getLong("downtime_before_millis")),
                    ByteRate.ofMiB(row.getLong("bandwidth_before_mib"))))
        .optional();
  }

  /** Make a restore part of that of a virtual cluster. */
  void joinRestore(long id, long clusterRestore) {
    jdbc.sql("update checkpoint_restore set cluster_restore_id = :cluster where id = :id")
        .param("cluster", clusterRestore)
        .param("id", id)
        .update();
  }

  long addRestore(Checkpoint of, HostId host, Manner manner, boolean replaces, Operator by) {
    return addRestore(of, host, manner, replaces, null, by);
  }

  /** Add one of a copy, which leaves the VM itself alone. */
  long addCopy(Checkpoint of, HostId host, CopyOf copy, Operator by) {
    return addRestore(of, host, Manner.EAGER, false, copy, by);
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

  private long addRestore(
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

  void restoreStep(long id, RestoreState state, String step, long epoch) {
    jdbc.sql(
            "update checkpoint_restore set state = :state, step = :step, epoch = :epoch where id ="
                + " :id")
        .param("state", state.name())
        .param("step", step)
        .param("epoch", epoch)
        .param("id", id)
        .update();
  }

  void restoreRuns(long id, long millis) {
    jdbc.sql("update checkpoint_restore set running_millis = :millis where id = :id")
        .param("millis", millis)
        .param("id", id)
        .update();
  }

  /** Keep how a restore is done, and why otherwise than it was asked for. */
  void restoreDoneAs(long id, Manner manner, String fellBack) {
    jdbc.sql("update checkpoint_restore set done_as = :manner, fell_back = :why where id = :id")
        .param("manner", manner.name())
        .param("why", fellBack)
        .param("id", id)
        .update();
  }

  void restoreSays(long id, String sentence) {
    jdbc.sql("update checkpoint_restore set sentence = :sentence where id = :id")
        .param("sentence", sentence)
        .param("id", id)
        .update();
  }

  void endRestore(long id, RestoreState state, String sentence) {
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

  /** Say in a sentence what goes on with a VM; empty if nothing does. */
  Optional<String> work(VmId vm) {
    return jdbc.sql(
            """
            select format('A checkpoint of %s is being taken.', v.name)
            from checkpoint c join vm v on v.id = c.vm_id
            where c.vm_id = :vm and c.state in ('PENDING', 'TAKING', 'CLEANING')
            union all
            select format('%s is being restored from a checkpoint.', v.name)
            from checkpoint_restore r join vm v
              on r.copy_uuid is null and v.id = r.vm_id or v.uuid = r.copy_uuid
            where v.id = :vm and r.state in ('PENDING', 'RESTORING', 'DETACHING')
            limit 1
            """)
        .param("vm", vm.value())
        .query(String.class)
        .optional();
  }
}
