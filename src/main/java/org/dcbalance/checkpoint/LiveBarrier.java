package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.BarrierEpoch.Approach;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage.Captured;
import org.dcbalance.hypervisor.StateStorage.Writing;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;

/**
 * Capture machines at one point while they run: all write their memory, each is slowed down to a
 * trickle once little of it remains, and when all are, all are paused. Only then is the rest
 * written, and the hypervisor lets each go on by itself once it is. A machine's cut is where it
 * stood still; since there is a moment at which all did, nothing was received that was not sent.
 *
 * <p>Whoever came to its end before all stood still spoils that. Then the others are aborted, what
 * was captured is taken back, and all begin again, with that one slowed down earlier.
 */
final class LiveBarrier {
  static final int ATTEMPTS = 3;

  /** A machine that is captured while it runs. */
  interface Member {
    String name();

    Memory memory();

    /** Capture it; returns once it was captured and goes on. */
    Captured capture();

    /** Tell what is still to be written; empty or of nothing before and after the writing. */
    Optional<Writing> writing();

    /** Limit how fast it is written. */
    void pace(ByteRate most);

    void pause();

    /** Tell whether it stands still, with its capture not at its end. */
    boolean waits();

    /** Have a capture that is under way given up. */
    void abort();

    /** Let it go on if it stands still. */
    void letRun();

    /** Take back what was captured, so that it can be captured again. */
    void undo();
  }

  /**
   * How machines are slowed down.
   *
   * @param lookEvery how often their progress is read
   * @param pass how long the first pass over the memory of the largest takes at least, so that its
   *     end is seen coming
   * @param givenUpWithin how long an aborted capture is waited for
   */
  record Pacing(Duration lookEvery, Duration pass, Duration givenUpWithin) {
    static final Pacing USUAL =
        new Pacing(Duration.ofMillis(10), Duration.ofSeconds(2), Duration.ofSeconds(30));
  }

  /** What limits how fast memory is read, whatever it is written to. */
  private static final ByteRate FASTEST = ByteRate.ofMiB(1024);

  /** A member that has this share of its memory left to write has little left… */
  private static final int SHARE = 8;

  // …but neither more nor less than that
  private static final Memory LEAST = Memory.ofMiB(16);
  private static final Memory MOST = Memory.ofMiB(256);

  private final Pacing pacing;
  private final Consumer<String> step;

  /**
   * Prepare to capture.
   *
   * @param step told what comes next
   */
  LiveBarrier(Pacing pacing, Consumer<String> step) {
    this.pacing = pacing;
    this.step = step;
  }

  /**
   * What came of it.
   *
   * @param whole from the first one's pause to the end of the last one's
   * @param pauses by member
   * @param attempts how many it took
   */
  record Stood<M>(Duration whole, Map<M, Duration> pauses, int attempts) {}

  /**
   * Capture all; when this returns, all run again, or their hosts do not answer.
   *
   * @throws HypervisorException if a host fails, or FAILED if members ended before the others in
   *     every attempt; what they left is not taken back then
   */
  <M extends Member> Stood<M> capture(List<M> members) {
    var approaches = approaches(members);
    for (int attempt = 1; ; attempt++) {
      var epoch = new BarrierEpoch<>(pacing, approaches, step);
      var early = epoch.run();
      if (early.isEmpty()) {
        return new Stood<>(epoch.whole(), epoch.pauses(), attempt);
      }
      if (attempt == ATTEMPTS) {
        throw new HypervisorException(
            Kind.FAILED,
            "No point was found in %d attempts: %s came to its end before all stood still. Maybe"
                    .formatted(
                        ATTEMPTS,
                        early.stream().map(Member::name).collect(Collectors.joining(" and ")))
                + " capture them paused, or when they have less or more to do.",
            null);
      }
      step.accept("Beginning again: " + early.getFirst().name() + " came to its end too early");
      Together.all(members, Member::undo);
      approaches =
          approaches.stream().map(a -> early.contains(a.member()) ? earlier(a) : a).toList();
    }
  }

  static Memory mark(Memory memory) {
    return new Memory(Math.clamp(memory.bytes() / SHARE, LEAST.bytes(), MOST.bytes()));
  }

  /** Hold it back when twice as much is left; some is written before in any case. */
  private static <M extends Member> Approach<M> earlier(Approach<M> last) {
    var most = last.member().memory().bytes() / 4 * 3;
    var mark = new Memory(Math.min(last.mark().bytes() * 2, most));
    return new Approach<>(last.member(), mark, last.pace());
  }

  /** Let all take about as long for their memory, and none so short that its end is not seen. */
  private <M extends Member> List<Approach<M>> approaches(List<M> members) {
    long largest = members.stream().mapToLong(m -> m.memory().bytes()).max().orElse(0);
    double seconds =
        Math.max(pacing.pass().toMillis() / 1000.0, largest / FASTEST.bytesPerSecond());
    return members.stream()
        .map(m -> new Approach<>(m, mark(m.memory()), new ByteRate(m.memory().bytes() / seconds)))
        .toList();
  }
}
