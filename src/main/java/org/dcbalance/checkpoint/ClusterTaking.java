package org.dcbalance.checkpoint;

import java.util.List;
import org.dcbalance.checkpoint.ClusterCapture.Member;
import org.dcbalance.checkpoint.ClusterCapture.Stood;
import org.dcbalance.checkpoint.VirtualCluster.State;
import org.dcbalance.checkpoint.VirtualCluster.Taken;
import org.dcbalance.hypervisor.HypervisorException;

/**
 * Take a checkpoint of a virtual cluster, in the manner that was asked for. It is complete when all
 * members are, in one transaction.
 */
final class ClusterTaking {
  private final CaptureRows captures;
  private final ClusterRows clusters;
  private final Ledger ledger;
  private final Taken taken;

  ClusterTaking(CaptureRows captures, ClusterRows clusters, Ledger ledger, Taken taken) {
    this.captures = captures;
    this.clusters = clusters;
    this.ledger = ledger;
    this.taken = taken;
  }

  void run(List<Member> members) {
    try {
      step("Looking at disks and room");
      RoomDemand.require(members.stream().map(m -> m.taking().plan()).toList());
      var stood = capture(members);
      step("Copying disks");
      members.forEach(m -> m.taking().keep());
      step("Reading it back");
      members.forEach(m -> m.taking().readBack());
      ledger.write(
          taken.id(),
          () -> {
            members.forEach(m -> m.taking().complete(stood.pauses().get(m.checkpoint().id())));
            clusters.end(taken.id(), State.COMPLETE, stood.sentence());
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

  private Stood capture(List<Member> members) {
    var manner =
        switch (taken.manner()) {
          case BLOCKING -> new BlockingCapture(captures, ledger, taken.id(), this::step);
          case BARRIER ->
              new BarrierCapture(
                  captures, ledger, taken.id(), LiveBarrier.Pacing.USUAL, this::step);
        };
    var stood = manner.capture(members);
    ledger.write(taken.id(), () -> clusters.paused(taken.id(), stood.whole().toMillis()));
    members.forEach(m -> m.taking().kept(stood.pauses().get(m.checkpoint().id())));
    return stood;
  }

  private void step(String step) {
    ledger.write(taken.id(), () -> clusters.step(taken.id(), step));
  }
}
