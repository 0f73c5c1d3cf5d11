package org.dcbalance.checkpoint;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.Checkpoint.DiskCopy;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.Memory;

/**
 * Bring a VM back from a checkpoint. Everything that can be refused is refused before anything is
 * touched; a copy that runs is ended last; and the VM's present disks are left as they are, since
 * it goes on with disks of its own over those of the checkpoint.
 */
final class Restoring {
  private static final String READING = "Reading its memory";

  private final CheckpointRows rows;
  private final Ledger ledger;
  private final Connections connections;
  private final Checkpoint checkpoint;
  private final Restore restore;
  private final Whereabouts whereabouts;
  private final String prefix;

  /** Whether it ran nowhere and its memory was about to be read: what runs since then is it. */
  private boolean reading;

  Restoring(
      CheckpointRows rows,
      Ledger ledger,
      Connections connections,
      Checkpoint checkpoint,
      Restore restore,
      Whereabouts whereabouts) {
    this.rows = rows;
    this.ledger = ledger;
    this.connections = connections;
    this.checkpoint = checkpoint;
    this.restore = restore;
    this.whereabouts = whereabouts;
    this.prefix = rows.prefix(checkpoint.id());
    this.reading = restore.step().equals(READING);
  }

  void run(Vm vm, Host target) {
    var host = connections.to(target);
    try {
      bringBack(vm, target, host);
    } catch (HypervisorException e) {
      giveUp(vm, target, host, e.sentence());
    }
  }

  private void bringBack(Vm vm, Host target, Hypervisor host) {
    var states = host.states();
    step("Checking that it can be brought back on " + target.name());
    check(vm, target, host, states);
    requireMay(vm, whereabouts.of(vm));

    var own = ownDisks();
    step("Making disks for it");
    for (var disk : checkpoint.disks()) {
      states.layOver(checkpoint.storage(), disk.volume(), own(disk.target()));
    }

    // asked again: making disks took its time
    var found = whereabouts.of(vm);
    requireMay(vm, found);
    for (var runs : found.running()) {
      step("Ending " + vm.name() + " on " + runs.name());
      connections.to(runs).destroy(vm.uuid());
    }
    requireNowhere(vm);

    step(READING);
    reading = true;
    long begun = System.nanoTime();
    states.restore(vm.uuid(), checkpoint.storage(), Checkpoint.memoryVolume(prefix), own);
    long millis = (System.nanoTime() - begun) / 1_000_000;
    requireRuns(vm, target, host);
    for (var left : whereabouts.of(vm).defined()) {
      connections.to(left).undefine(vm.uuid());
    }
    ledger.write(
        checkpoint.id(),
        () -> {
          rows.restoreRuns(restore.id(), millis);
          rows.restoreStep(
              restore.id(),
              RestoreState.DETACHING,
              "It runs; its disks are being copied",
              ledger.epoch());
          rows.restoreSays(
              restore.id(),
              String.format(
                  Locale.ROOT,
                  "%s runs on %s again, after %.1f s.",
                  vm.name(),
                  target.name(),
                  millis / 1000.0));
        });
  }

  private void check(Vm vm, Host target, Hypervisor host, StateStorage states) {
    var there =
        states.volumes(checkpoint.storage(), prefix + ".").stream()
            .map(Volume::name)
            .collect(Collectors.toSet());
    var needed = checkpoint.disks().stream().map(DiskCopy::volume).collect(Collectors.toSet());
    needed.add(Checkpoint.memoryVolume(prefix));
    if (!there.containsAll(needed)) {
      throw refused(
          "The storage pool %s of %s does not have all of the checkpoint.",
          checkpoint.storage(), target.name());
    }
    states.requireMemory(checkpoint.storage(), Checkpoint.memoryVolume(prefix));
    if (host.fits(vm.cpu()) instanceof CpuFit.Lacks(var reason)) {
      throw refused("%s cannot run %s: its CPU %s.", target.name(), vm.name(), reason);
    }
    var load = host.readLoad().host();
    var free = load.memoryTotal().minus(load.memoryUsed());
    var own = runsOn(vm, host) ? vm.memory() : Memory.ZERO;
    if (vm.memory().compareTo(free.plus(own)) > 0) {
      throw refused(
          "%s has %d MiB of memory free, and %s needs %d MiB.",
          target.name(), free.mib(), vm.name(), vm.memory().mib());
    }
    var namesake = host.look(vm.uuid(), vm.name()).namesake();
    if (namesake != null) {
      throw refused(
          "%s has another virtual machine named %s (%s).", target.name(), vm.name(), namesake);
    }
  }

