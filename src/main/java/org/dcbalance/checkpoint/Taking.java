package org.dcbalance.checkpoint;

import java.util.List;
import java.util.Locale;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.Memory;

/**
 * Take one checkpoint: freeze memory and disks at one instant, copy the disks while the VM goes on,
 * merge what it wrote meanwhile, and read everything back.
 */
final class Taking {
  /** Kept free beside what is needed, for headers and for what is written meanwhile. */
  private static final Memory SPARE = Memory.ofMiB(64);

  private final CheckpointRows rows;
  private final Ledger ledger;
  private final Checkpoint checkpoint;
  private final String prefix;

  Taking(CheckpointRows rows, Ledger ledger, Checkpoint checkpoint) {
    this.rows = rows;
    this.ledger = ledger;
    this.checkpoint = checkpoint;
    this.prefix = rows.prefix(checkpoint.id());
  }

  /** Take it; what goes wrong leaves it to be cleaned up. */
  void run(Vm vm, Hypervisor host) {
    try {
      take(vm, host);
    } catch (HypervisorException e) {
      ledger.write(
          checkpoint.id(),
          () -> {
            rows.step(checkpoint.id(), State.CLEANING, "", ledger.epoch());
            rows.say(checkpoint.id(), e.sentence());
          });
    }
  }

  private void take(Vm vm, Hypervisor host) {
    var states = host.states();
    step("Looking at its disks and at the room for them");
    var disks = states.plan(vm.uuid(), prefix);
    requireRoom(vm, states, disks);
    ledger.write(checkpoint.id(), () -> rows.planned(checkpoint.id(), prefix, disks));

    step("Writing its memory, and freezing its disks");
    var captured =
        states.capture(
            vm.uuid(),
            checkpoint.storage(),
            Checkpoint.memoryVolume(prefix),
            disks,
            checkpoint.live());
    ledger.write(checkpoint.id(), () -> rows.captured(checkpoint.id(), captured));

    for (var disk : disks) {
      step("Copying its disk " + disk.target());
      states.copyDisk(disk.source(), checkpoint.storage(), prefix + "." + disk.target());
    }
    for (var disk : disks) {
      step("Merging what it wrote to " + disk.target() + " meanwhile");
      states.mergeBack(vm.uuid(), disk);
    }

    step("Reading it back");
    states.requireMemory(checkpoint.storage(), Checkpoint.memoryVolume(prefix));
    var memory = Verifying.read(states, checkpoint.storage(), Checkpoint.memoryVolume(prefix));
    ledger.write(checkpoint.id(), () -> rows.written(checkpoint.id(), null, memory));
    for (var disk : disks) {
      var copy = Verifying.read(states, checkpoint.storage(), prefix + "." + disk.target());
      ledger.write(checkpoint.id(), () -> rows.written(checkpoint.id(), disk.target(), copy));
    }
    ledger.write(
        checkpoint.id(),
        () -> {
          rows.verified(checkpoint.id());
          rows.end(checkpoint.id(), State.COMPLETE, taken(vm, captured, disks));
        });
  }

  private static String taken(Vm vm, StateStorage.Captured captured, List<FrozenDisk> disks) {
    var pause = captured.pause();
    return "The memory of %s and %s, of one instant; it stood still %s."
        .formatted(
            vm.name(),
            switch (disks.size()) {
              case 0 -> "no disk";
              case 1 -> "its disk";
              default -> "its " + disks.size() + " disks";
            },
            pause == null
                ? "for a time that its host did not tell"
                : String.format(Locale.ROOT, "for %.3f s", pause.toMillis() / 1000.0));
  }

  private void requireRoom(Vm vm, StateStorage states, List<FrozenDisk> disks) {
    var needed = states.size(vm.uuid(), disks).plus(SPARE);
    var free = states.room(checkpoint.storage()).available();
    if (needed.compareTo(free) > 0) {
      throw new HypervisorException(
          HypervisorException.Kind.FAILED,
          "There is no room for it: it may take %d MiB, and %s has %d MiB free."
              .formatted(needed.mib(), checkpoint.storage(), free.mib()),
          null);
    }
  }

  /** Write down what is about to be done, before it is. */
  private void step(String step) {
    ledger.write(
        checkpoint.id(), () -> rows.step(checkpoint.id(), State.TAKING, step, ledger.epoch()));
  }
}
