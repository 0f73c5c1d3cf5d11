package org.dcbalance.checkpoint;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a host's helper made of a checkpoint's memory, so that a guest runs before it was read.
 *
 * @param sentence why there is none, or what is wrong with it; empty otherwise
 * @param storedBytes what it takes up beside the memory as it was captured
 * @param sums SHA-256 of the list of its blocks' checksums
 * @param touchedPages pages of 4 KiB that a predicted restore reads ahead
 * @param touchedFrom what they are known from
 * @param leased the VM and the host, as a phrase, that map it now; null if none does
 */
public record FastCopy(
    State state,
    String sentence,
    @Nullable Long memoryBytes,
    @Nullable Long storedBytes,
    @Nullable String sums,
    @Nullable Long touchedPages,
    @Nullable Source touchedFrom,
    @Nullable Long madeMillis,
    @Nullable Instant verifiedAt,
    @Nullable String leased) {

  /** How far it is. Only a READY one is mapped. */
  public enum State {
    MAKING,
    READY,
    FAILED,
    /** A block is not what was written. */
    DAMAGED
  }

  /** What is known of the pages that a guest needs first. */
  public enum Source {
    /** They were written while the checkpoint was taken. */
    CAPTURE,
    /** A guest that was restored lazily needed them in its first seconds. */
    RESTORE
  }
}
