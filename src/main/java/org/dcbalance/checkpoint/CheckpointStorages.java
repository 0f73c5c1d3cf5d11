package org.dcbalance.checkpoint;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.StateStorage.Room;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Know in which storage pool of its hosts the checkpoints of a pool's VMs are kept. */
@Component
public class CheckpointStorages {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private final JdbcClient jdbc;
  private final Pools pools;
  private final Hosts hosts;
  private final Connections connections;
  private final AuditLog audit;
  private final TransactionTemplate transaction;

  CheckpointStorages(
      JdbcClient jdbc,
      Pools pools,
      Hosts hosts,
      Connections connections,
      AuditLog audit,
      TransactionTemplate transaction) {
    this.jdbc = jdbc;
    this.pools = pools;
    this.hosts = hosts;
    this.connections = connections;
    this.audit = audit;
    this.transaction = transaction;
  }

  /** The storage of a pool; the name is null where none was chosen. */
  public record Storage(
      long poolId,
      String pool,
      @Nullable String name,
      @Nullable String setBy,
      @Nullable Instant setAt) {}

  /**
   * What a host has of it.
   *
   * @param problem why it cannot be used there; null if it can
   */
  public record OnHost(
      String host,
      @Nullable Long capacityBytes,
      @Nullable Long availableBytes,
      @Nullable String problem) {}

  /** List the pools that are not simulated, with their storages. */
  public List<Storage> all() {
    return jdbc.sql(
            """
            select p.id, p.name as pool, s.storage, s.set_by, s.set_at
            from pool p left join checkpoint_storage s on s.pool_id = p.id
            where not p.simulated order by p.name
            """)
        .query(
            (row, n) -> {
              var at = row.getObject("set_at", OffsetDateTime.class);
              return new Storage(
                  row.getLong("id"),
                  row.getString("pool"),
                  row.getString("storage"),
                  row.getString("set_by"),
                  at == null ? null : at.toInstant());
            })
        .list();
  }

  public Optional<String> of(PoolId pool) {
    return jdbc.sql("select storage from checkpoint_storage where pool_id = :pool")
        .param("pool", pool.value())
        .query(String.class)
        .optional();
  }

  /** Ask each host of a pool what it has of its storage; hosts that are not up are left out. */
  public List<OnHost> onHosts(PoolId pool) {
    var storage = of(pool);
    if (storage.isEmpty()) {
      return List.of();
    }
    return hosts.findByPoolIdOrderByName(pool.value()).stream()
        .filter(host -> host.state() == Host.State.UP)
        .map(host -> onHost(host, storage.get()))
        .toList();
  }

  private OnHost onHost(Host host, String storage) {
    try {
      Room room = connections.to(host).states().room(storage);
      return new OnHost(host.name(), room.capacity().bytes(), room.available().bytes(), null);
    } catch (HypervisorException e) {
      return new OnHost(host.name(), null, null, e.sentence());
    }
  }

  /**
   * Choose the storage of a pool, or none with null.
   *
   * @throws Problem NOT_FOUND; BAD_REQUEST for what is no name; REFUSED if a host that is up does
   *     not have it
   */
  public void choose(PoolId id, @Nullable String storage, Operator by) {
    var pool =
        pools
            .findById(id.value())
            .orElseThrow(
                () -> new Problem(ErrorCode.NOT_FOUND, "There is no pool " + id + ".", null));
    var chosen = storage == null || storage.isBlank() ? null : storage.strip();
    if (chosen != null) {
      check(id, chosen);
    }
    transaction.executeWithoutResult(status -> store(id, pool.name(), chosen, by));
  }

  private void store(PoolId id, String pool, @Nullable String storage, Operator by) {
    var before = of(id).orElse(null);
    if (storage == null) {
      jdbc.sql("delete from checkpoint_storage where pool_id = :pool")
          .param("pool", id.value())
          .update();
    } else {
      jdbc.sql(
              """
              insert into checkpoint_storage (pool_id, storage, set_by) values (:pool, :storage, :by)
              on conflict (pool_id) do update
              set storage = excluded.storage, set_by = excluded.set_by, set_at = excluded.set_at
              """)
          .param("pool", id.value())
          .param("storage", storage)
          .param("by", by.name())
          .update();
    }
    audit.change(
        by,
        Act.POOL_CHANGED,
        Thing.pool(id, pool),
        Facts.of("checkpointStorage", before),
        Facts.of("checkpointStorage", storage));
  }

  private void check(PoolId pool, String storage) {
    if (!NAME.matcher(storage).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"" + storage + "\" is not a name of a storage pool.",
          "Maybe use the name that virsh pool-list shows on the hosts.");
    }
    var missing = new ArrayList<String>();
    for (var host : hosts.findByPoolIdOrderByName(pool.value())) {
      if (host.state() == Host.State.UP) {
        var there = onHost(host, storage);
        if (there.problem() != null) {
          missing.add(host.name() + ": " + there.problem());
        }
      }
    }
    if (!missing.isEmpty()) {
      throw new Problem(
          ErrorCode.REFUSED,
          String.join(" ", missing),
          "Maybe define a storage pool of that name, on storage that all hosts share, on each host.");
    }
  }
}
