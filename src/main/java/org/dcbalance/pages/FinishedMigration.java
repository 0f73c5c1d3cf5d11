package org.dcbalance.pages;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** A migration that has ended, with what was measured; null what was not. */
record FinishedMigration(
    long id,
    String state,
    VmId vmId,
    String vm,
    String from,
    String to,
    String method,
    @Nullable Instant finishedAt,
    @Nullable Duration total,
    @Nullable Duration downtime,
    @Nullable Duration guestDowntime,
    @Nullable Memory bytes,
    String by,
    @Nullable String reason) {

  /** Give the longest downtime of several in milliseconds, 0 without any: it scales the bars. */
  static long longestMillis(Iterable<FinishedMigration> moves) {
    long longest = 0;
    for (var move : moves) {
      var downtime = move.downtime();
      longest = downtime == null ? longest : Math.max(longest, downtime.toMillis());
    }
    return longest;
  }
}