  private static boolean runsOn(Vm vm, Hypervisor host) {
    return host.status(vm.uuid()).filter(s -> s.state() != GuestState.SHUT_OFF).isPresent();
  }

  private void requireMay(Vm vm, Whereabouts.Found found) {
    if (!found.running().isEmpty() && !restore.replaces()) {
      throw refused(
          "%s runs on %s, and was not to be replaced.",
          vm.name(), found.running().getFirst().name());
    }
  }

  private void requireNowhere(Vm vm) {
    var found = whereabouts.of(vm);
    if (!found.running().isEmpty()) {
      throw refused("%s still runs on %s.", vm.name(), found.running().getFirst().name());
    }
  }

  private void requireRuns(Vm vm, Host target, Hypervisor host) {
    var status = host.status(vm.uuid());
    if (status.isEmpty() || status.get().state() != GuestState.RUNNING) {
      throw refused(
          "%s was read, but does not run on %s: it is %s there.",
          vm.name(),
          target.name(),
          status.map(s -> s.state().name().toLowerCase(Locale.ROOT)).orElse("not known"));
    }
  }

  /** Say what failed and where the VM is now, as the hosts tell; take back what was made for it. */
  private void giveUp(Vm vm, Host target, Hypervisor host, String why) {
    String now;
    try {
      var found = whereabouts.of(vm);
      if (reading && found.running().contains(target) && onOwnDisks(vm, host)) {
        goOn(vm, target);
        return;
      }
      removeDisks(host.states());
      now =
          found.running().isEmpty()
              ? vm.name() + " runs nowhere now."
              : vm.name() + " runs on " + found.running().getFirst().name() + ".";
    } catch (HypervisorException e) {
      now = "Where %s is now is not known: %s".formatted(vm.name(), e.sentence());
    }
    var sentence = why + " " + now;
    ledger.write(
        checkpoint.id(), () -> rows.endRestore(restore.id(), RestoreState.FAILED, sentence));
  }

  /**
   * Go on with a restore whose console ended: the hosts tell how far it came.
   *
   * @param target where it was to run
   */
  void takeUp(Vm vm, Host target) {
    giveUp(vm, target, connections.to(target), "The console ended while it was being restored.");
  }

  private void goOn(Vm vm, Host target) {
    ledger.write(
        checkpoint.id(),
        () -> {
          rows.restoreStep(
              restore.id(),
              RestoreState.DETACHING,
              "It runs; its disks are being copied",
              ledger.epoch());
          rows.restoreSays(
              restore.id(), "%s runs on %s again.".formatted(vm.name(), target.name()));
        });
  }

  private boolean onOwnDisks(Vm vm, Hypervisor host) {
    var on = host.states().disks(vm.uuid());
    return ownDisks().entrySet().stream()
        .allMatch(own -> on.getOrDefault(own.getKey(), "").endsWith("/" + own.getValue()));
  }

  private void removeDisks(StateStorage states) {
    for (var disk : ownDisks().values()) {
      states.delete(checkpoint.storage(), disk);
    }
  }

  /** Make its disks independent of the checkpoint's, wherever it runs by now. */
  void detach(Vm vm, Hypervisor host) {
    var states = host.states();
    var on = states.disks(vm.uuid());
    for (var own : ownDisks().entrySet()) {
      if (on.getOrDefault(own.getKey(), "").endsWith("/" + own.getValue())) {
        states.detach(vm.uuid(), own.getKey(), share -> {});
      }
    }
    ledger.write(
        checkpoint.id(),
        () ->
            rows.endRestore(
                restore.id(),
                RestoreState.DONE,
                restore.sentence()
                    + " Its disks are its own again; those that it had before are where they were."));
  }

  /** Name the volumes that the VM goes on with, by target. */
  private Map<String, String> ownDisks() {
    var own = new LinkedHashMap<String, String>();
    for (var disk : checkpoint.disks()) {
      own.put(disk.target(), own(disk.target()));
    }
    return own;
  }

  private String own(String target) {
    return "%s.r%d.%s".formatted(prefix, restore.id(), target);
  }

  private void step(String step) {
    ledger.write(
        checkpoint.id(),
        () -> rows.restoreStep(restore.id(), RestoreState.RESTORING, step, ledger.epoch()));
  }

  private static HypervisorException refused(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
