package org.dcbalance.leadership;

import java.time.Duration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Give a test the lease of a console of its own, renewed by hand. */
public final class LeadershipForTests {
  private final Leadership leadership;

  public LeadershipForTests(JdbcClient jdbc, Duration lease) {
    this.leadership = new Leadership(jdbc, new LeadershipSettings(lease, lease.dividedBy(4)));
  }

  public Leadership leadership() {
    return leadership;
  }

  public void renew() {
    leadership.renew();
  }
}
