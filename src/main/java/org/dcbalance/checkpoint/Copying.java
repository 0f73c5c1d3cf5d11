package org.dcbalance.checkpoint;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.dcbalance.checkpoint.Checkpoint.CopyOf;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Host;
import org.dcbalance.units.Memory;

/**
 * Bring a copy of a VM up beside it. The VM itself, which may run, is left alone: the copy has its
 * own name and UUID, its own disks and memory, and no way to the networks of the first.
 *
 * <p>It runs only by the last step, so one that is found paused before that has never run and is
 * ended. From then on it may have run, and what it wrote is not deleted.
 */
final class Copying {
  private static final String LETTING_RUN = "Letting it run";

  private final OpenRestore restore;
  private final Checkpoint checkpoint;
  private final CopyOf copy;
  private final Host target;
  private final Hypervisor host;
  private boolean mayHaveRun;

  /**
   * Prepare to make a copy.
   *
   * @param restore one of a copy
   * @param target where it is to run
   * @param host the target's hypervisor
   */
  Copying(OpenRestore restore, Host target, Hypervisor host) {
    this.restore = restore;
    this.checkpoint = restore.checkpoint();
    this.copy = Objects.requireNonNull(restore.row().copy(), "not a copy");
    this.target = target;
    this.host = host;
    this.mayHaveRun = restore.row().step().equals(LETTING_RUN);
  }

  void run() {
    try {
      restore.step("Checking that a copy can go on on " + target.name());
      check();
      var states = host.states();
      long begun = System.nanoTime();
      restore.step("Copying its memory");
      states.copyMemory(storage(), captured(), copy.port(), memory(), restore.disks());
      restore.makeDisks(states);
      restore.step("Reading its memory");
      states.restoreCopy(storage(), captured(), copy.port(), memory(), restore.disks());
      restore.step(LETTING_RUN);
      mayHaveRun = true;
      host.resume(copy.uuid());
      long millis = (System.nanoTime() - begun) / 1_000_000;
      requireRunning();
      states.delete(storage(), memory());
      restore.write(() -> runs(millis));
    } catch (HypervisorException e) {
      giveUp(e.sentence());
    }
  }

  private void check() {
    var bytes = checkpoint.memoryBytes();
    var checks = new TargetChecks(target, host, checkpoint, restore.prefix());
    var found = checks.run(copy.uuid(), copy.name(), new Memory(bytes == null ? 0 : bytes));
    // the first one keeps what it has
    var demand = checks.demand(found, Memory.ZERO, Set.of());
    found
        .and(MemoryDemand.refusals(List.of(demand)))
        .and(RoomDemand.refusals(List.of(found.room())))
        .require();
    var why = host.states().whyNoCopy(storage(), captured(), copy.port());
    if (!why.isEmpty()) {
      throw failed(String.join(" ", checks.said(why)));
    }
  }

  private void requireRunning() {
    if (state() != GuestState.RUNNING) {
      throw failed("%s was read, but does not run on %s.".formatted(copy.name(), target.name()));
    }
  }

  private GuestState state() {
    return host.status(copy.uuid()).map(s -> s.state()).orElse(GuestState.UNKNOWN);
  }

  private void runs(long millis) {
    restore.runs(
        millis,
        String.format(
            Locale.ROOT,
            "%s runs on %s beside %s, after %.1f s; %s.",
            copy.name(),
            target.name(),
            checkpoint.vm(),
            millis / 1000.0,
            apart()));
  }

  private String apart() {
    return copy.network() == null
        ? "its links are down"
        : "it is on the isolated network " + copy.network();
  }

  /** Go on with a copy whose console ended: its host tells how far it came. */
  void takeUp() {
    var why = "The console ended while it was being copied.";
    if (mayHaveRun) {
      letRun(why);
    } else {
      giveUp(why);
    }
  }

  private void letRun(String why) {
    try {
      var waits =
          host.status(copy.uuid())
              .filter(s -> s.state() == GuestState.PAUSED && s.job() == Job.NONE);
      if (waits.isPresent()) {
        host.resume(copy.uuid());
      }
      keep(state());
    } catch (HypervisorException e) {
      say(why + " Left to do: " + e.sentence());
    }
  }

  /** Have its disks made its own, wherever it is by now. */
  private void keep(GuestState state) {
    host.states().delete(storage(), memory());
    var is =
        state == GuestState.RUNNING
            ? "%s runs on %s beside %s; %s."
            : "%s came up on %s beside %s; %s.";
    restore.write(
        () ->
            restore.runs(null, is.formatted(copy.name(), target.name(), checkpoint.vm(), apart())));
  }

  private void say(String sentence) {
    if (!sentence.equals(restore.row().sentence())) {
      restore.write(() -> restore.say(sentence));
    }
  }

  /** Keep a copy that runs; end one that never ran, and take back what was made for it. */
  private void giveUp(String why) {
    var first = restore.row().sentence().isEmpty() ? why : restore.row().sentence();
    try {
      var state = state();
      if (state == GuestState.RUNNING || (mayHaveRun && state != GuestState.PAUSED)) {
        keep(state);
        return;
      }
      remove();
    } catch (HypervisorException e) {
      // asked again by and by: what was made must not be forgotten
      say(first);
      var waits = "Taking back what was made for it: " + e.sentence();
      if (!mayHaveRun && !waits.equals(restore.row().step())) {
        restore.write(() -> restore.step(waits));
      }
      return;
    }
    restore.write(
        () ->
            restore.end(
                RestoreState.FAILED,
                "%s %s was not touched, and nothing is left of the copy."
                    .formatted(first, checkpoint.vm())));
  }

  private void remove() {
    var status = host.status(copy.uuid());
    if (status.isPresent() && status.get().state() != GuestState.SHUT_OFF) {
      host.destroy(copy.uuid());
    }
    if (host.status(copy.uuid()).isPresent()) {
      host.undefine(copy.uuid());
    }
    for (var made : host.states().volumes(storage(), restore.own(""))) {
      host.states().delete(storage(), made.name());
    }
  }

  private String storage() {
    return checkpoint.storage();
  }

  private String captured() {
    return Checkpoint.memoryVolume(restore.prefix());
  }

  private String memory() {
    return restore.own("memory");
  }

  private static HypervisorException failed(String sentence) {
    return new HypervisorException(Kind.FAILED, sentence, null);
  }
}
