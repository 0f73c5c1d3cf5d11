package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.hypervisor.StateStorage.Captured;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

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
  private final Vm vm;
  private final StateStorage states;
  private final String prefix;
  private List<FrozenDisk> disks = List.of();

  Taking(CheckpointRows rows, Ledger ledger, Checkpoint checkpoint, Vm vm, Hypervisor host) {
    this.rows = rows;
    this.ledger = ledger;
    this.checkpoint = checkpoint;
    this.vm = vm;
    this.states = host.states();
    this.prefix = rows.prefix(checkpoint.id());
  }

  /** Take it alone; what goes wrong leaves it to be cleaned up. */
  void run() {
    try {
      RoomDemand.require(List.of(plan()));
      var captured = capture();
      kept(captured.pause());
      keep();
      readBack();
      ledger.write(checkpoint.id(), () -> complete(captured.pause()));
    } catch (HypervisorException e) {
      ledger.write(checkpoint.id(), () -> fail(e.sentence()));
    }
  }

  /** Find its disks, and tell what is to be stored. */
  RoomDemand plan() {
    step("Looking at its disks and at the room for them");
    disks = states.plan(vm.uuid(), prefix);
    ledger.write(checkpoint.id(), () -> rows.planned(checkpoint.id(), prefix, disks));
    return new RoomDemand(
        vm.name(),
        checkpoint.storage(),
        checkpoint.host(),
        states.room(checkpoint.storage()).available(),
        states.size(vm.uuid(), disks).plus(SPARE));
  }

  Captured capture() {
    step("Writing its memory, and freezing its disks");
    var volume = Checkpoint.memoryVolume(prefix);
    return states.capture(vm.uuid(), checkpoint.storage(), volume, disks, checkpoint.live());
  }

  /** Take back what was captured, so that it can be captured again. */
  void undo() {
    step("Taking back what was captured");
    disks.forEach(disk -> states.mergeBack(vm.uuid(), disk));
    states.delete(checkpoint.storage(), Checkpoint.memoryVolume(prefix));
  }

  /** Write down that it was captured, and for how long the VM stood still. */
  void kept(@Nullable Duration pause) {
    ledger.write(checkpoint.id(), () -> rows.captured(checkpoint.id(), pause));
  }

  /** Copy the frozen disks, and put the VM on its own again. */
  void keep() {
    for (var disk : disks) {
      step("Copying its disk " + disk.target());
      states.copyDisk(disk.source(), checkpoint.storage(), prefix + "." + disk.target());
    }
    for (var disk : disks) {
      step("Merging what it wrote to " + disk.target() + " meanwhile");
      states.mergeBack(vm.uuid(), disk);
    }
  }

  void readBack() {
    step("Reading it back");
    var volume = Checkpoint.memoryVolume(prefix);
    states.requireMemory(checkpoint.storage(), volume);
    var memory = Verifying.read(states, checkpoint.storage(), volume);
    ledger.write(checkpoint.id(), () -> rows.written(checkpoint.id(), null, memory));
    for (var disk : disks) {
      var copy = Verifying.read(states, checkpoint.storage(), prefix + "." + disk.target());
      ledger.write(checkpoint.id(), () -> rows.written(checkpoint.id(), disk.target(), copy));
    }
  }

  /** Call it complete, in a transaction of the caller's. */
  void complete(@Nullable Duration pause) {
    rows.verified(checkpoint.id());
    rows.end(checkpoint.id(), State.COMPLETE, taken(pause));
  }

  /** Leave it to be cleaned up, in a transaction of the caller's. */
  void fail(String why) {
    rows.step(checkpoint.id(), State.CLEANING, "", ledger.epoch());
    rows.say(checkpoint.id(), why);
  }

  private String taken(@Nullable Duration pause) {
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

  /** Write down what is about to be done, before it is. */
  private void step(String step) {
    ledger.write(
        checkpoint.id(), () -> rows.step(checkpoint.id(), State.TAKING, step, ledger.epoch()));
  }
}
