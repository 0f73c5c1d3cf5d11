package org.dcbalance.checkpoint;

import static org.dcbalance.database.Columns.instant;

import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dcbalance.checkpoint.VirtualCluster.Manner;
import org.dcbalance.checkpoint.VirtualCluster.Member;
import org.dcbalance.checkpoint.VirtualCluster.RestoreState;
import org.dcbalance.checkpoint.VirtualCluster.Restored;
import org.dcbalance.checkpoint.VirtualCluster.State;
import org.dcbalance.checkpoint.VirtualCluster.Taken;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Store virtual clusters, their checkpoints and their restores. */
@Component
class ClusterRows {
  private static final String TAKEN =
      """
      select t.*, c.name as cluster from cluster_checkpoint t join virtual_cluster c on c.id = t.cluster_id
      """;

  private final JdbcClient jdbc;
  private final CheckpointRows checkpoints;

  ClusterRows(JdbcClient jdbc, CheckpointRows checkpoints) {
    this.jdbc = jdbc;
    this.checkpoints = checkpoints;
  }

  List<VirtualCluster> clusters() {
    var members = members();
    return jdbc.sql(
            """
            select c.id, c.pool_id, p.name as pool, c.name, c.created_by, c.created_at
            from virtual_cluster c join pool p on p.id = c.pool_id order by c.name
            """)
        .query(
            (row, n) ->
                new VirtualCluster(
                    row.getLong("id"),
                    new PoolId(row.getLong("pool_id")),
                    row.getString("pool"),
                    row.getString("name"),
                    row.getString("created_by"),
                    row.getObject("created_at", OffsetDateTime.class).toInstant(),
                    members.getOrDefault(row.getLong("id"), List.of())))
        .list();
  }

  private Map<Long, List<Member>> members() {
    var byCluster = new HashMap<Long, List<Member>>();
    jdbc.sql(
            """
            select m.cluster_id, v.id, v.name, h.name as host,
              v.state = 'RUNNING' and v.gone_since is null as running
            from virtual_cluster_vm m join vm v on v.id = m.vm_id join host h on h.id = v.host_id
            order by v.name, v.id
            """)
        .query(
            row -> {
              byCluster
                  .computeIfAbsent(row.getLong("cluster_id"), _ -> new ArrayList<>())
                  .add(
                      new Member(
                          new VmId(row.getLong("id")),
                          row.getString("name"),
                          row.getString("host"),
                          row.getBoolean("running")));
            });
    return byCluster;
  }

  Optional<VirtualCluster> find(long id) {
    return clusters().stream().filter(c -> c.id() == id).findFirst();
  }

  long add(PoolId pool, String name, List<VmId> vms, Operator by) {
    long id =
        jdbc.sql(
                """
                insert into virtual_cluster (pool_id, name, created_by) values (:pool, :name, :by)
                returning id
                """)
            .param("pool", pool.value())
            .param("name", name)
            .param("by", by.name())
            .query(Long.class)
            .single();
    for (var vm : vms) {
      jdbc.sql("insert into virtual_cluster_vm values (:cluster, :vm)")
          .param("cluster", id)
          .param("vm", vm.value())
          .update();
    }
    return id;
  }

  void remove(long id) {
    jdbc.sql("delete from virtual_cluster where id = :id").param("id", id).update();
  }

  long addTaken(long cluster, Manner manner, String why, Operator by) {
    return jdbc.sql(
            """
            insert into cluster_checkpoint (cluster_id, manner, state, why, requested_by)
            values (:cluster, :manner, 'PENDING', :why, :by) returning id
            """)
        .param("manner", manner.name())
        .param("cluster", cluster)
        .param("why", why)
        .param("by", by.name())
        .query(Long.class)
        .single();
  }

  List<Taken> ofCluster(long cluster) {
    return taken(
        TAKEN + "where t.cluster_id = :id and t.state <> 'DELETED' order by t.id desc", cluster);
  }

