package org.dcbalance.checkpoint;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.leadership.LeadershipLost;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Give each row of a table that needs work a thread of its own, one at a time.
 *
 * <p>What was read before a row was taken in hand may be of before its last thread ended: work
 * reads it anew.
 */
final class OneThreadEach {
  private static final Logger log = LoggerFactory.getLogger(OneThreadEach.class);

  private final String what;
  private final Set<Long> inHand = ConcurrentHashMap.newKeySet();

  /** Why rows wait, as it was said last. */
  private final Map<Long, String> waits = new ConcurrentHashMap<>();

  OneThreadEach(String what) {
    this.what = what;
  }

  boolean has(long id) {
    return inHand.contains(id);
  }

  /** Work on a row, unless a thread of this console does. */
  void start(long id, Runnable work) {
    if (!inHand.add(id)) {
      return;
    }
    Thread.ofPlatform()
        .daemon()
        .name(what.replace(' ', '-') + "-" + id)
        .start(
            () -> {
              try {
                work.run();
                waits.remove(id);
              } catch (LeadershipLost e) {
                log.info("The {} {} was let go: {}", what, id, e.getMessage());
              } catch (HypervisorException
                  | Problem
                  | DataAccessException
                  | TransactionException e) {
                tell(id, String.valueOf(e.getMessage()));
              } finally {
                inHand.remove(id);
              }
            });
  }

  /** A row is looked at each second, and may wait for days. */
  private void tell(long id, String why) {
    if (!why.equals(waits.put(id, why))) {
      log.warn("The {} {} waits: {}", what, id, why);
    }
  }
}
