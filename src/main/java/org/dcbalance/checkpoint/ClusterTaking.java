package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.dcbalance.checkpoint.VirtualCluster.State;
import org.dcbalance.checkpoint.VirtualCluster.Taken;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Vm;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Take a checkpoint of a virtual cluster by two-phase blocking: all members are paused before the
 * first one is captured, and none runs again before the last one is. So nothing that one received
 * was sent after the other's cut; frames on their way wait in the queues of the paused members, and
 * nothing is lost. It is complete when all members are, in one transaction.
 */
final class ClusterTaking {
  private static final Logger log = LoggerFactory.getLogger(ClusterTaking.class);

  private final CheckpointRows rows;
  private final ClusterRows clusters;
  private final Ledger ledger;
  private final Taken taken;
  private final ConcurrentMap<Long, Long> pausedAt = new ConcurrentHashMap<>();
  private final ConcurrentMap<Long, Duration> pauses = new ConcurrentHashMap<>();

  ClusterTaking(CheckpointRows rows, ClusterRows clusters, Ledger ledger, Taken taken) {
    this.rows = rows;
    this.clusters = clusters;
    this.ledger = ledger;
    this.taken = taken;
  }

  /** A member with its host. */
  record Member(Checkpoint checkpoint, Vm vm, Hypervisor host, Taking taking) {}

  void run(List<Member> members) {
    try {
      step("Looking at disks and room");
      members.forEach(m -> m.taking().plan());
      var whole = captureAll(members);
      step("Copying disks");
      members.forEach(m -> m.taking().keep());
      step("Reading it back");
      members.forEach(m -> m.taking().readBack());
      ledger.write(
          taken.id(),
          () -> {
            members.forEach(m -> m.taking().complete(pauses.get(m.checkpoint().id())));
            clusters.end(taken.id(), State.COMPLETE, complete(members, whole));
          });
    } catch (HypervisorException e) {
      ledger.write(
          taken.id(),
          () -> {
            members.forEach(m -> m.taking().fail(e.sentence()));
            clusters.end(taken.id(), State.FAILED, e.sentence());
          });
    }
  }

  private Duration captureAll(List<Member> members) {
    // written down first: whoever finds it lets them run again
    step("Pausing all members");
    ledger.write(taken.id(), () -> members.forEach(m -> rows.held(m.checkpoint().id(), true)));
    long first = System.nanoTime();
    boolean released = false;
    try {
      Together.all(members, this::pause);
      step("Writing their memory, and freezing their disks");
      Together.all(members, m -> m.taking().capture());
      Together.all(members, this::resume);
      released = true;
    } finally {
      if (!released) {
        members.forEach(this::resumeQuietly);
      }
    }
    var whole = Duration.ofNanos(System.nanoTime() - first);
    ledger.write(
        taken.id(),
        () -> {
          members.forEach(m -> rows.held(m.checkpoint().id(), false));
          clusters.paused(taken.id(), whole.toMillis());
        });
    members.forEach(m -> m.taking().kept(pauses.get(m.checkpoint().id())));
    return whole;
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

  private static String complete(List<Member> members, Duration whole) {
    return String.format(
        Locale.ROOT,
        "%d machines at one point; they stood still together for %.3f s.",
        members.size(),
        whole.toMillis() / 1000.0);
  }

  private void step(String step) {
    ledger.write(taken.id(), () -> clusters.step(taken.id(), step));
  }
}
