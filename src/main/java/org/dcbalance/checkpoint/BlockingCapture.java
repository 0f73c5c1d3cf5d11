package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Capture all members by two-phase blocking: all are paused before the first one is captured, and
 * none runs again before the last one is. So nothing that one received was sent after the other's
 * cut; frames on their way wait in the queues of the paused members, and nothing is lost.
 */
final class BlockingCapture implements ClusterCapture {
  private static final Logger log = LoggerFactory.getLogger(BlockingCapture.class);

  private final CaptureRows rows;
  private final Ledger ledger;
  private final long taken;
  private final Consumer<String> step;
  private final ConcurrentMap<Long, Long> pausedAt = new ConcurrentHashMap<>();
  private final ConcurrentMap<Long, Duration> pauses = new ConcurrentHashMap<>();

  /**
   * Prepare to capture.
   *
   * @param taken the checkpoint of the cluster
   * @param step writes down what comes next
   */
  BlockingCapture(CaptureRows rows, Ledger ledger, long taken, Consumer<String> step) {
    this.rows = rows;
    this.ledger = ledger;
    this.taken = taken;
    this.step = step;
  }

  @Override
  public Stood capture(List<Member> members) {
    // written down first: whoever finds it lets them run again
    step.accept("Pausing all members");
    ledger.write(taken, () -> members.forEach(m -> rows.held(m.checkpoint().id(), true)));
    long first = System.nanoTime();
    boolean released = false;
    try {
      Together.all(members, this::pause);
      step.accept("Writing their memory, and freezing their disks");
      Together.all(members, m -> m.taking().capture());
      Together.all(members, this::resume);
      released = true;
    } finally {
      if (!released) {
        members.forEach(this::resumeQuietly);
      }
    }
    var whole = Duration.ofNanos(System.nanoTime() - first);
    ledger.write(taken, () -> members.forEach(m -> rows.held(m.checkpoint().id(), false)));
    return new Stood(whole, Map.copyOf(pauses), 1);
  }

  private void pause(Member member) {
    pausedAt.put(member.checkpoint().id(), System.nanoTime());
    member.host().pause(member.vm().uuid());
    var status = member.host().status(member.vm().uuid());
    if (status.isEmpty() || status.get().state() != GuestState.PAUSED) {
      throw new HypervisorException(
          Kind.FAILED, member.vm().name() + " did not stand still.", null);
    }
  }

  private void resume(Member member) {
    member.host().resume(member.vm().uuid());
    var at = pausedAt.get(member.checkpoint().id());
    if (at != null) {
      pauses.put(member.checkpoint().id(), Duration.ofNanos(System.nanoTime() - at));
    }
  }

  /** What cannot be let run now is let run by the cleaning, which goes on until it can. */
  private void resumeQuietly(Member member) {
    try {
      if (pausedAt.containsKey(member.checkpoint().id())) {
        member.host().resume(member.vm().uuid());
      }
    } catch (HypervisorException e) {
      log.warn("{} still stands still: {}", member.vm().name(), e.sentence());
    }
  }
}
