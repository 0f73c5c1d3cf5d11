package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.inventory.Vm;

/** A way to capture the memory and disks of all members of a virtual cluster at one point. */
interface ClusterCapture {

  /** A member with its host. */
  record Member(Checkpoint checkpoint, Vm vm, Hypervisor host, Taking taking) {}

  /**
   * How long they stood still.
   *
   * @param whole from the first one's pause to the end of the last one's
   * @param pauses by the members' checkpoints
   * @param attempts how many it took
   */
  record Stood(Duration whole, Map<Long, Duration> pauses, int attempts) {
    /** Say how it ended, in a sentence. */
    String sentence() {
      return String.format(
          Locale.ROOT,
          "%d machines at one point; they stood still together for %.3f s%s.",
          pauses.size(),
          whole.toMillis() / 1000.0,
          attempts == 1 ? "" : ", at the " + (attempts == 2 ? "second" : "third") + " attempt");
    }
  }

  /**
   * Capture all. Whether or not it succeeds, all run again when this returns; where a host does not
   * answer, what is written down of its member makes the cleaning see to that.
   *
   * @throws org.dcbalance.hypervisor.HypervisorException if there is no such point, with the reason
   */
  Stood capture(List<Member> members);
}
