package org.dcbalance.inventory;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.units.HostId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * List every host's guests once a period, and at once after an event on it; a host that is slow or
 * away holds up no other.
 */
@Component
class InventorySync implements DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(InventorySync.class);

  /** However many hosts there are, most connections to the database stay with pages and moves. */
  private static final int STORING_AT_ONCE = 5;

  private final Hosts hosts;
  private final Connections connections;
  private final ObservedFleet fleet;
  private final Leadership leadership;
  private final Semaphore storing = new Semaphore(STORING_AT_ONCE);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<HostId> underWay = ConcurrentHashMap.newKeySet();
  private final Map<HostId, String> described = new ConcurrentHashMap<>();
  private final Map<HostId, Instant> failedFirst = new ConcurrentHashMap<>();
  private final Duration patience;

  InventorySync(
      Hosts hosts,
      Connections connections,
      ObservedFleet fleet,
      Leadership leadership,
      @Value("${dcbalance.inventory.period:5s}") Duration period) {
    // events ask out of turn, soon after a failure
    this.patience = period.multipliedBy(4).dividedBy(5);
    this.hosts = hosts;
    this.connections = connections;
    this.fleet = fleet;
    this.leadership = leadership;
    connections.listen(this::onEvent);
  }

  @Scheduled(fixedRateString = "${dcbalance.inventory.period:5s}")
  void readAll() {
    if (!leadership.held()) {
      failedFirst.clear();
      return;
    }
    try {
      var all = hosts.findAllByOrderByName();
      failedFirst.keySet().retainAll(all.stream().map(Host::id).toList());
      all.forEach(this::readSoon);
    } catch (DataAccessException | TransactionException e) {
      log.warn("The inventory could not be read from the database: {}", e.getMessage());
    }
  }

  private void readSoon(Host host) {
    if (underWay.add(host.id())) {
      threads.execute(
          () -> {
            try {
              read(host);
            } finally {
              underWay.remove(host.id());
            }
          });
    }
  }

  private void onEvent(HostId id, HypervisorEvent event) {
    switch (event) {
      case HypervisorEvent.GuestChanged changed -> again(id);
      case HypervisorEvent.Connected connected -> {
        described.remove(id);
        again(id);
      }
      case HypervisorEvent.Disconnected lost -> again(id);
      case HypervisorEvent.JobCompleted done -> {}
      case HypervisorEvent.MigrationIteration pass -> {}
    }
  }

  private void again(HostId id) {
    // while the console stops, its own closing of connections is told as well
    if (leadership.held() && !threads.isShutdown()) {
      threads.execute(
          () -> {
            try {
              hosts.findById(id.value()).ifPresent(this::readSoon);
            } catch (DataAccessException | TransactionException e) {
              log.debug("An event of host {} waits for the next period", id, e);
            }
          });
    }
  }

  private void read(Host host) {
    try {
      try {
        var hypervisor = connections.to(host);
        // facts change only when the host was upgraded, and that takes a reconnection
        if (!host.uri().equals(described.get(host.id()))) {
          fleet.describe(host.id(), hypervisor.facts());
          described.put(host.id(), host.uri());
        }
        var asked = Instant.now();
        var guests = hypervisor.guests();
        failedFirst.remove(host.id());
        storing.acquireUninterruptibly();
        try {
          fleet.reconcile(host.id(), guests, asked);
        } finally {
          storing.release();
        }
      } catch (HypervisorException e) {
        failed(host, e);
      }
    } catch (DataAccessException | TransactionException e) {
      log.warn("What host {} shows could not be stored: {}", host.name(), e.getMessage());
    } catch (RuntimeException e) {
      log.error("Reading host {} failed", host.name(), e);
    }
  }

  /**
   * One answer that came late, or a daemon that is restarted, is no silence: the next read tells.
   */
  private void failed(Host host, HypervisorException e) {
    var now = Instant.now();
    var first = failedFirst.computeIfAbsent(host.id(), _ -> now);
    boolean mayPass = e.kind() == Kind.UNREACHABLE || e.kind() == Kind.TIMED_OUT;
    if (!mayPass || host.state() != Host.State.UP || !now.isBefore(first.plus(patience))) {
      fleet.unreachable(host.id(), e.sentence());
    }
  }

  @Override
  public void destroy() {
    threads.shutdownNow();
  }
}
