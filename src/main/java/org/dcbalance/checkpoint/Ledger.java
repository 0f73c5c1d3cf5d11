package org.dcbalance.checkpoint;

import org.dcbalance.leadership.Leadership;
import org.dcbalance.live.Signals;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Write down how far work is, under the lease that it began under. Whoever lost the lease cannot
 * write, and stops.
 */
record Ledger(TransactionTemplate transaction, Leadership leadership, Signals signals, long epoch) {

  /**
   * Change what is stored of a checkpoint.
   *
   * @throws org.dcbalance.leadership.LeadershipLost if another console has the lease
   */
  void write(long checkpoint, Runnable change) {
    confirmed(
        () -> {
          change.run();
          signals.publish("checkpoint-changed", checkpoint);
        });
  }

  /**
   * Do something in a transaction under the lease.
   *
   * @throws org.dcbalance.leadership.LeadershipLost if another console has the lease
   */
  void confirmed(Runnable work) {
    transaction.executeWithoutResult(
        status -> {
          leadership.confirm(epoch);
          work.run();
        });
  }
}
