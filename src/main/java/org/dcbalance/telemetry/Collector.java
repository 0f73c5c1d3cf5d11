package org.dcbalance.telemetry;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.LoadReading;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Sample the load of every host and its guests once a period. */
@Component
class Collector implements DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(Collector.class);

  /** However many hosts there are, most connections to the database stay with pages and moves. */
  private static final int STORING_AT_ONCE = 5;

  private final Hosts hosts;
  private final Connections connections;
  private final SampleWriter writer;
  private final DirtyRates dirtyRates;
  private final Leadership leadership;
  private final JdbcClient jdbc;
  private final TelemetrySettings settings;
  private final ApplicationEventPublisher publisher;
  private final SharedMachines machines = new SharedMachines();
  private final Map<HostId, LoadReading> previous = new ConcurrentHashMap<>();
  private final Semaphore storing = new Semaphore(STORING_AT_ONCE);
  private final Set<HostId> underWay = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Collector(
      Hosts hosts,
      Connections connections,
      SampleWriter writer,
      DirtyRates dirtyRates,
      Leadership leadership,
      JdbcClient jdbc,
      TelemetrySettings settings,
      ApplicationEventPublisher publisher) {
    this.hosts = hosts;
    this.connections = connections;
    this.writer = writer;
    this.dirtyRates = dirtyRates;
    this.leadership = leadership;
    this.jdbc = jdbc;
    this.settings = settings;
    this.publisher = publisher;
  }

  @Scheduled(fixedRateString = "${dcbalance.telemetry.period:5s}", initialDelayString = "500ms")
  void collect() {
    if (!leadership.held()) {
      // what another console reads meanwhile would look like one long interval to us
      previous.clear();
      return;
    }
    try {
      var all = hosts.findAllByOrderByName();
      previous.keySet().retainAll(all.stream().map(Host::id).toList());
      all.forEach(this::sampleSoon);
    } catch (DataAccessException | TransactionException e) {
      log.warn("No samples this time, since the database does not answer: {}", e.getMessage());
    }
  }

  private void sampleSoon(Host host) {
    if (underWay.add(host.id())) {
      threads.execute(
          () -> {
            try {
              sample(host);
            } catch (HypervisorException | Problem e) {
              // the inventory reports hosts that do not answer; here it is a gap in the chart
              previous.remove(host.id());
              machines.forget(host.id());
              log.debug("No sample of {}: {}", host.name(), e.getMessage());
            } catch (DataAccessException | TransactionException e) {
              log.warn("A sample of {} could not be stored: {}", host.name(), e.getMessage());
            } catch (RuntimeException e) {
              log.error("Sampling {} failed", host.name(), e);
            } finally {
              underWay.remove(host.id());
            }
          });
    }
  }

  private void sample(Host host) {
    var hypervisor = connections.to(host);
    var now = hypervisor.readLoad();
    dirtyRates.follow(host, hypervisor, now, store(host, now));
  }

  /** Store what passed since the last reading; gives the host's VMs. */
  private Map<UUID, VmId> store(Host host, LoadReading now) {
    storing.acquireUninterruptibly();
    try {
      var vms = vms(host);
      boolean shared = machines.shared(host.id(), now);
      var before = previous.put(host.id(), now);
      var sample =
          before == null
              ? null
              : Rates.between(before, now, host.id(), vms, shared, settings.dirtyRateShort());
      if (sample != null) {
        writer.write(sample.host(), sample.vms());
        publisher.publishEvent(new SamplesCollected(host.id()));
      }
      return vms;
    } finally {
      storing.release();
    }
  }

  private Map<UUID, VmId> vms(Host host) {
    var found = new HashMap<UUID, VmId>();
    jdbc.sql("select uuid, id from vm where host_id = :host or moving_to = :host")
        .param("host", host.id().value())
        .query(
            row -> {
              found.put(row.getObject("uuid", UUID.class), new VmId(row.getLong("id")));
            });
    return found;
  }

  @Override
  public void destroy() {
    threads.shutdownNow();
  }
}
