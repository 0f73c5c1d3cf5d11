package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.Optional;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.VmId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Store what the capture of a checkpoint does to its VM, until that is undone. */
@Component
class CaptureRows {
  private final JdbcClient jdbc;

  CaptureRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
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

  /**
   * Tell whether a move has left something on a VM that is still to be put back; an autostart
   * changes nothing of it while it runs, and may wait for long.
   */
  boolean hasLeftOvers(VmId vm) {
    return jdbc.sql(
            "select exists (select from migration where vm_id = :vm and undo <> 'autostart=1')")
        .param("vm", vm.value())
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
}
