package org.dcbalance.checkpoint;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Placements;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Bring a VM back from a checkpoint. Everything that can be refused is refused before anything is
 * touched; a copy that runs is ended last; and the VM's present disks are left as they are, since
 * it goes on with disks of its own over those of the checkpoint.
 */
final class Restoring {
  private static final String READING = "Reading its memory";

  /** From this step on its own disks hold what it wrote, and nothing deletes them. */
  private static final String CAME_BACK = "It came back; removing old definitions of it";

  private static final String LEFT_TO_DO = " Left to do: ";

  private final OpenRestore restore;
  private final Checkpoint checkpoint;
  private final Placements placements;
  private final Vm vm;
  private final Host target;
  private final Hypervisor host;
  private final Whereabouts whereabouts;
  private final Mapping mapping;

  /** Whether it ran nowhere and its memory was about to be read: what runs since then is it. */
  private boolean reading;

  /** Whether it was seen to run after that. */
  private boolean cameBack;

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
    this.restore = restore;
    this.checkpoint = restore.checkpoint();
    this.placements = placements;
    this.vm = vm;
    this.target = target;
    this.whereabouts = whereabouts;
    this.host = whereabouts.to(target);
    this.mapping = mapping;
    this.cameBack = restore.row().step().equals(CAME_BACK);
    this.reading = cameBack || restore.row().step().equals(READING);
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
      giveUp(e.sentence());
    }
  }

  /** Have it prepared that the VM maps its memory, if that was asked for; false if it cannot. */
  private boolean prepareMapping() {
    if (restore.row().manner() == Manner.EAGER) {
      return doneAs(Manner.EAGER, "");
    }
    restore.step("Preparing its memory on " + target.name());
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
    restore.step(READING);
    reading = true;
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
    if (elsewhere()) {
      // the inventory does not call it moved by others, and its hosts stay
      restore.write(() -> placements.startMove(vm.id(), target.id()));
    }
    // asked again: making disks took its time
    var found = whereabouts.of(vm);
    requireMay(found);
    for (var runs : found.running()) {
      restore.step("Ending " + vm.name() + " on " + runs.name());
      whereabouts.to(runs).destroy(vm.uuid());
    }
    var left = whereabouts.of(vm).running();
    if (!left.isEmpty()) {
      throw refused("%s still runs on %s.", vm.name(), left.getFirst().name());
    }
  }

  private boolean elsewhere() {
    return !vm.hostId().equals(target.id());
  }

  /** Have it read from its memory. */
  void read(boolean paused) {
    restore.step(READING);
    reading = true;
    var volume = Checkpoint.memoryVolume(restore.prefix());
    host.states().restore(vm.uuid(), checkpoint.storage(), volume, restore.disks(), paused);
  }

  /** Let it run, after it was read paused. */
  void resume() {
    host.resume(vm.uuid());
  }

  /** Let it run if it never did: who paused it later may want that. */
  void resumeUnlessRuns() {
    if (!cameBack && isPaused()) {
      resume();
    }
  }

  /**
   * End what was read but never ran; anything else that is paused there is not of this restore.
   *
   * @throws HypervisorException if its host does not
   */
  void endUnlessRuns() {
    if (!reading || cameBack || !isPaused() || !cameFromHere()) {
      return;
    }
    host.destroy(vm.uuid());
    var defined = whereabouts.of(vm).defined();
    boolean onlyHere = defined.stream().allMatch(h -> h.id().equals(target.id()));
    if (!onlyHere && host.status(vm.uuid()).isPresent() && usesOwnDisks(target)) {
      // it got this definition with its disks, and has another one
      host.undefine(vm.uuid());
    }
  }

  private boolean isPaused() {
    return host.status(vm.uuid()).filter(s -> s.state() == GuestState.PAUSED).isPresent();
  }

  /** Make sure that it runs, and write down that it did. */
  void requireRuns() {
    requireIs(GuestState.RUNNING);
    keepDisks();
  }

  /** Write down that it ran on its disks, in case that cannot be told later. */
  private void keepDisks() {
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

  void removeOldDefinitions() {
    removeOldDefinitions(target);
  }

  /** Remove all but that where it goes on, and those that are of its own disks. */
  private void removeOldDefinitions(Host at) {
    for (var left : whereabouts.of(vm).defined()) {
      if (!left.id().equals(at.id()) && !usesOwnDisks(left)) {
        whereabouts.to(left).undefine(vm.uuid());
      }
    }
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
    goesOn(
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

  private void goesOn(Host at, @Nullable Long millis, String sentence) {
    if (elsewhere()) {
      placements.endMove(vm.id(), at.id(), "restored from a checkpoint");
    }
    restore.runs(millis, sentence);
  }

  private boolean isOnTarget() {
    return host.status(vm.uuid()).filter(s -> s.state() != GuestState.SHUT_OFF).isPresent();
  }

  private void requireMay(Whereabouts.Found found) {
    if (!found.running().isEmpty() && !restore.row().replaces()) {
      throw refused(
          "%s runs on %s, and was not to be replaced.",
          vm.name(), found.running().getFirst().name());
    }
  }

  /**
   * Say what failed and where the VM is now, as the hosts tell; take back what was made for it.
   *
   * <p>Once its memory was about to be read its host may let it run at any time, without us. Then
   * what is left of the restore is done, also if the VM was shut off or moved since; and while that
   * cannot be done, or hosts do not tell, the restore stays open, to be taken up again. Disks that
   * it may have written to are never deleted.
   *
   * @return whether nothing is left to do of it but to detach its disks
   */
  boolean giveUp(String why) {
    var first = first(why);
    String now;
    try {
      watch();
      var found = whereabouts.of(vm);
      var on = reading ? onOwnDisks(found) : List.<Host>of();
      var at = goesOnAt(found, on);
      if (at.isPresent()) {
        finish(at.get(), found);
        return true;
      }
      now =
          found.running().isEmpty()
              ? vm.name() + " runs nowhere now."
              : vm.name() + " runs on " + found.running().getFirst().name() + ".";
      now += cameBack || !on.isEmpty() ? leftDisks() : removeDisks();
    } catch (HypervisorException e) {
      if (reading) {
        say(first + LEFT_TO_DO + e.sentence());
        return false;
      }
      now = "Where %s is now is not known: %s".formatted(vm.name(), e.sentence());
    }
    var sentence = first + " " + now;
    restore.write(
        () -> {
          if (elsewhere()) {
            placements.abandonMove(vm.id());
          }
          restore.end(RestoreState.FAILED, sentence);
        });
    return true;
  }

  /**
   * See whether it runs on its target, also while other hosts do not answer: once they do it may be
   * gone from there.
   */
  private void watch() {
    if (!reading || cameBack) {
      return;
    }
    boolean runs;
    try {
      runs =
          host.status(vm.uuid()).filter(s -> s.state() == GuestState.RUNNING).isPresent()
              && cameFromHere();
    } catch (HypervisorException e) {
      // it is asked again with all others, where one that is said to be off need not answer
      return;
    }
    if (runs) {
      keepDisks();
    }
  }

  /** Tell whether what its target has, once its memory was about to be read, is of this restore. */
  private boolean cameFromHere() {
    return restore.disks().isEmpty() || usesOwnDisks(target);
  }

  /** Tell whether a host has it with any disk of this restore, whether it runs there or not. */
  private boolean usesOwnDisks(Host where) {
    var own = restore.disks();
    if (own.isEmpty()) {
      return false;
    }
    var on = whereabouts.to(where).states().disks(vm.uuid());
    return own.entrySet().stream()
        .anyMatch(o -> on.getOrDefault(o.getKey(), "").endsWith("/" + o.getValue()));
  }

  /** Give the hosts that have it with its own disks; without disks, its target if it runs there. */
  private List<Host> onOwnDisks(Whereabouts.Found found) {
    if (restore.disks().isEmpty()) {
      return found.runsOn(target) ? List.of(target) : List.of();
    }
    return Stream.concat(found.running().stream(), found.defined().stream())
        .filter(this::usesOwnDisks)
        .toList();
  }

  /**
   * Tell where it goes on.
   *
   * @param on the hosts that have it with its own disks
   * @return empty if it did not come back, that is not known, or something else runs in its place
   */
  private Optional<Host> goesOnAt(Whereabouts.Found found, List<Host> on) {
    if (!found.running().isEmpty()) {
      return on.stream().filter(found::runsOn).findFirst();
    }
    if (cameBack && on.isEmpty()) {
      // what is gone when it is shut off is defined again
      return Optional.of(target).filter(t -> !whereabouts.fenced().contains(t.id()));
    }
    // alone it is defined once it runs; with others it waits paused, and may never have run
    return cameBack || restore.row().clusterRestoreId() == null
        ? on.stream().findFirst()
        : Optional.empty();
  }

  /** What went wrong first stays in front. */
  private String first(String why) {
    var said = restore.row().sentence();
    int later = said.indexOf(LEFT_TO_DO);
    return later < 0 ? why : said.substring(0, later);
  }

  private void say(String sentence) {
    if (!sentence.equals(restore.row().sentence())) {
      restore.write(() -> restore.say(sentence));
    }
  }

  /** Do what follows once it was read, whether or not that was begun. */
  private void finish(Host at, Whereabouts.Found found) {
    if (!cameBack && at.id().equals(target.id()) && found.runsOn(target)) {
      requireIs(GuestState.RUNNING);
    }
    keepDisks();
    var volume = Checkpoint.memoryVolume(restore.prefix());
    var states = whereabouts.to(at).states();
    states.define(vm.uuid(), checkpoint.storage(), volume, restore.disks());
    removeOldDefinitions(at);
    var sentence =
        found.runsOn(at) ? "%s runs on %s again." : "%s came back on %s, and is shut off now.";
    restore.write(() -> goesOn(at, null, sentence.formatted(vm.name(), at.name())));
  }

  /** Go on with a restore whose console ended: the hosts tell how far it came. */
  void takeUp() {
    giveUp("The console ended while it was being restored.");
  }

  /** Delete its disks, to which it never wrote; give a sentence on what is left of them. */
  private String removeDisks() {
    if (whereabouts.fenced().contains(target.id())) {
      // nobody could do it there, and the VM may be restored elsewhere
      return reading ? leftDisks() : "";
    }
    for (var disk : restore.disks().values()) {
      host.states().delete(checkpoint.storage(), disk);
    }
    return "";
  }

  private String leftDisks() {
    var own = restore.disks().values();
    return own.isEmpty()
        ? ""
        : " Left in the storage pool %s, over the checkpoint's disks: %s."
            .formatted(checkpoint.storage(), String.join(", ", own));
  }

  /** Make its disks independent of the checkpoint's, wherever it runs by now. */
  void detach(Hypervisor where) {
    restore.detach(
        where.states(),
        vm.uuid(),
        checkpoint.disks().isEmpty()
            ? ""
            : " Its disks are its own again; those that it had before are where they were.");
  }

  private static HypervisorException refused(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