  Optional<Taken> findTaken(long id) {
    return taken(TAKEN + "where t.id = :id", id).stream().findFirst();
  }

  List<Taken> open() {
    return taken(
        TAKEN
            + """
            where t.state in ('PENDING', 'TAKING') or exists (
              select from cluster_restore r where r.cluster_checkpoint_id = t.id
                and r.state in ('PENDING', 'RESTORING'))
            order by t.id
            """,
        null);
  }

  private List<Taken> taken(String sql, @Nullable Long id) {
    return jdbc
        .sql(sql)
        .param("id", id)
        .query(
            (row, n) ->
                new Taken(
                    row.getLong("id"),
                    row.getLong("cluster_id"),
                    row.getString("cluster"),
                    Manner.valueOf(row.getString("manner")),
                    State.valueOf(row.getString("state")),
                    row.getString("step"),
                    row.getString("why"),
                    row.getString("requested_by"),
                    row.getObject("requested_at", OffsetDateTime.class).toInstant(),
                    instant(row, "finished_at"),
                    row.getObject("pause_millis", Long.class),
                    row.getString("sentence"),
                    List.of(),
                    List.of()))
        .list()
        .stream()
        // the connection is given back by now: whoever keeps one and waits for another blocks all
        .map(each -> each.with(checkpoints.ofCluster(each.id()), restores(each.id())))
        .toList();
  }

  private List<Restored> restores(long taken) {
    return jdbc.sql(
            "select * from cluster_restore where cluster_checkpoint_id = :taken order by id desc")
        .param("taken", taken)
        .query(
            (row, n) ->
                new Restored(
                    row.getLong("id"),
                    RestoreState.valueOf(row.getString("state")),
                    row.getString("step"),
                    row.getString("requested_by"),
                    row.getObject("requested_at", OffsetDateTime.class).toInstant(),
                    instant(row, "finished_at"),
                    row.getObject("running_millis", Long.class),
                    row.getString("sentence")))
        .list();
  }

  void step(long id, String step) {
    jdbc.sql("update cluster_checkpoint set state = 'TAKING', step = :step where id = :id")
        .param("step", step)
        .param("id", id)
        .update();
  }

  void paused(long id, long millis) {
    jdbc.sql("update cluster_checkpoint set pause_millis = :millis where id = :id")
        .param("millis", millis)
        .param("id", id)
        .update();
  }

  void end(long id, State state, String sentence) {
    jdbc.sql(
            """
            update cluster_checkpoint set state = :state, sentence = :sentence, step = '',
              finished_at = coalesce(finished_at, clock_timestamp()) where id = :id
            """)
        .param("state", state.name())
        .param("sentence", sentence)
        .param("id", id)
        .update();
  }

  long addRestore(long taken, Operator by) {
    return jdbc.sql(
            """
            insert into cluster_restore (cluster_checkpoint_id, state, requested_by)
            values (:taken, 'PENDING', :by) returning id
            """)
        .param("taken", taken)
        .param("by", by.name())
        .query(Long.class)
        .single();
  }

  void restoreStep(long id, String step) {
    jdbc.sql("update cluster_restore set state = 'RESTORING', step = :step where id = :id")
        .param("step", step)
        .param("id", id)
        .update();
  }

  void sayRestore(long id, String sentence) {
    jdbc.sql("update cluster_restore set sentence = :sentence where id = :id")
        .param("sentence", sentence)
        .param("id", id)
        .update();
  }

  void endRestore(long id, RestoreState state, @Nullable Long millis, String sentence) {
    jdbc.sql(
            """
            update cluster_restore set state = :state, running_millis = :millis, sentence = :sentence,
              step = '', finished_at = clock_timestamp() where id = :id
            """)
        .param("state", state.name())
        .param("millis", millis)
        .param("sentence", sentence)
        .param("id", id)
        .update();
  }
}
