package org.dcbalance.method;

import java.time.Duration;
import org.dcbalance.units.Memory;

/** Judge one method for one move. */
public sealed interface Verdict {
  /** It does what the policy asks for. */
  record Fits() implements Verdict {}

  /** Nothing does, and of what is allowed this pauses the guest least. */
  record LeastPause(Duration downtime, Duration allowed) implements Verdict {}

  /** What it costs is not known yet; the copy is watched, and what is allowed is used as needed. */
  record Guessed() implements Verdict {}

  /** It was asked for by hand. */
  record AskedFor() implements Verdict {}

  /** The guest would pause for longer than is accepted. */
  record PausesTooLong(Duration downtime, Duration allowed) implements Verdict {}

  /** It changes memory faster than this can send it. */
  record NeverEnds() implements Verdict {}

  record TakesTooLong(Duration total, Duration deadline) implements Verdict {}

  /** The policy of the VM or its pool does not allow it. */
  record NotAllowed() implements Verdict {}

  /** The host cannot; the reason is a clause. */
  record HostCannot(String reason) implements Verdict {}

  /** Ballooning would leave too little, or save nothing. */
  record NothingToGain(Memory has, Memory least) implements Verdict {}

  /** Nobody knows what ballooning must leave the guest with. */
  record LeastUnknown() implements Verdict {}

  /** The guest should tell what it uses, and does not, whatever least memory is set. */
  record UseUnknown() implements Verdict {}

  /** Whether its changes compress is not known, and nothing else does: the copy shows it. */
  record Tried() implements Verdict {}

  /** Compressing its changes would take that much of the host's memory, unasked. */
  record TooMuchCache(Memory cache) implements Verdict {}

  /** A copy by it had to be given up of late, and the guest changes no less now. */
  record InVain() implements Verdict {}
}
