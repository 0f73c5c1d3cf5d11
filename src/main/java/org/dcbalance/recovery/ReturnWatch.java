package org.dcbalance.recovery;

import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.Severity;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.live.Signals;
import org.dcbalance.recovery.RecoveryRows.Recovered;
import org.dcbalance.units.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Ask a host that was lost and answers again what it has of the VMs that were restored elsewhere,
 * until it has none of them. What it runs is told loudly, and left alone.
 */
@Component
class ReturnWatch {
  private static final Logger log = LoggerFactory.getLogger(ReturnWatch.class);

  private final RecoveryRows rows;
  private final Connections connections;
  private final Hosts hosts;
  private final Vms vms;
  private final FleetEvents events;
  private final Leadership leadership;
  private final Signals signals;
  private final TransactionTemplate transaction;

  ReturnWatch(
      RecoveryRows rows,
      Connections connections,
      Hosts hosts,
      Vms vms,
      FleetEvents events,
      Leadership leadership,
      Signals signals,
      TransactionTemplate transaction) {
    this.rows = rows;
    this.connections = connections;
    this.hosts = hosts;
    this.vms = vms;
    this.events = events;
    this.leadership = leadership;
    this.signals = signals;
    this.transaction = transaction;
  }

  @Scheduled(fixedDelay = 5000)
  void look() {
    if (!leadership.held()) {
      return;
    }
    try {
      for (var each : rows.open()) {
        var lost = hosts.findById(each.lostId().value());
        var vm = vms.findById(each.vmId().value());
        if (lost.isEmpty() || vm.isEmpty()) {
          rows.clear(each.id());
        } else {
          look(each, lost.get(), vm.get());
        }
      }
    } catch (DataAccessException | TransactionException e) {
      log.warn("Hosts that returned are asked later: {}", e.getMessage());
    }
  }

  private void look(Recovered each, Host lost, Vm vm) {
    if (each.state().equals("FAILED") || (ran(each) && each.on().equals(each.lostId()))) {
      // it was not restored, or lives there again: an operator has decided for that one
      rows.clear(each.id());
      return;
    }
    if (lost.state() != Host.State.UP) {
      return;
    }
    try {
      var status = connections.to(lost).status(vm.uuid());
      if (status.isEmpty()) {
        rows.clear(each.id());
        signals.publish("inventory-changed", lost.id().value());
      } else {
        var state = status.get().state();
        // what is kept as seen and was not told would never be told
        transaction.executeWithoutResult(
            _ -> {
              if (rows.seen(each.id(), state)) {
                tell(each, state, lost);
              }
            });
      }
    } catch (HypervisorException | Problem e) {
      log.debug("{} is asked for {} later", lost.name(), vm.name(), e);
    }
  }

  private static boolean ran(Recovered each) {
    return each.state().equals("DETACHING") || each.state().equals("DONE");
  }

  private void tell(Recovered each, GuestState state, Host lost) {
    var twin =
        Twin.of(
            new Recovered(
                each.id(),
                each.lostId(),
                each.lost(),
                each.vmId(),
                each.vm(),
                each.checkpoint(),
                each.capturedAt(),
                each.restored(),
                each.on(),
                each.state(),
                each.sentence(),
                state));
    events.record(
        twin.loud() ? Severity.BAD : Severity.WARN,
        "vm-split",
        lost.poolId(),
        lost.id(),
        each.vmId(),
        twin.sentence() + " " + twin.advice());
    signals.publish("inventory-changed", lost.id().value());
  }
}
