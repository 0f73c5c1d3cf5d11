package org.dcbalance.security;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.dcbalance.inventory.PoolPolicy;
import org.dcbalance.testing.Route;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.springframework.jdbc.core.simple.JdbcClient;

/** One of everything that pages are about, whose names and sentences all are hostile. */
final class HostileThings implements AutoCloseable {
  static final String EVIL = "<img src=x onerror=alert(1)>\"'`${7*7}[[7*7]]";

  /** Which thing the id in a path is that of. */
  private static final Map<String, String> IN_PATHS =
      Map.of(
          "/pools",
          "pool",
          "/hosts",
          "host",
          "/vms",
          "vm",
          "/migrations",
          "migration",
          "/rounds",
          "round",
          "/recommendations",
          "recommendation",
          "/checkpoints",
          "checkpoint",
          "/virtual-clusters",
          "cluster",
          "/settings/notifications",
          "mail");

  private final JdbcClient jdbc;
  private final Map<String, Object> known = new LinkedHashMap<>();

  HostileThings(JdbcClient jdbc, PoolPolicy pools) {
    this.jdbc = jdbc;
    known.put("name", EVIL);
    fleet(pools);
    decisions();
    checkpoints();
    notifications();
  }

  private void fleet(PoolPolicy pools) {
    var by = new Operator(EVIL);
    var pool =
        pools.add(("<img src=x onerror=alert(1)> " + UUID.randomUUID()).substring(0, 60), by).id();
    pools.change(
        pool,
        PoolPolicy.Change.shared(List.of("/srv/" + EVIL.replace("/", "")), List.of(EVIL), EVIL),
        by);
    // nothing is decided there
    pools.pause(pool, true, by);
    known.put("pool", pool.value());
    add(
        "host",
        """
        insert into host (pool_id, name, uri, uuid, state, state_detail, hypervisor, cores, memory_bytes)
        values (:pool, :name || ' ' || gen_random_uuid(), 'qemu+tcp://127.0.0.1:1/' || gen_random_uuid(),
          gen_random_uuid(), 'DOWN', :name, :name, 4, 4096) returning id
        """);
    add(
        "vm",
        """
        insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes, os_type,
          addresses, networks, never_move, never_move_note, disks)
        values (gen_random_uuid(), :host, :name, 'RUNNING', 1, 1024, 1024, :name, array[:name],
          array[:name], true, :name, '[]') returning id
        """);
    add(
        "placement",
        """
        insert into placement (vm_id, host_id, since, how) values (:vm, :host, now(), :name) returning id
        """);
    add(
        "rule",
        """
        insert into placement_rule (pool_id, name, kind, hard, added_by)
        values (:pool, :name, 'ON', true, :name) returning id
        """);
    add("rule", "insert into placement_rule_vm values (:rule, :vm) returning rule_id");
    add("rule", "insert into placement_rule_host values (:rule, :host) returning rule_id");
    add(
        "event",
        """
        insert into fleet_event (pool_id, host_id, vm_id, severity, kind, sentence)
        values (:pool, :host, :vm, 'BAD', 'tried', :name) returning id
        """);
    add(
        "fencing",
        """
        insert into host_fencing (host_id, why, stated_by) values (:host, :name, :name) returning id
        """);
    add(
        "evacuation",
        """
        insert into evacuation (host_id, state, guests, started_by, started_at, ended_by, ended_at, staying)
        values (:host, 'CANCELLED', 1, :name, now(), :name, now(),
          jsonb_build_array(jsonb_build_object('vmId', :vm, 'vm', :name, 'why', :name))) returning id
        """);
    jdbc.sql(
            """
            insert into host_rollup (resolution, at, host_id, samples, cpu_cores, cpu_cores_max, cores,
              memory_used_bytes, memory_bytes, net_received, net_sent, disk_read, disk_written)
            select 60, date_trunc('minute', now()) - n * interval '1 minute', :host, 12, 1, 1, 4, 1, 1, 0, 0, 0, 0
            from generate_series(1, 60) n
            """)
        .params(known)
        .update();
    jdbc.sql(
            """
            insert into vm_rollup (resolution, at, vm_id, samples, cpu_cores, cpu_cores_max, memory_bytes,
              net_received, net_sent, disk_read, disk_written)
            select 60, date_trunc('minute', now()) - n * interval '1 minute', :vm, 12, 1, 1, 1, 0, 0, 0, 0
            from generate_series(1, 60) n
            """)
        .params(known)
        .update();
  }

