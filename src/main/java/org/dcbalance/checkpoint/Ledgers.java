package org.dcbalance.checkpoint;

import java.util.function.Consumer;
import org.dcbalance.installation.Installation;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.live.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/** Give a ledger to those who look for work, while this console holds the lease. */
@Component
class Ledgers {
  private static final Logger log = LoggerFactory.getLogger(Ledgers.class);

  private final Installation installation;
  private final Leadership leadership;
  private final Signals signals;
  private final TransactionTemplate transaction;

  Ledgers(
      Installation installation,
      Leadership leadership,
      Signals signals,
      TransactionTemplate transaction) {
    this.installation = installation;
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
    var epoch = leadership.epoch();
    if (epoch.isEmpty()) {
      return;
    }
    try {
      if (!installation.mayAct(epoch.getAsLong())) {
        return;
      }
      work.accept(new Ledger(transaction, leadership, signals, epoch.getAsLong()));
    } catch (DataAccessException | TransactionException | LeadershipLost e) {
      log.warn("{} wait: {}", what, e.getMessage());
    }
  }
}
