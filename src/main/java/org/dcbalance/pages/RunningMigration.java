package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * A migration that runs or is lost; amounts and rates are null until the hypervisor tells them.
 *
 * @param total size of what is sent: memory, or disks for as long as these are copied before it
 * @param ofDisks whether total, copied and remaining are those of disks, which know no passes
 * @param copied what was sent so far, which exceeds the total after several passes
 * @param remaining what is still to be sent in this pass, which grows again with the next one
 * @param throttle by how much the VM is slowed down for it, in percent
 * @param asOf when the amounts and rates were told, where nothing newer is; null while they are
 *     current
 * @param phase in words: "checks", "copy of disks", "copy 3", "switch-over", "post-copy"
 * @param whyNotAbortable null where it can be aborted
 * @param remark what keeps it from going on; null where nothing
 */
record RunningMigration(
    long id,
    String state,
    String phase,
    VmId vmId,
    String vm,
    HostId fromId,
    String from,
    HostId toId,
    String to,
    boolean ofDisks,
    @Nullable Memory total,
    @Nullable Memory copied,
    @Nullable Memory remaining,
    @Nullable ByteRate dirtyRate,
    @Nullable ByteRate bandwidth,
    int throttle,
    @Nullable Instant asOf,
    Duration elapsed,
    @Nullable Instant startedAt,
    Verdict verdict,
    boolean abortable,
    @Nullable String whyNotAbortable,
    @Nullable String remark) {

  /** Whether the copy gains on the guest's writing. */
  enum Verdict {
    CONVERGING,
    NOT_CONVERGING,
    /** It was switched, so that nothing has to converge any more. */
    POST_COPY,
    /** The copy has told too little so far. */
    UNKNOWN,
    /** Its host tells nothing any more. */
    SILENT
  }
}
