package org.dcbalance.checkpoint;

import java.util.function.Consumer;
import org.dcbalance.installation.WorkUnderLease;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.live.Signals;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Give a ledger to those who look for work, while this console holds the lease. */
@Component
class Ledgers {
  private final WorkUnderLease lease;
  private final Leadership leadership;
  private final Signals signals;
  private final TransactionTemplate transaction;

  Ledgers(
      WorkUnderLease lease,
      Leadership leadership,
      Signals signals,
      TransactionTemplate transaction) {
    this.lease = lease;
    this.leadership = leadership;
    this.signals = signals;
    this.transaction = transaction;
  }

  /**
   * Look for work, if it is this console's and the database is not doubted; what fails of it waits
   * for the next time.
   *
   * @param what waits then; a plural
   */
  void look(String what, Consumer<Ledger> work) {
    lease.look(
        what + " wait", epoch -> work.accept(new Ledger(transaction, leadership, signals, epoch)));
  }
}
