package org.dcbalance.inventory;

import java.time.Clock;
import org.dcbalance.hypervisor.simulated.SimulatedPlan;
import org.dcbalance.hypervisor.simulated.SimulatedSettings;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Put the simulated pool into an inventory that has never had a host, so that a newcomer sees the
 * console at work. It is removed like any other pool, and does not come back.
 */
@Component
@ConditionalOnProperty(name = "dcbalance.simulated.enabled", matchIfMissing = true)
class SimulatedPool implements ApplicationRunner {
  private final Pools pools;
  private final Hosts hosts;
  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;
  private final Clock clock;
  private final SimulatedSettings settings;

  SimulatedPool(
      Pools pools,
      Hosts hosts,
      JdbcClient jdbc,
      TransactionTemplate transaction,
      Clock clock,
      SimulatedSettings settings) {
    this.pools = pools;
    this.hosts = hosts;
    this.jdbc = jdbc;
    this.transaction = transaction;
    this.clock = clock;
    this.settings = settings;
  }

  @Override
  public void run(ApplicationArguments arguments) {
    transaction.executeWithoutResult(
        status -> {
          // one of several consoles that start at once does it
          jdbc.sql("lock table pool in share row exclusive mode").update();
          boolean untouched =
              jdbc.sql("select not exists (select 1 from host)").query(Boolean.class).single();
          var plan = SimulatedPlan.of(settings);
          if (untouched && pools.findByName(plan.poolName()).isEmpty()) {
            var pool = pools.save(new HostPool(plan.poolName(), true, plan.sharedStorages()));
            plan.hosts()
                .forEach(
                    h ->
                        hosts.save(
                            new Host(
                                pool.id(), h.name(), h.uri().toString(), null, clock.instant())));
          }
        });
  }
}
