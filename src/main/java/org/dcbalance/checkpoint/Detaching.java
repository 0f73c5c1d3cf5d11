package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.inventory.Host;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Make the disks of what came back independent of the checkpoint's, wherever it is by now, and end
 * its restore. A host copies the disks only of a guest that runs: of one that ended meanwhile the
 * step says so until it runs again, and once it is on no host any more the restore says what is
 * left of it. What its disks rest on is never deleted.
 */
final class Detaching {
  /** Ends the step while nothing is amiss. */
  static final String BEING_COPIED = "its disks are being copied";

  /** The step of a guest that runs. */
  static final String COPYING = "It runs; " + BEING_COPIED;

  private static final String FAILS =
      "Its disks could not be copied yet, which is tried again and again: ";

  private static final Logger log = LoggerFactory.getLogger(Detaching.class);

  private final OpenRestore restore;
  private final Guest guest;
  private final Whereabouts whereabouts;
  private String step;

  /**
   * What came back.
   *
   * @param home the host on which the inventory has it; empty if it has no such host any more
   * @param gone whether the inventory has it on no host
   * @param detached how its restore ends once its disks are its own; added to what it says
   */
  record Guest(UUID uuid, String name, Optional<Host> home, boolean gone, String detached) {}

  Detaching(OpenRestore restore, Guest guest, Whereabouts whereabouts) {
    this.restore = restore;
    this.guest = guest;
    this.whereabouts = whereabouts;
    this.step = restore.row().step();
  }

  void run() {
    if (restore.disks().isEmpty()) {
      end(RestoreState.DONE, guest.detached());
      return;
    }
    try {
      var known = guest.home().flatMap(this::status);
      if (known.isPresent()) {
        workOn(guest.home().orElseThrow(), known.get().state());
      } else {
        lookElsewhere();
      }
    } catch (HypervisorException e) {
      var unknown = "What became of %s is not known now: ".formatted(guest.name());
      if (!step.startsWith(unknown)) {
        // a host that is silent says so in one way or another
        say(unknown + e.sentence());
      }
    }
  }

  /** Ask a host; one that is said to be off has nothing if it does not answer. */
  private Optional<GuestStatus> status(Host host) {
    try {
      return whereabouts.to(host).status(guest.uuid());
    } catch (HypervisorException e) {
      if (e.kind() == Kind.UNREACHABLE && whereabouts.isOff(host)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void lookElsewhere() {
    var found = whereabouts.of(guest.uuid(), guest.name());
    if (found.running().size() > 1) {
      say(
          "%s runs on %s at once, so its disks are left alone. Maybe pause all but one, see what each has, and end them."
              .formatted(
                  guest.name(),
                  CheckpointText.names(found.running().stream().map(Host::name).toList())));
    } else if (!found.running().isEmpty()) {
      var host = found.running().getFirst();
      status(host).ifPresent(now -> workOn(host, now.state()));
    } else if (!found.defined().isEmpty()) {
      waitsOn(found.defined().getFirst());
    } else if (guest.gone() || guest.home().filter(whereabouts::isOff).isPresent()) {
      end(
          RestoreState.FAILED,
          " It was on no host any more before its disks were copied." + restore.leftDisks());
    } else {
      say("%s is on no host that can be asked; it is looked for.".formatted(guest.name()));
    }
  }

  private void workOn(Host host, GuestState state) {
    if (state == GuestState.SHUT_OFF) {
      waitsOn(host);
      return;
    }
    if (!step.startsWith(FAILS)) {
      // after a failure that stays said until they are copied: else it came and went at each try
      say(state == GuestState.RUNNING ? COPYING : "It stands still; " + BEING_COPIED);
    }
    try {
      detach(whereabouts.to(host).states());
    } catch (HypervisorException e) {
      var now = status(host);
      if (now.filter(s -> s.state() == GuestState.SHUT_OFF).isPresent()) {
        // the emulator ended in the middle of it
        waitsOn(host);
      } else if (now.isPresent()) {
        say(FAILS + e.sentence());
      }
    }
  }

  private void detach(StateStorage states) {
    var on = states.disks(guest.uuid());
    var others = new ArrayList<String>();
    for (var own : restore.disks().entrySet()) {
      var image = on.getOrDefault(own.getKey(), "");
      if (image.endsWith("/" + own.getValue())) {
        states.detach(guest.uuid(), own.getKey(), share -> {});
      } else {
        others.add(own.getValue());
      }
    }
    if (!others.isEmpty()) {
      others.retainAll(resting(states));
    }
    end(RestoreState.DONE, others.isEmpty() ? guest.detached() : notUsed(others));
  }

  /** Give those of its own disks that still lie over the checkpoint's, as their host tells. */
  private List<String> resting(StateStorage states) {
    var over = states.over(restore.checkpoint().storage());
    return restore.disks().values().stream().filter(over::containsKey).toList();
  }

  private String notUsed(List<String> disks) {
    return " It has other disks by now than it got: %s %s over this checkpoint's still, and may be needed below them."
        .formatted(CheckpointText.names(disks), disks.size() == 1 ? "lies" : "lie");
  }

  private void waitsOn(Host host) {
    var is = "%s is shut off on %s".formatted(guest.name(), host.name());
    if (step.startsWith(is)) {
      return;
    }
    var resting = resting(whereabouts.to(host).states());
    if (resting.isEmpty()) {
      end(RestoreState.DONE, guest.detached());
      return;
    }
    say(
        "%s, and its disks are copied only while it runs: until then %s %s on this checkpoint, whose files are kept. Maybe start it: copying goes on by itself."
            .formatted(is, CheckpointText.names(resting), resting.size() == 1 ? "rests" : "rest"));
  }

  /** Write down what is so, once: it is looked at each second. */
  private void say(String now) {
    if (now.equals(step)) {
      return;
    }
    restore.write(() -> restore.detaching(now));
    if (!now.endsWith(BEING_COPIED)) {
      log.warn(
          "Restore {} of checkpoint {}: {}", restore.row().id(), restore.checkpoint().id(), now);
    }
    step = now;
  }

  private void end(RestoreState state, String more) {
    restore.write(() -> restore.end(state, restore.row().sentence() + more));
  }
}
