package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import org.dcbalance.checkpoint.VirtualCluster.RestoreState;
import org.dcbalance.checkpoint.VirtualCluster.Restored;
import org.dcbalance.checkpoint.VirtualCluster.Taken;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;

/**
 * Bring all members of a virtual cluster back, or none: all are checked before anything is touched,
 * all are read paused, and only when all were read does the first one run.
 */
final class ClusterRestoring {
  private static final String LETTING_RUN = "Letting them run";

  private final ClusterRows clusters;
  private final Ledger ledger;
  private final Taken taken;
  private final Restored restored;

  ClusterRestoring(ClusterRows clusters, Ledger ledger, Taken taken, Restored restored) {
    this.clusters = clusters;
    this.ledger = ledger;
    this.taken = taken;
    this.restored = restored;
  }

  void run(List<Restoring> members) {
    boolean running = false;
    try {
      step("Checking that all can be brought back");
      requireAll(members);
      step("Making disks for them");
      members.forEach(Restoring::makeDisks);
      step("Ending what runs");
      members.forEach(Restoring::endWhatRuns);
      step("Reading their memory");
      long begun = System.nanoTime();
      Together.all(members, m -> m.read(true));
      members.forEach(Restoring::requirePaused);
      // from here on they go on together
      step(LETTING_RUN);
      running = true;
      Together.all(members, Restoring::resume);
      long millis = (System.nanoTime() - begun) / 1_000_000;
      members.forEach(Restoring::requireRuns);
      members.forEach(Restoring::removeOldDefinitions);
      ledger.write(
          taken.id(),
          () -> {
            members.forEach(m -> m.runs(millis));
            clusters.endRestore(
                restored.id(),
                RestoreState.DONE,
                millis,
                String.format(
                    Locale.ROOT,
                    "%d machines run again, after %.1f s.",
                    members.size(),
                    millis / 1000.0));
          });
    } catch (HypervisorException e) {
      giveUp(members, e.sentence(), running);
    }
  }

  /**
   * Check all, their memory together where they go to one host, and the room for their disks
   * together, before anything is touched.
   */
  private static void requireAll(List<Restoring> members) {
    var refusals = new LinkedHashSet<String>();
    var demands = new ArrayList<MemoryDemand>();
    var rooms = new ArrayList<RoomDemand>();
    for (var member : members) {
      var looked = member.look(member.isOn());
      refusals.addAll(looked.found().refusals());
      demands.add(looked.demand());
      rooms.add(looked.found().room());
    }
    refusals.addAll(MemoryDemand.refusals(demands));
    refusals.addAll(RoomDemand.refusals(rooms));
    if (!refusals.isEmpty()) {
      throw new HypervisorException(Kind.FAILED, String.join(" ", refusals), null);
    }
    members.forEach(Restoring::requireMay);
  }

  /** Go on with one whose console ended: what was read and never ran is ended. */
  void takeUp(List<Restoring> members) {
    breakOff(members, "The console ended while they were being restored.");
  }

  /**
   * End what was read and never ran.
   *
   * @param why unless something went wrong before
   */
  void breakOff(List<Restoring> members, String why) {
    var said = restored.sentence();
    giveUp(members, said.isEmpty() ? why : said, restored.step().equals(LETTING_RUN));
  }

  /**
   * End what never ran, and have each member say where it is.
   *
   * @param running whether they were let run: then they stay
   */
  private void giveUp(List<Restoring> members, String why, boolean running) {
    var sentence = why;
    boolean ended = true;
    for (var member : members) {
      try {
        if (running) {
          member.settling().resumeUnlessRuns();
        } else {
          member.settling().endUnlessRuns();
        }
      } catch (HypervisorException e) {
        sentence += " " + e.sentence();
      }
      ended &= member.settling().giveUp(why);
    }
    if (!ended) {
      // what is left to do of a member is tried again
      if (!why.equals(restored.sentence())) {
        ledger.write(taken.id(), () -> clusters.sayRestore(restored.id(), why));
      }
      return;
    }
    var said = sentence;
    ledger.write(
        taken.id(), () -> clusters.endRestore(restored.id(), RestoreState.FAILED, null, said));
  }

  private void step(String step) {
    ledger.write(taken.id(), () -> clusters.restoreStep(restored.id(), step));
  }
}
