package org.dcbalance.checkpoint;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.inventory.Vm;

/**
 * Put right what a checkpoint that was not completed left behind: the VM runs on its own disks
 * again, and nothing of it takes up room. What cannot be done yet is tried again later.
 */
final class Cleaning {
  /** Somebody may have moved it to where nobody looks, and bring it back as it is. */
  private static final Duration MAY_COME_BACK = Duration.ofDays(1);

  private final CheckpointRows rows;
  private final CaptureRows captures;
  private final FastCopies fast;
  private final Ledger ledger;
  private final Checkpoint checkpoint;
  private final String prefix;

  /** Whether nothing could be done about its disks, since its guest is not there. */
  private boolean withoutGuest;

  Cleaning(
      CheckpointRows rows,
      CaptureRows captures,
      FastCopies fast,
      Ledger ledger,
      Checkpoint checkpoint) {
    this.rows = rows;
    this.captures = captures;
    this.fast = fast;
    this.ledger = ledger;
    this.checkpoint = checkpoint;
    this.prefix = rows.prefix(checkpoint.id());
  }

  void run(Vm vm, Hypervisor host) {
    try {
      var waits = clean(vm, host);
      if (!waits.isEmpty()) {
        note(waits);
        return;
      }
    } catch (HypervisorException e) {
      note(e.sentence());
      return;
    }
    ledger.write(
        checkpoint.id(),
        () ->
            rows.end(
                checkpoint.id(),
                State.FAILED,
                first()
                    + (withoutGuest
                        ? " It is on no host any more." + overlays(vm)
                        : " Nothing of it is left.")));
  }

  /** Say where the last of what it wrote may be. */
  private String overlays(Vm vm) {
    return checkpoint.disks().isEmpty()
        ? ""
        : " What %s wrote last may be in overlays beside its disks that end in .%s."
            .formatted(vm.name(), prefix);
  }

  /** End it without its host, which is said to be off or was removed; what may be left is named. */
  void leave(Vm vm) {
    var left =
        " %s was said to be off, or removed, before it was put right: volumes that begin with %s. may be left in the storage pool %s."
            .formatted(checkpoint.host(), prefix, checkpoint.storage());
    ledger.write(
        checkpoint.id(),
        () -> rows.end(checkpoint.id(), State.FAILED, first() + left + overlays(vm)));
  }

  /** What went wrong first stays in front. */
  private String first() {
    var said = checkpoint.sentence();
    int later = said.indexOf(" Left to do: ");
    return later < 0 ? said : said.substring(0, later);
  }

  private void note(String waits) {
    var sentence = first() + " Left to do: " + waits;
    if (!sentence.equals(checkpoint.sentence())) {
      ledger.write(checkpoint.id(), () -> rows.say(checkpoint.id(), sentence));
    }
  }

  /** Give what it waits for, or nothing once all is done. */
  private String clean(Vm vm, Hypervisor host) {
    var status = host.status(vm.uuid());
    withoutGuest = status.isEmpty() && !checkpoint.disks().isEmpty();
    var gone = vm.goneSince();
    if (withoutGuest && (gone == null || gone.plus(MAY_COME_BACK).isAfter(Instant.now()))) {
      return "%s is not on %s any more; its disks may be on overlays that end in .%s."
          .formatted(vm.name(), checkpoint.host(), prefix);
    }
    if (status.isPresent()) {
      var waits = free(vm, host, status.get());
      if (!waits.isEmpty()) {
        return waits;
      }
    }
    var kept = fast.whyKept(checkpoint.id());
    if (kept != null) {
      return kept;
    }
    var states = host.states();
    for (var volume : states.volumes(checkpoint.storage(), prefix + ".")) {
      states.delete(checkpoint.storage(), volume.name());
    }
    return "";
  }

  /** Read a guest back that the capture ended; its memory is kept until it runs. */
  private String bringBack(Vm vm, StateStorage states, Why why) {
    var volume = Checkpoint.memoryVolume(prefix);
    if (states.volumes(checkpoint.storage(), volume).isEmpty()) {
      return "";
    }
    if (why != Why.SAVED) {
      return "%s is shut off on %s, which does not say that it was saved; its memory is kept in %s until it runs."
          .formatted(vm.name(), checkpoint.host(), volume);
    }
    states.restore(vm.uuid(), checkpoint.storage(), volume, Map.of(), false);
    return "";
  }

  private String free(Vm vm, Hypervisor host, GuestStatus status) {
    var states = host.states();
    var limits = captures.limits(checkpoint.id());
    if (limits.isPresent() && states.writing(vm.uuid()).isPresent()) {
      // held back, it might never come to its end; its host lets it go on then
      host.abort(vm.uuid());
      return "the capture of %s is being aborted on %s.".formatted(vm.name(), checkpoint.host());
    }
    if (status.job() != Job.NONE) {
      return "%s still has a job on %s.".formatted(vm.name(), checkpoint.host());
    }
    // once it was read back, whoever saves it later has reasons of their own
    boolean wasReadBack = checkpoint.capturedAt() != null;
    if (status.state() == GuestState.SHUT_OFF && !wasReadBack && states.ends()) {
      var waits = bringBack(vm, states, status.why());
      if (!waits.isEmpty()) {
        return waits;
      }
    }
    if (status.state() == GuestState.PAUSED) {
      if (pausedByMove(status.why())) {
        return "%s is paused on %s by a move, and may run where it was moved to. Maybe let it run (virsh resume) once that is known not to be so, or end it here."
            .formatted(vm.name(), checkpoint.host());
      }
      if (status.why() != Why.USER || captures.held(checkpoint.id())) {
        // it ran when this began, and only the capture pauses it
        host.resume(vm.uuid());
        ledger.write(checkpoint.id(), () -> captures.held(checkpoint.id(), false));
      }
    }
    if (limits.isPresent() && status.state() != GuestState.SHUT_OFF) {
      limits.get().set(host, vm.uuid());
      ledger.write(checkpoint.id(), () -> captures.unlimited(checkpoint.id()));
    }
    var on = states.disks(vm.uuid());
    for (var disk : checkpoint.disks()) {
      if (disk.overlay().equals(on.get(disk.target()))) {
        if (status.state() == GuestState.SHUT_OFF) {
          return "%s is shut off, and its disk %s is the overlay %s; once it runs, that is merged."
              .formatted(vm.name(), disk.target(), disk.overlay());
        }
        states.mergeBack(vm.uuid(), disk.frozen());
      } else if (disk.source().equals(on.get(disk.target()))) {
        states.removeOverlay(disk.frozen());
      } else {
        var place = host.disks().place(disk.overlay());
        // of a folder that is no storage pool nobody tells what is in it
        if (place.pool() == null || place.taken()) {
          return "the disk %s of %s is neither %s now, as it was, nor the overlay %s, which is kept since it may lie below what that is. Maybe put it on one of them, or delete the overlay if nothing needs it%s."
              .formatted(
                  disk.target(),
                  vm.name(),
                  disk.source(),
                  disk.overlay(),
                  place.pool() == null
                      ? ", and make its folder a storage pool, in which this console can see that"
                      : "");
        }
      }
    }
    return "";
  }

  private static boolean pausedByMove(Why why) {
    return switch (why) {
      case MIGRATING, POST_COPY, POST_COPY_FAILED -> true;
      case NONE, USER, SAVED, OTHER -> false;
    };
  }
}