  private void decisions() {
    add(
        "round",
        """
        insert into round (pool_id, number, at, took_millis, strategy, outcome, threshold, window_seconds,
          sentence, requested_by, came_from, passed_over, terms)
        values (:pool, 1, now(), 1, 'DCbalance', 'BALANCED', 0.15, 60, :name, :name, :name,
          jsonb_build_array(jsonb_build_object('vmId', :vm, 'vm', :name, 'why', :name)),
          jsonb_build_array(jsonb_build_object('name', :name, 'value', 0.1, 'weight', 1))) returning id
        """);
    add(
        "recommendation",
        """
        insert into recommendation (pool_id, round_id, vm_id, source_id, target_id, priority, state, why,
          why_target, effects, cost, gain, imbalance_before, imbalance_after, created_at, expires_at,
          decided_at, decided_by, note)
        values (:pool, :round, :vm, :host, :host, 'HIGH', 'REJECTED', :name, :name,
          jsonb_build_array(jsonb_build_object('host', jsonb_build_object('value', :host), 'hostName', :name,
            'cpuBefore', 0.2, 'cpuAfter', 0.1, 'memoryBefore', 0.97, 'memoryAfter', 0.6)),
          '{"bytes": 2147483648, "millis": 20000, "downtimeMillis": 300, "converges": true, "pastMoves": 0,
            "measuredDirtyRate": true, "measuredBandwidth": true}', 0.2, 0.4, 0.1, now(),
          now() + interval '1 hour', now(), :name, :name) returning id
        """);
    add(
        "migration",
        """
        insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
          created_at, started_at, finished_at, sentence, downtime_millis, total_millis, method_why,
          guest_probe, retry_ended, most_attempts)
        values (:pool, :vm, :host, :host, 'COMPLETED', 'DONE', :name, :name, now(), now(), now(),
          :name, 310, 24000, :name, :name, :name, 2) returning id
        """);
    add(
        "log",
        """
        insert into migration_log (migration_id, phase, sentence) values (:migration, 'DONE', :name)
        returning id
        """);
  }

  private void checkpoints() {
    add(
        "cluster",
        """
        insert into virtual_cluster (pool_id, name, created_by)
        values (:pool, :name || ' ' || gen_random_uuid(), :name) returning id
        """);
    add("cluster", "insert into virtual_cluster_vm values (:cluster, :vm) returning cluster_id");
    add(
        "taken",
        """
        insert into cluster_checkpoint (cluster_id, state, why, requested_by, sentence)
        values (:cluster, 'COMPLETE', :name, :name, :name) returning id
        """);
    add(
        "checkpoint",
        """
        insert into checkpoint (vm_id, pool_id, host_id, storage, state, live, why, requested_by, captured_at,
          finished_at, memory_bytes, memory_sha256, sentence, cluster_checkpoint_id)
        values (:vm, :pool, :host, :name, 'COMPLETE', true, :name, :name, now(), now(), 1, :name, :name, :taken)
        returning id
        """);
    add(
        "checkpoint",
        """
        insert into checkpoint_disk (checkpoint_id, target, source, overlay, volume, sha256)
        values (:checkpoint, :name, :name, '', '', :name) returning checkpoint_id
        """);
    add(
        "restore",
        """
        insert into checkpoint_restore (checkpoint_id, vm_id, host_id, state, replaces, requested_by, sentence,
          copy_name, copy_uuid)
        values (:checkpoint, :vm, :host, 'FAILED', false, :name, :name, :name, gen_random_uuid()) returning id
        """);
    add(
        "schedule",
        """
        insert into checkpoint_schedule (vm_id, cron, keep_count, created_by, trouble)
        values (:vm, '0 0 2 1 1 *', 1, :name, :name) returning id
        """);
    add(
        "storage",
        """
        insert into checkpoint_storage (pool_id, storage, set_by) values (:pool, :name, :name)
        returning pool_id
        """);
  }

  private void notifications() {
    add(
        "webhook",
        """
        insert into notification_destination (name, kind, enabled, url, events, least_severity, created_by)
        values (:name, 'WEBHOOK', false, 'https://hooks.example.org/', '{HOST_BACK}', 'INFO', :name)
        returning id
        """);
    add(
        "mail",
        """
        insert into notification_destination (name, kind, enabled, smtp_host, smtp_port, smtp_security,
          smtp_user, sender, recipients, events, least_severity, created_by)
        values (:name || ' by mail', 'EMAIL', false, :name, 25, 'STARTTLS', :name, :name, array[:name],
          '{HOST_BACK}', 'INFO', :name) returning id
        """);
    jdbc.sql(
            """
            insert into secret (place, key_id, sealed, set_by)
            values ('notification/' || :mail || '/password', 'none', '', :name)
            """)
        .params(known)
        .update();
    for (var state : List.of("SENT", "GIVEN_UP")) {
      add(
          "delivery",
          """
          insert into notification_delivery (destination_id, event_id, event, severity, pool, sentence, path,
            state, attempts, tried_at, outcome)
          values (:webhook, gen_random_uuid(), 'HOST_BACK', 'INFO', :name, :name, '/hosts', '%s', 2, now(), :name)
          returning id
          """
              .formatted(state));
    }
  }

  private void add(String thing, String sql) {
    known.put(thing, jdbc.sql(sql).params(known).query(Long.class).single());
  }

  PoolId pool() {
    return new PoolId(id("pool"));
  }

  private long id(String thing) {
    return ((Number) Objects.requireNonNull(known.get(thing))).longValue();
  }

  /** Give the address at which a route shows one of these. */
  String address(Route route) {
    if (!route.ofOneThing()) {
      return route.path();
    }
    var thing = IN_PATHS.get(route.path().substring(0, route.path().indexOf("/{")));
    if (thing == null) {
      throw new AssertionError("No hostile thing is at " + route + ". Maybe add one here.");
    }
    return route.address(id(thing));
  }

  @Override
  public void close() {
    for (var each :
        List.of(
            "delete from secret where place = 'notification/' || :mail || '/password'",
            "delete from notification_destination where id in (:webhook, :mail)",
            "delete from vm_rollup where vm_id = :vm",
            "delete from host_rollup where host_id = :host",
            "delete from vm where id = :vm",
            "delete from host where id = :host",
            "delete from pool where id = :pool")) {
      jdbc.sql(each).params(known).update();
    }
  }
}
