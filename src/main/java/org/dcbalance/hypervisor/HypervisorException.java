package org.dcbalance.hypervisor;

import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Say that a call to a hypervisor failed.
 *
 * <p>The message is a sentence for operators that carries the hypervisor's own words.
 */
public class HypervisorException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  public HypervisorException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** Give up waiting for a host, since the console ends. The thread stays interrupted. */
  public static HypervisorException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new HypervisorException(Kind.TIMED_OUT, "The console stopped waiting.", cause);
  }

  /**
   * Say that a host cannot be reached any more since its URI is not allowed. Everybody sees this,
   * and why may hold the URI or a path, which administrators alone see.
   */
  public static HypervisorException notAllowed(Problem why) {
    return new HypervisorException(
        Kind.UNREACHABLE,
        "Its connection settings are not allowed here any more; an administrator sees why when"
            + " testing them.",
        why);
  }

  public Kind kind() {
    return kind;
  }

  /** Give the message, which is never null. */
  public String sentence() {
    return String.valueOf(getMessage());
  }

  /** Why it failed, as far as callers act on it. */
  public enum Kind {
    /** The host cannot be reached: nothing is known about its guests. */
    UNREACHABLE,
    /** No answer within the deadline: the call may still take effect. */
    TIMED_OUT,
    /** The host does not support the call. */
    UNSUPPORTED,
    /** The host answered that there is no such guest. */
    NO_SUCH_GUEST,
    /** Two hosts lost each other, or a daemon went away, in the middle of a job between them. */
    DISCONNECTED,
    /** The job was aborted by a request. */
    ABORTED,
    /** The libvirt library is not installed on this machine. */
    NO_LIBRARY,
    /** The host refused or failed, in the words of the message. */
    FAILED
  }
}
