package org.dcbalance.strategy;

import java.util.List;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/**
 * Propose one move.
 *
 * @param reason why this VM should leave
 * @param targetReason why it should go there
 * @param effects what it does to both hosts, source first
 * @param gain imbalance that it takes away; of moves that are made together an equal part each
 * @param together the other VMs that are moved together with it, which rules keep on one host
 */
public record ProposedMove(
    VmLoad vm,
    HostId source,
    HostId target,
    Priority priority,
    Reason reason,
    Reason targetReason,
    List<Effect> effects,
    MigrationCost cost,
    double gain,
    List<VmId> together) {
  public ProposedMove {
    effects = List.copyOf(effects);
    together = List.copyOf(together);
  }

  /** How urgent a move is. */
  public enum Priority {
    HIGH,
    MEDIUM,
    LOW
  }

  /**
   * Show what a move does to one host: shares of its CPU and memory before and after, 0 to 1 and
   * above where it is overcommitted.
   */
  public record Effect(
      HostId host,
      String hostName,
      double cpuBefore,
      double cpuAfter,
      double memoryBefore,
      double memoryAfter) {}
}
