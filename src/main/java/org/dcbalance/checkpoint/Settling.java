package org.dcbalance.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Host;

/**
 * Settle a restore that failed, or whose console died: hosts tell how far it came. What came back
 * goes on; of what did not, nothing is left but what it may have written to.
 */
final class Settling {
  private static final String LEFT_TO_DO = " Left to do: ";

  private final Comeback comeback;
  private final OpenRestore restore;

  Settling(Comeback comeback) {
    this.comeback = comeback;
    this.restore = comeback.restore;
  }

  /** Let it run if it never did: who paused it later may want that. */
  void resumeUnlessRuns() {
    if (!comeback.cameBack() && comeback.waitsToRun()) {
      comeback.host.resume(comeback.vm.uuid());
    }
  }

  /**
   * End what was read but never ran; anything else that is paused there is not of this restore.
   *
   * @throws HypervisorException if its host does not
   */
  void endUnlessRuns() {
    if (!comeback.reading() || comeback.cameBack() || !comeback.isPaused() || !cameFromHere()) {
      return;
    }
    var uuid = comeback.vm.uuid();
    comeback.host.destroy(uuid);
    var defined = comeback.whereabouts.of(comeback.vm).defined();
    boolean onlyHere = defined.stream().allMatch(h -> h.id().equals(comeback.target.id()));
    if (!onlyHere
        && comeback.host.status(uuid).isPresent()
        && comeback.usesOwnDisks(comeback.target)) {
      // it got this definition with its disks, and has another one
      comeback.host.undefine(uuid);
    }
  }

  /** Go on with a restore whose console ended. */
  void takeUp() {
    giveUp("The console ended while it was being restored.");
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
    var vm = comeback.vm;
    String now;
    try {
      watch();
      var found = comeback.whereabouts.of(vm);
      var on = comeback.reading() ? onOwnDisks(found) : List.<Host>of();
      var at = goesOnAt(found, on);
      if (at.isPresent()) {
        finish(at.get(), found);
        return true;
      }
      now =
          found.running().isEmpty()
              ? vm.name() + " runs nowhere now."
              : vm.name() + " runs on " + found.running().getFirst().name() + ".";
      now += comeback.cameBack() || !on.isEmpty() ? restore.leftDisks() : removeDisks();
    } catch (HypervisorException e) {
      if (comeback.reading()) {
        say(first + LEFT_TO_DO + e.sentence());
        return false;
      }
      now =
          "Where %s is now is not known: %s".formatted(vm.name(), e.sentence())
              + restore.leftDisks();
    }
    var sentence = first + " " + now;
    restore.write(
        () -> {
          comeback.abandonMove();
          restore.end(RestoreState.FAILED, sentence);
        });
    return true;
  }

  /**
   * See whether it runs on its target, also while other hosts do not answer: once they do it may be
   * gone from there.
   */
  private void watch() {
    if (!comeback.reading() || comeback.cameBack()) {
      return;
    }
    boolean runs;
    try {
      runs =
          comeback
                  .host
                  .status(comeback.vm.uuid())
                  .filter(s -> s.state() == GuestState.RUNNING)
                  .isPresent()
              && cameFromHere();
    } catch (HypervisorException e) {
      // it is asked again with all others, where one that is said to be off need not answer
      return;
    }
    if (runs) {
      comeback.keepDisks();
    }
  }

  /** Tell whether what its target has, once its memory was about to be read, is of this restore. */
  private boolean cameFromHere() {
    return restore.disks().isEmpty() || comeback.usesOwnDisks(comeback.target);
  }

  /** Give the hosts that have it with its own disks; without disks, its target if it runs there. */
  private List<Host> onOwnDisks(Whereabouts.Found found) {
    if (restore.disks().isEmpty()) {
      return found.runsOn(comeback.target) ? List.of(comeback.target) : List.of();
    }
    return Stream.concat(found.running().stream(), found.defined().stream())
        .filter(comeback::usesOwnDisks)
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
    if (comeback.cameBack() && on.isEmpty()) {
      // what is gone when it is shut off is defined again
      return Optional.of(comeback.target).filter(t -> !comeback.whereabouts.isOff(t));
    }
    // alone it is defined once it runs; with others it waits paused, and may never have run
    return comeback.cameBack() || restore.row().clusterRestoreId() == null
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
    var target = comeback.target;
    if (!comeback.cameBack() && at.id().equals(target.id()) && found.runsOn(target)) {
      comeback.requireIs(GuestState.RUNNING);
    }
    comeback.keepDisks();
    var vm = comeback.vm;
    var storage = comeback.checkpoint.storage();
    var volume = Checkpoint.memoryVolume(restore.prefix());
    comeback.whereabouts.to(at).states().define(vm.uuid(), storage, volume, restore.disks());
    comeback.removeOldDefinitions(at);
    var sentence =
        found.runsOn(at) ? "%s runs on %s again." : "%s came back on %s, and is shut off now.";
    restore.write(() -> comeback.goesOn(at, null, sentence.formatted(vm.name(), at.name())));
  }

  /** Delete its disks, to which it never wrote; give a sentence on what is left of them. */
  private String removeDisks() {
    if (comeback.whereabouts.isOff(comeback.target)) {
      // nobody could do it there, and the VM may be restored elsewhere
      return comeback.reading() ? restore.leftDisks() : "";
    }
    for (var disk : restore.disks().values()) {
      comeback.host.states().delete(comeback.checkpoint.storage(), disk);
    }
    return "";
  }
}
