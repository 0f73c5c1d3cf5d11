package org.dcbalance.inventory;

import java.time.Clock;
import java.util.List;
import java.util.Objects;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.hypervisor.simulated.SimulatedPlan;
import org.dcbalance.hypervisor.simulated.SimulatedSettings;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Put the simulated pool into an inventory that has never had a host, so that a newcomer sees the
 * console at work. It is removed like any other pool, and comes back only when an administrator
 * asks for it while there is no host.
 */
@Component
@ConditionalOnProperty(name = "dcbalance.simulated.enabled", matchIfMissing = true)
public class SimulatedPool implements ApplicationRunner {
  private final Pools pools;
  private final Hosts hosts;
  private final AuditLog audit;
  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;
  private final SimulatedPlan plan;

  SimulatedPool(
      Pools pools,
      Hosts hosts,
      AuditLog audit,
      JdbcClient jdbc,
      TransactionTemplate transaction,
      ApplicationEventPublisher publisher,
      Clock clock,
      SimulatedSettings settings) {
    this.pools = pools;
    this.hosts = hosts;
    this.audit = audit;
    this.jdbc = jdbc;
    this.transaction = transaction;
    this.publisher = publisher;
    this.clock = clock;
    plan = SimulatedPlan.of(settings);
  }

  @Override
  public void run(ApplicationArguments arguments) {
    transaction.executeWithoutResult(
        status -> {
          lock();
          if (none("select from host") && pools.findByName(plan.poolName()).isEmpty()) {
            put();
          }
        });
  }

  /** Tell whether it can be added: there is no host. */
  public boolean offered() {
    return none("select from host where removed_at is null");
  }

  /**
   * Add it because somebody asked for it.
   *
   * @throws Problem CONFLICT if there are hosts, or another pool has its name
   */
  public void add(Operator by) {
    var added =
        Objects.requireNonNull(
            transaction.execute(
                status -> {
                  lock();
                  if (!offered()) {
                    throw new Problem(
                        ErrorCode.CONFLICT,
                        "There are hosts already.",
                        "Simulated ones are offered while there are none.");
                  }
                  var put = put();
                  var pool = put.getFirst().poolId();
                  audit.note(
                      by,
                      Act.POOL_ADDED,
                      Thing.pool(pool, plan.poolName()),
                      Facts.NONE,
                      Facts.of("name", plan.poolName()).and("simulated hosts", put.size()));
                  return put;
                }));
    added.forEach(host -> publisher.publishEvent(new InventoryChanged(host.id())));
  }

  /** One of several consoles that start at once does it. */
  private void lock() {
    jdbc.sql("lock table pool in share row exclusive mode").update();
  }

  private boolean none(String rows) {
    return jdbc.sql("select not exists (" + rows + ")").query(Boolean.class).single();
  }

  private List<Host> put() {
    var pool =
        pools
            .findByName(plan.poolName())
            .orElseGet(
                () -> pools.save(new HostPool(plan.poolName(), true, plan.sharedStorages())));
    if (!pool.simulated()) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "The pool " + pool.name() + " is not for simulated hosts.",
          "Maybe rename it.");
    }
    return plan.hosts().stream()
        .map(
            host ->
                hosts.save(
                    new Host(pool.id(), host.name(), host.uri().toString(), null, clock.instant())))
        .toList();
  }
}
