package org.dcbalance.checkpoint;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;

/**
 * Bring a VM back from a checkpoint. Everything that can be refused is refused before anything is
 * touched; a copy that runs is ended last; and the VM's present disks are left as they are, since
 * it goes on with disks of its own over those of the checkpoint.
 */
final class Restoring {
  /** The step before its memory is mapped; the name of its target follows. */
  static final String PREPARING = "Preparing its memory on ";

  /** The step of ending the copy of a VM that runs; the name of the host where it does follows. */
  static final String ENDING = "Ending %s on ";

  private final Comeback comeback;
  private final Settling settling;
  private final OpenRestore restore;
  private final Checkpoint checkpoint;
  private final Vm vm;
  private final Host target;
  private final Hypervisor host;
  private final Whereabouts whereabouts;
  private final Mapping mapping;

  /** What the target could not tell before. */
  private List<String> notes = List.of();

  /**
   * Prepare to restore.
   *
   * @param target where it is to run
   * @param whereabouts of all hosts on which it may be
   * @param mapping brings it back before its memory was read
   */
  Restoring(
      OpenRestore restore,
      Placements placements,
      Vm vm,
      Host target,
      Whereabouts whereabouts,
      Mapping mapping) {
    this.comeback = new Comeback(restore, placements, vm, target, whereabouts);
    this.settling = new Settling(comeback);
    this.restore = restore;
    this.checkpoint = restore.checkpoint();
    this.vm = vm;
    this.target = target;
    this.whereabouts = whereabouts;
    this.host = comeback.host;
    this.mapping = mapping;
  }

  /** Give what settles it, should it fail or its console have died. */
  Settling settling() {
    return settling;
  }

  /** Restore it alone. */
  void run() {
    try {
      prepare();
      boolean mapped = prepareMapping();
      endWhatRuns();
      long begun = System.nanoTime();
      if (!mapped || !map()) {
        read(false);
      }
      long millis = (System.nanoTime() - begun) / 1_000_000;
      requireRuns();
      removeOldDefinitions();
      restore.write(() -> runs(millis));
    } catch (HypervisorException e) {
      mapping.release();
      settling.giveUp(e.sentence());
    }
  }

  /** Have it prepared that the VM maps its memory, if that was asked for; false if it cannot. */
  private boolean prepareMapping() {
    if (restore.row().manner() == Manner.EAGER) {
      return doneAs(Manner.EAGER, "");
    }
    restore.step(PREPARING + target.name());
    var whyNot = mapping.prepare();
    return whyNot.isPresent()
        ? doneAs(Manner.EAGER, whyNot.get())
        : doneAs(restore.row().manner(), "");
  }

  private boolean doneAs(Manner manner, String fellBack) {
    restore.write(() -> restore.rows().doneAs(restore.row().id(), manner, fellBack));
    return manner != Manner.EAGER;
  }

  /** Let it run on memory that it maps; false if it does not, and runs nowhere. */
  private boolean map() {
    comeback.beginReading();
    var whyNot = mapping.read(host, vm);
    return whyNot.isEmpty() || doneAs(Manner.EAGER, whyNot.get());
  }

  /** Check that it can be brought back, and make disks for it; nothing that runs is touched. */
  private void prepare() {
    var looked = look(isOnTarget() ? Set.of(target.id()) : Set.of());
    looked
        .found()
        .and(MemoryDemand.refusals(List.of(looked.demand())))
        .and(RoomDemand.refusals(List.of(looked.found().room())))
        .require();
    requireMay();
    makeDisks();
  }

  /**
   * What was found of its target.
   *
   * @param demand what it takes of the target's memory, which others may want as well
   */
  record Looked(TargetChecks.Found found, MemoryDemand demand) {}

  /**
   * Look for what stands in the way on its target, but for memory and room; nothing is touched.
   *
   * @param isOn the hosts on which it is now
   */
  Looked look(Set<HostId> isOn) {
    restore.step("Checking that it can be brought back on " + target.name());
    var checks = new TargetChecks(target, host, checkpoint, restore.prefix());
    var found = checks.run(vm.uuid(), vm.name(), Memory.ZERO);
    notes = found.notes();
    return new Looked(found, checks.demand(found, vm.memory(), isOn));
  }

  /**
   * Give the hosts on which it is now.
   *
   * @throws HypervisorException UNREACHABLE if one of the pool does not answer
   */
  Set<HostId> isOn() {
    return whereabouts.of(vm).running().stream().map(Host::id).collect(Collectors.toSet());
  }

  /**
   * Make sure that it runs nowhere, or that what runs is to be ended.
   *
   * @throws HypervisorException FAILED if not; UNREACHABLE if a host of the pool does not answer
   */
  void requireMay() {
    requireMay(whereabouts.of(vm));
  }

  /** Make the disks on which it goes on. */
  void makeDisks() {
    restore.makeDisks(host.states());
  }

  /** End the copy that runs, and make sure that none is left on any host. */
  void endWhatRuns() {
    comeback.beginMove();
    // asked again: making disks took its time
    var found = whereabouts.of(vm);
    requireMay(found);
    for (var runs : found.running()) {
      restore.step(ENDING.formatted(vm.name()) + runs.name());
      whereabouts.to(runs).destroy(vm.uuid());
    }
    var left = whereabouts.of(vm).running();
    if (!left.isEmpty()) {
      throw Comeback.refused("%s still runs on %s.", vm.name(), left.getFirst().name());
    }
  }

  /** Have it read from its memory. */
  void read(boolean paused) {
    comeback.beginReading();
    var volume = Checkpoint.memoryVolume(restore.prefix());
    host.states().restore(vm.uuid(), checkpoint.storage(), volume, restore.disks(), paused);
  }

  /** Let it run, after it was read paused. */
  void resume() {
    host.resume(vm.uuid());
  }

  /** Make sure that it runs, and write down that it did. */
  void requireRuns() {
    comeback.requireIs(GuestState.RUNNING);
    comeback.keepDisks();
  }

  /** Make sure that it was read, and waits for others. */
  void requirePaused() {
    comeback.requireIs(GuestState.PAUSED);
  }

  /** Remove all definitions of it but the one by which it goes on. */
  void removeOldDefinitions() {
    comeback.removeOldDefinitions(target);
  }

  /** Write down that it runs, in a transaction of the caller's. */
  void runs(long millis) {
    var now = restore.rows().find(restore.row().id());
    var how = notes.isEmpty() ? "" : " " + String.join(" ", notes);
    if (!now.fellBack().isEmpty()) {
      how += " All of its memory was read before: %s.".formatted(now.fellBack());
    } else if (now.doneAs() != null && now.doneAs() != Manner.EAGER) {
      how += " Its memory is read as it needs it.";
    }
    comeback.goesOn(
        target,
        millis,
        String.format(
            Locale.ROOT,
            "%s runs on %s again, after %.1f s.%s",
            vm.name(),
            target.name(),
            millis / 1000.0,
            how));
  }

  private boolean isOnTarget() {
    return host.status(vm.uuid()).filter(s -> s.state() != GuestState.SHUT_OFF).isPresent();
  }

  private void requireMay(Whereabouts.Found found) {
    if (!found.running().isEmpty() && !restore.row().replaces()) {
      throw Comeback.refused(
          "%s runs on %s, and was not to be replaced.",
          vm.name(), found.running().getFirst().name());
    }
  }

  /** Go on with a restore whose console ended: the hosts tell how far it came. */
  void takeUp() {
    settling.takeUp();
  }
}
