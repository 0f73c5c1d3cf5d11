package org.dcbalance.recommendation;

import java.util.function.LongSupplier;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;

/** Move VMs where somebody wants them; whoever carries moves out implements it. */
public interface RequestedMoves {
  /**
   * Check a move as one that is asked for by hand; asks both hosts and takes as long as they do.
   * Nothing is changed yet.
   *
   * @param why a sentence for its record
   * @return queues the move, in the transaction of whoever calls it, and gives the id of its
   *     migration
   * @throws Problem NOT_FOUND, REFUSED with all reasons, or CONFLICT
   */
  LongSupplier prepare(VmId vm, HostId target, String why, Operator by);
}
