package org.dcbalance.checkpoint;

import java.util.Locale;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Vm;
import org.jspecify.annotations.Nullable;

/** How far a VM came back: what is written down of it, and what its hosts have of it. */
final class Comeback {
  private static final String READING = "Reading its memory";

  /** From this step on its own disks hold what it wrote, and nothing deletes them. */
  private static final String CAME_BACK = "It came back; removing old definitions of it";

  final OpenRestore restore;
  final Checkpoint checkpoint;
  final Vm vm;
  final Host target;
  final Hypervisor host;
  final Whereabouts whereabouts;
  private final Placements placements;

  /** Whether it ran nowhere and its memory was about to be read: what runs since then is it. */
  private boolean reading;

  /** Whether it was seen to run after that. */
  private boolean cameBack;

  /**
   * Read how far it is written down to have come.
   *
   * @param target where it is to run
   * @param whereabouts of all hosts on which it may be
   */
  Comeback(
      OpenRestore restore, Placements placements, Vm vm, Host target, Whereabouts whereabouts) {
    this.restore = restore;
    this.checkpoint = restore.checkpoint();
    this.placements = placements;
    this.vm = vm;
    this.target = target;
    this.whereabouts = whereabouts;
    this.host = whereabouts.to(target);
    this.cameBack = restore.row().step().equals(CAME_BACK);
    this.reading = cameBack || restore.row().step().equals(READING);
  }

  boolean reading() {
    return reading;
  }

  boolean cameBack() {
    return cameBack;
  }

  /** Write down that its memory is about to be read: its host may let it run from then on. */
  void beginReading() {
    restore.step(READING);
    reading = true;
  }

  /** Write down that it ran on its disks, in case that cannot be told later. */
  void keepDisks() {
    if (!cameBack) {
      restore.step(CAME_BACK);
      cameBack = true;
    }
  }

  void requireIs(GuestState wanted) {
    var state = host.status(vm.uuid()).map(s -> s.state()).orElse(GuestState.UNKNOWN);
    if (state != wanted) {
      throw refused(
          "%s was read, but is not %s on %s: it is %s there.",
          vm.name(), words(wanted), target.name(), words(state));
    }
  }

  private static String words(GuestState state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  boolean isPaused() {
    return host.status(vm.uuid()).filter(s -> s.state() == GuestState.PAUSED).isPresent();
  }

  /** Tell whether it may be let run: one that is just being moved may run elsewhere. */
  boolean waitsToRun() {
    return host.status(vm.uuid())
        .filter(s -> s.state() == GuestState.PAUSED && s.job() == Job.NONE)
        .isPresent();
  }

  /** Remove all definitions but that where it goes on, and those that are of its own disks. */
  void removeOldDefinitions(Host at) {
    for (var left : whereabouts.of(vm).defined()) {
      if (!left.id().equals(at.id()) && !usesOwnDisks(left)) {
        whereabouts.to(left).undefine(vm.uuid());
      }
    }
  }

  /** Tell whether a host has it with any disk of this restore, whether it runs there or not. */
  boolean usesOwnDisks(Host where) {
    var own = restore.disks();
    if (own.isEmpty()) {
      return false;
    }
    var on = whereabouts.to(where).states().disks(vm.uuid());
    return own.entrySet().stream()
        .anyMatch(o -> on.getOrDefault(o.getKey(), "").endsWith("/" + o.getValue()));
  }

  /** Have the inventory leave it and its hosts alone, if it comes back on another one. */
  void beginMove() {
    if (elsewhere()) {
      // the inventory does not call it moved by others, and its hosts stay
      restore.write(() -> placements.startMove(vm.id(), target.id()));
    }
  }

  /** Take that back, in a transaction of the caller's. */
  void abandonMove() {
    if (elsewhere()) {
      placements.abandonMove(vm.id());
    }
  }

  /** Write down where it goes on, in a transaction of the caller's. */
  void goesOn(Host at, @Nullable Long millis, String sentence) {
    if (elsewhere()) {
      placements.endMove(vm.id(), at.id(), "restored from a checkpoint");
    }
    restore.runs(millis, sentence);
  }

  private boolean elsewhere() {
    return !vm.hostId().equals(target.id());
  }

  static HypervisorException refused(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
