package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.hypervisor.StateStorage.Writing;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Hold what virDomainGetJobStats or the job-completed event said about a job.
 *
 * @param type of virDomainJobType
 */
record JobStats(int type, TypedParameters values) {
  // virDomainJobType
  private static final int BOUNDED = 1;
  private static final int UNBOUNDED = 2;
  static final int COMPLETED = 3;

  // virDomainJobOperation
  private static final long MIGRATION_IN = 4;
  private static final long MIGRATION_OUT = 5;
  private static final long SNAPSHOT = 6;

  // virDomainGetJobStatsFlags
  static final int FLAGS_RUNNING = 0;
  static final int FLAGS_COMPLETED_KEPT = 1 | 2;

  static JobStats read(OpenConnection connection, OpenConnection.DomainRef guest, int flags) {
    var type = new IntByReference();
    var params = new PointerByReference();
    var count = new IntByReference();
    connection.checked(
        connection.library().virDomainGetJobStats(guest.pointer(), type, params, count, flags));
    var array = params.getValue();
    if (array == null) {
      return new JobStats(type.getValue(), new TypedParameters(java.util.Map.of()));
    }
    try {
      return new JobStats(type.getValue(), TypedParameters.read(array, count.getValue()));
    } finally {
      connection.library().virTypedParamsFree(array, count.getValue());
    }
  }

  boolean running() {
    return type == BOUNDED || type == UNBOUNDED;
  }

  /** Tell which job it is; a host that does not name it (Xen) only has outgoing migrations. */
  Job job() {
    if (!running()) {
      return Job.NONE;
    }
    var operation = values.number("operation");
    if (operation == null || operation == MIGRATION_OUT) {
      return Job.OUTGOING_MIGRATION;
    }
    return operation == MIGRATION_IN ? Job.INCOMING_MIGRATION : Job.OTHER;
  }

  boolean outgoing() {
    return values.number("operation", MIGRATION_OUT) == MIGRATION_OUT;
  }

  /** Tell how far a migration is. Disks that go along are sent first, and its memory after them. */
  MigrationProgress progress(Instant at) {
    var sent = values.number("memory_total", 0) > 0 ? "memory" : "data";
    return new MigrationProgress(
        at,
        Duration.ofMillis(values.number("time_elapsed", 0)),
        memory(sent + "_total"),
        memory(sent + "_processed"),
        memory(sent + "_remaining"),
        new ByteRate(
            (double) values.number("memory_dirty_rate", 0)
                * values.number("memory_page_size", 4096)),
        new ByteRate(values.number("memory_bps", 0)),
        (int) values.number("memory_iteration", 0),
        (int) values.number("auto_converge_throttle", 0));
  }

  /** Tell how far a capture of a guest is; empty if it is another job. */
  Optional<Writing> writing() {
    return running() && values.number("operation", MIGRATION_OUT) == SNAPSHOT
        ? Optional.of(new Writing(memory("memory_total"), memory("memory_remaining")))
        : Optional.empty();
  }

  MigrationFigures figures() {
    var success = values.flag("success");
    var iterations = values.number("memory_iteration");
    return new MigrationFigures(
        success == null ? !values.has("errmsg") : success,
        millis("time_elapsed"),
        millis("downtime"),
        values.has("data_processed") ? memory("data_processed") : null,
        iterations == null ? null : iterations.intValue());
  }

  private @Nullable Duration millis(String name) {
    var millis = values.number(name);
    return millis == null ? null : Duration.ofMillis(millis);
  }

  private Memory memory(String name) {
    return new Memory(Math.max(0, values.number(name, 0)));
  }
}
