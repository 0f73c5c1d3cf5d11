package org.dcbalance.checkpoint;

import java.time.Duration;
import org.dcbalance.checkpoint.MemoryLeases.Lease;
import org.dcbalance.helper.HostHelper;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostFencing;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vms;
import org.dcbalance.units.Memory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Prepare checkpoints for a fast resume, note what resumed guests needed first, and end leases,
 * while this console holds the lease of the leader.
 */
@Component
class FastRunner {
  private static final Logger log = LoggerFactory.getLogger(FastRunner.class);

  private static final String WHAT = "Fast resumes";

  /** Kept free beside the memory. */
  private static final Memory SPARE = Memory.ofMiB(64);

  /** What a guest needs in this time after it went on counts as what it needs first. */
  private static final Duration FIRST = Duration.ofSeconds(10);

  private final FastCopies copies;
  private final MemoryLeases leases;
  private final CheckpointRows rows;
  private final HostHelpers helpers;
  private final Hosts hosts;
  private final Vms vms;
  private final Connections connections;
  private final HostFencing fencing;
  private final Ledgers ledgers;

  private final OneThreadEach making = new OneThreadEach("fast copy of checkpoint");
  private final OneThreadEach ending = new OneThreadEach("memory lease");

  FastRunner(
      FastCopies copies,
      MemoryLeases leases,
      CheckpointRows rows,
      HostHelpers helpers,
      Hosts hosts,
      Vms vms,
      Connections connections,
      HostFencing fencing,
      Ledgers ledgers) {
    this.copies = copies;
    this.leases = leases;
    this.rows = rows;
    this.helpers = helpers;
    this.hosts = hosts;
    this.vms = vms;
    this.connections = connections;
    this.fencing = fencing;
    this.ledgers = ledgers;
  }

  @Scheduled(fixedDelay = 1000)
  void look() {
    ledgers.look(
        WHAT,
        ledger -> {
          for (var helper : helpers.all()) {
            var host = hosts.findById(helper.host().value());
            if (host.isPresent() && host.get().state() == Host.State.UP) {
              // one at a time on a host: they share its disks
              copies.wanted(helper).stream()
                  .findFirst()
                  .ifPresent(
                      id ->
                          making.start(
                              host.get().id().value(), () -> make(id, host.get(), ledger)));
            }
          }
          for (var lease : leases.untouched(FIRST)) {
            ending.start(lease.id(), () -> touch(lease, ledger));
          }
        });
  }

  @Scheduled(fixedDelay = 5000)
  void endWhatIsLeft() {
    ledgers.look(
        WHAT,
        ledger -> {
          ledger.confirmed(() -> copies.giveUpStranded(ledger.epoch()));
          leases.open().forEach(l -> ending.start(l.id(), () -> endIfFree(l, ledger)));
        });
  }

  private void make(long id, Host host, Ledger ledger) {
    var begun = new boolean[1];
    ledger.write(id, () -> begun[0] = copies.make(id, ledger.epoch()));
    if (!begun[0]) {
      return;
    }
    var checkpoint = rows.find(id).orElseThrow();
    try {
      requireRoom(checkpoint, host);
      var split = helpers.to(host).split(checkpoint.storage(), rows.prefix(id));
      ledger.write(id, () -> copies.ready(id, split));
    } catch (HypervisorException e) {
      // what an earlier console asked for may go on there: it is looked at again
      if (!e.sentence().contains("is being written already")) {
        ledger.write(id, () -> copies.end(id, FastCopy.State.FAILED, e.sentence()));
      }
    }
  }

  private void requireRoom(Checkpoint checkpoint, Host host) {
    var memory = checkpoint.memoryBytes();
    var needed = new Memory(memory == null ? 0 : memory).plus(SPARE);
    var free = connections.to(host).states().room(checkpoint.storage()).available();
    if (needed.compareTo(free) > 0) {
      throw new HypervisorException(
          Kind.FAILED,
          "There is no room for it: it takes %d MiB, and %s has %d MiB free."
              .formatted(needed.mib(), checkpoint.storage(), free.mib()),
          null);
    }
  }

  private void touch(Lease lease, Ledger ledger) {
    var host = hosts.findById(lease.host().value());
    if (host.isEmpty()) {
      return;
    }
    long pages;
    try {
      pages = helpers.to(host.get()).touched(lease.storage(), lease.prefix());
    } catch (HypervisorException e) {
      log.info("What {} needed first is not known: {}", lease.prefix(), e.sentence());
      // it has ended or moved on, or the helper is gone: no second look
      ledger.write(lease.checkpoint(), () -> leases.touched(lease.id()));
      return;
    }
    ledger.write(
        lease.checkpoint(),
        () -> {
          leases.touched(lease.id());
          copies.touched(lease.checkpoint(), pages);
        });
  }

  /** End a lease once both the hypervisor and the helper say that nobody maps the memory. */
  private void endIfFree(Lease lease, Ledger ledger) {
    var host = hosts.findById(lease.host().value());
    var vm = vms.findById(lease.vm().value());
    if (vm.isEmpty() || leases.beingRestored(lease)) {
      return;
    }
    if (host.isEmpty() || fencing.fenced().contains(lease.host())) {
      // nobody can be asked there any more; it runs elsewhere, or its host is said to be off
      if (host.isPresent()
          || (vm.get().goneSince() == null && !vm.get().hostId().equals(lease.host()))) {
        ledger.write(lease.checkpoint(), () -> leases.end(lease.id()));
      }
      return;
    }
    HostHelper helper;
    try {
      var mapped = connections.to(host.get()).states().mapped(vm.get().uuid());
      if (mapped.filter(lease.prefix()::equals).isPresent()) {
        return;
      }
      helper = helpers.to(host.get());
      if (helper.release(lease.storage(), lease.prefix()) > 0) {
        return;
      }
    } catch (HypervisorException e) {
      log.info(
          "Whether {} is mapped on {} is not known: {}",
          lease.prefix(),
          host.get().name(),
          e.sentence());
      return;
    }
    ledger.write(lease.checkpoint(), () -> leases.end(lease.id()));
  }
}
