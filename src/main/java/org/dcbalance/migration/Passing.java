package org.dcbalance.migration;

import org.dcbalance.hypervisor.HypervisorException;
import org.jspecify.annotations.Nullable;

/** Name why a move failed, where that may pass by itself; as the database keeps it. */
public enum Passing {
  CONNECTION("a host did not answer, or the hosts lost each other"),
  BUSY("a host was busy with something else"),
  OUT_OF_TIME("it was not copied within the time that is allowed for it"),
  NOT_CONVERGED("its copy would not come to an end then");

  private final String words;

  Passing(String words) {
    this.words = words;
  }

  /** Say it as a clause. */
  public String words() {
    return words;
  }

  /** Tell it from what a call failed with; null for what does not pass by itself. */
  static @Nullable Passing of(HypervisorException.@Nullable Kind kind) {
    return switch (kind) {
      case UNREACHABLE, DISCONNECTED -> CONNECTION;
      case TIMED_OUT -> BUSY;
      case UNSUPPORTED, NO_SUCH_GUEST, ABORTED, NO_LIBRARY, FAILED -> null;
      case null -> null;
    };
  }
}
