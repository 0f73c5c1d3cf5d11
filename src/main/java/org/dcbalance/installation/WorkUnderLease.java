package org.dcbalance.installation;

import java.util.function.LongConsumer;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.leadership.LeadershipLost;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Have one console of several look for work, unless the database is doubted. */
@Component
public class WorkUnderLease {
  private static final Logger log = LoggerFactory.getLogger(WorkUnderLease.class);

  private final Installation installation;
  private final Leadership leadership;

  public WorkUnderLease(Installation installation, Leadership leadership) {
    this.installation = installation;
    this.leadership = leadership;
  }

  /**
   * Look for work, if it is this console's; what fails of it waits for the next time.
   *
   * @param otherwise what the log says then, such as "Evacuations wait"
   * @param work takes the epoch of the lease, to be confirmed before anything is written
   */
  public void look(String otherwise, LongConsumer work) {
    var epoch = leadership.epoch();
    if (epoch.isEmpty()) {
      return;
    }
    try {
      if (installation.mayAct(epoch.getAsLong())) {
        work.accept(epoch.getAsLong());
      }
    } catch (DataAccessException | TransactionException | LeadershipLost e) {
      log.warn("{}: {}", otherwise, e.getMessage());
    }
  }
}
