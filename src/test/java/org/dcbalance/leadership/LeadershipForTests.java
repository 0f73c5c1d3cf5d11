package org.dcbalance.leadership;

import java.time.Duration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Give a test the lease of a console of its own, renewed by hand. */
public final class LeadershipForTests {
  private final Leadership leadership;

  public LeadershipForTests(JdbcClient jdbc, Duration lease) {
    this.leadership =
        new Leadership(jdbc, new LeadershipSettings(lease, lease.dividedBy(4))) {
          @Override
          public void confirm(long expected) {
            // as the bean's proxy does
            if (!TransactionSynchronizationManager.isActualTransactionActive()) {
              throw new IllegalTransactionStateException(
                  "The lease is confirmed in a transaction.");
            }
            super.confirm(expected);
          }
        };
  }

  public Leadership leadership() {
    return leadership;
  }

  public void renew() {
    leadership.renew();
  }
}
