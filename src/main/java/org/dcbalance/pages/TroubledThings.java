package org.dcbalance.pages;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Look up the VMs that do not run as they should, and checkpoints that are no good. */
@Component
class TroubledThings {
  private final JdbcClient jdbc;

  TroubledThings(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * A VM.
   *
   * @param state CRASHED, PAUSED or SUSPENDED; GONE where its host no longer shows it
   * @param goneSince null unless it is gone
   */
  record TroubledVm(long id, String name, String host, String state, @Nullable Instant goneSince) {}

  /** A VM that is seen to run on two hosts. */
  record SplitVm(long id, String name, String host, String secondHost, Instant since) {
    public String sentence() {
      return "%s appears to run on %s and on %s. Nothing was changed. Maybe pause one copy now and check its disks."
          .formatted(name, host, secondHost);
    }
  }

  /** A checkpoint of which not the same comes back as was written. */
  record DamagedCheckpoint(long id, String vm, @Nullable Instant capturedAt, String sentence) {}

  /**
   * List crashed, paused and suspended VMs, and those that vanished since an instant. What a move
   * or a checkpoint of ours pauses is as it should be.
   */
  List<TroubledVm> vms(@Nullable PoolId pool, Instant goneSince) {
    return jdbc.sql(
            """
            select v.id, v.name, h.name as host, v.gone_since,
              case when v.gone_since is null then v.state else 'GONE' end as state
            from vm v join host h on h.id = v.host_id
            where h.removed_at is null and v.moving_to is null
              and (cast(:pool as bigint) is null or h.pool_id = :pool)
              and (v.gone_since >= :since
                or v.gone_since is null and v.state in ('CRASHED', 'PAUSED', 'SUSPENDED'))
              and not exists (select from checkpoint c
                where c.vm_id = v.id and c.state in ('TAKING', 'CLEANING'))
            order by v.name, v.id
            """)
        .param("pool", pool == null ? null : pool.value())
        .param("since", OffsetDateTime.ofInstant(goneSince, ZoneOffset.UTC))
        .query(new SimplePropertyRowMapper<>(TroubledVm.class))
        .list();
  }

  /** List the VMs that are seen to run on two hosts. */
  List<SplitVm> split(@Nullable PoolId pool) {
    return jdbc.sql(
            """
            select v.id, v.name, h.name as host, s.name as second_host, v.second_since as since
            from vm v join host h on h.id = v.host_id join host s on s.id = v.second_host_id
            where s.removed_at is null and (cast(:pool as bigint) is null or h.pool_id = :pool)
            order by v.name, v.id
            """)
        .param("pool", pool == null ? null : pool.value())
        .query(new SimplePropertyRowMapper<>(SplitVm.class))
        .list();
  }

  List<DamagedCheckpoint> checkpoints(@Nullable PoolId pool) {
    return jdbc.sql(
            """
            select c.id, v.name as vm, c.captured_at, c.sentence
            from checkpoint c join vm v on v.id = c.vm_id
            where c.state = 'DAMAGED' and (cast(:pool as bigint) is null or c.pool_id = :pool)
            order by c.id desc
            """)
        .param("pool", pool == null ? null : pool.value())
        .query(new SimplePropertyRowMapper<>(DamagedCheckpoint.class))
        .list();
  }
}
