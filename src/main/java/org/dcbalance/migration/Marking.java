package org.dcbalance.migration;

import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Put a migration's mark on its guest, and take it off again. */
final class Marking {
  private static final Logger log = LoggerFactory.getLogger(Marking.class);

  private final MigrationDesk desk;
  private final Claim claim;

  Marking(MigrationDesk desk, Claim claim) {
    this.desk = desk;
    this.claim = claim;
  }

  /**
   * Mark the guest, so that whoever finds its job later knows whose it is and what to put back. A
   * move does not fail for want of a mark: some hosts cannot take one.
   *
   * @return whether the guest carries it
   */
  boolean put(HostPair pair, Undo undo) {
    var mark = JobMark.text(desk.installation(), claim.migration(), claim.epoch(), undo);
    try {
      pair.onSource().mark(pair.guest(), mark);
    } catch (HypervisorException e) {
      // what only this host's process of the guest remembers, or does not travel, needs no mark
      desk.marked(
          claim,
          "",
          new Undo(keptCap(undo), null, undo.pause(), undo.weight(), undo.autostart()),
          pair.name() + " was not marked: " + e.sentence());
      return false;
    }
    desk.marked(claim, mark, undo, "Marked " + pair.name() + " as moved by this migration.");
    return true;
  }

  /** It is neither ballooned nor capped then; a cap that it had before does not travel. */
  private static @Nullable Integer keptCap(Undo undo) {
    var cap = undo.cap();
    return cap != null && cap > 0 ? cap : null;
  }

  /** Take our mark off again, and leave that of anybody else. */
  void takeOff(Hypervisor hypervisor, JobMark mark, HostPair pair) {
    try {
      var carried = hypervisor.status(pair.guest()).map(GuestStatus::mark).orElse(null);
      if (mark.names(carried)) {
        hypervisor.mark(pair.guest(), null);
      }
    } catch (HypervisorException e) {
      log.info("The mark of {} was not removed: {}", pair.name(), e.sentence());
    }
  }
}
