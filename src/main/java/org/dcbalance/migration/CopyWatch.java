package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.hypervisor.MigrationProgress;
import org.dcbalance.method.CopyControl;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Follow a running job to its end: store its progress, pass on a wish to abort, and keep its
 * deadline. Nothing here decides how it ended.
 */
final class CopyWatch {
  private static final Duration BETWEEN_ABORTS = Duration.ofSeconds(1);

  private final MigrationDesk desk;
  private final MigrationSettings settings;
  private final Claim claim;
  private final HostPair pair;
  private final @Nullable CopyControl control;
  private final Passes passes = new Passes();
  private Instant stored = Instant.EPOCH;
  private Instant abortTried = Instant.EPOCH;
  private @Nullable Instant abortTaken;
  private boolean stuck;
  private @Nullable Instant silentSince;
  private final Set<Said> said = EnumSet.noneOf(Said.class);
  private boolean postCopy;
  private boolean gaveUp;
  private boolean switching;
  private @Nullable Memory sent;
  private Instant lastSent = Instant.EPOCH;
  private boolean standsStill;
  private @Nullable Memory swappedBefore;
  private Instant swapLooked = Instant.EPOCH;

  /** What is said once of a copy, however often it is found. */
  private enum Said {
    NO_ANSWER,
    LATE,
    NO_ABORT,
    NOT_ABORTED_YET
  }

  /**
   * Watch a copy.
   *
   * @param control what to do about its course; null for one that another console began
   */
  CopyWatch(
      MigrationDesk desk,
      MigrationSettings settings,
      Claim claim,
      HostPair pair,
      @Nullable CopyControl control) {
    this.desk = desk;
    this.settings = settings;
    this.claim = claim;
    this.pair = pair;
    this.control = control;
  }

  /**
   * Follow a job that this console started, until the call says that it is over. A guest has one
   * job at a time, so that until then it is the call's.
   */
  void follow(MigrateCall call) {
    while (!call.over()) {
      call.await(pace());
      if (call.over()) {
        return;
      }
      look();
      // the call should return once the job is gone; if it never does, both hosts are asked instead
      if (silentSince != null && silentSince.plus(settings.lostAfter()).isBefore(now())) {
        return;
      }
    }
  }

  /**
   * Follow a job that was adopted, for as long as the source shows one that carries the mark of
   * this move: the next one on the same guest may be anybody's, and is not to be aborted or
   * switched for this move.
   *
   * @return what is seen there instead, and done next
   */
  String follow(JobMark mark) {
    while (true) {
      Pause.of(pace());
      if (due()) {
        var source = pair.hearSource();
        if (isForeign(source, mark)) {
          return "The job that is seen there now does not carry its mark; both hosts are asked.";
        }
        if (source.side() instanceof Side.PostCopyFailed) {
          // its job stays, so that it can be resumed
          return "Its post-copy failed; both hosts are asked.";
        }
      }
      look();
      if (silentSince != null && !hasJob(pair.askSource())) {
        return "No job is seen there any more; both hosts are asked.";
      }
    }
  }

  private static boolean isForeign(HostPair.Heard source, JobMark mark) {
    return hasJob(source.side()) && !mark.covers(source.mark());
  }

  /** A host that tells no amounts is asked just often enough to see that it goes on. */
  private Duration pace() {
    return pair.source().can(Capability.JOB_STATISTICS)
        ? settings.progressEvery()
        : settings.storedEvery();
  }

  private void look() {
    var row = desk.read(claim);
    postCopy |= row.switchedAt() != null;
    var progress = progress();
    silentSince = progress.isPresent() ? null : silentSince == null ? now() : silentSince;
    var told = progress.filter(MigrationProgress::tellsAmounts);
    told.ifPresent(passes::see);
    told.filter(p -> due()).ifPresent(p -> desk.progress(claim, p, passes));
    if (told.isEmpty() && due()) {
      desk.beat(claim);
    }
    if (due()) {
      stored = now();
    }
    noticeSwitchOver(progress);
    told.filter(p -> postCopy).ifPresent(this::noticeStandstill);
    if (row.abortRequestedBy() == null) {
      told.ifPresent(p -> control(p, row));
      noticeSwapping(row);
    }
    keepDeadline(row);
    if (row.abortRequestedBy() != null) {
      abort(row.abortRequestedBy());
    }
  }

  /** From here on either copy is incomplete, so that people are told instead of anything done. */
  private void noticeStandstill(MigrationProgress progress) {
    if (!progress.processed().equals(sent)) {
      sent = progress.processed();
      lastSent = now();
      if (standsStill) {
        standsStill = false;
        desk.remark(claim, "It goes on: memory arrives again.");
      }
      return;
    }
    if (standsStill || lastSent.plus(settings.lostAfter()).isAfter(now())) {
      return;
    }
    standsStill = true;
    desk.tellStuck(
        claim,
        "Nothing of %1$s has arrived on %2$s for %3$d s, and %4$d MiB of it are still on %5$s alone: it waits wherever it needs them, and neither copy may be ended. Maybe look at the network between the two; it goes on once that carries again."
            .formatted(
                pair.name(),
                pair.target().name(),
                Duration.between(lastSent, now()).toSeconds(),
                progress.remaining().mib(),
                pair.source().name()));
  }

  /** A guest that was ballooned gets its memory back where the copy shows that it needs it. */
  private void noticeSwapping(Migration row) {
    var had = row.undo().memory();
    if (had == null || postCopy || gaveUp || !swapDue()) {
      return;
    }
    swapLooked = now();
    MemoryReading reading;
    try {
      reading = pair.onSource().memory(pair.guest());
    } catch (HypervisorException e) {
      // the copy goes on, and the next look tells
      return;
    }
    var swapped = reading.swappedOut();
    if (swapped == null || reading.now().mib() >= had.mib()) {
      return;
    }
    swappedBefore = swappedBefore == null ? swapped : swappedBefore;
    var grown = swapped.minus(swappedBefore);
    if (grown.bytes() > 0 && pair.source().can(Capability.ABORT)) {
      gaveUp = true;
      desk.giveUp(
          claim,
          "It swaps (%d MiB) with the memory that it was left.".formatted(grown.mib()),
          Passing.NOT_CONVERGED);
    }
  }

  private boolean swapDue() {
    return swapLooked.plus(settings.storedEvery()).isBefore(now());
  }

  private void control(MigrationProgress progress, Migration row) {
    if (control == null) {
      return;
    }
    var step =
        control.next(
            new CopyControl.Seen(
                progress.elapsed(),
                progress.processed(),
                progress.remaining(),
                progress.bandwidth(),
                progress.iteration(),
                progress.throttle(),
                postCopy,
                row.left(now())));
    switch (step) {
      case CopyControl.Step.GoOn() -> {}
      case CopyControl.Step.AllowPause(var longest, var why) -> {
        if (!change(
            "%s A pause of %.1f s is allowed now.".formatted(why, longest.toMillis() / 1000.0),
            h -> h.setMaxDowntime(pair.guest(), longest))) {
          control.failed(progress.elapsed());
        }
      }
      case CopyControl.Step.SwitchToPostCopy(var why) -> {
        postCopy = switchToPostCopy(why);
        if (!postCopy) {
          control.failed(progress.elapsed());
        }
      }
      case CopyControl.Step.GiveUp(var why, var late) -> {
        gaveUp = true;
        desk.giveUp(claim, why, late ? Passing.OUT_OF_TIME : Passing.NOT_CONVERGED);
      }
    }
  }

  private boolean switchToPostCopy(String why) {
    try {
      desk.switchToPostCopy(
          claim, why + " Switching to post-copy: from here on it is not aborted.");
    } catch (Problem e) {
      // somebody asked to abort it a moment ago
      return false;
    }
    desk.confirm(claim);
    try {
      pair.onSource().startPostCopy(pair.guest());
      return true;
    } catch (HypervisorException e) {
      // an order that is not answered in time may have been taken all the same
      if (isInPostCopy()) {
        desk.note(claim, "It is in post-copy, although its host said: " + e.sentence());
        return true;
      }
      desk.notSwitched(claim, "That failed: " + e.sentence());
      return false;
    }
  }

  private boolean isInPostCopy() {
    return pair.askSource() instanceof Side.Paused(var why, _) && why == Why.POST_COPY;
  }

  private boolean change(String sentence, Consumer<Hypervisor> call) {
    desk.note(claim, sentence);
    desk.confirm(claim);
    try {
      call.accept(pair.onSource());
      return true;
    } catch (HypervisorException e) {
      // it may have ended meanwhile
      desk.note(claim, "That failed: " + e.sentence());
      return false;
    }
  }

  private boolean due() {
    return stored.plus(settings.storedEvery()).isBefore(now());
  }

  private Optional<MigrationProgress> progress() {
    try {
      return pair.onSource().progress(pair.guest());
    } catch (HypervisorException e) {
      tellOnce(
          Said.NO_ANSWER,
          pair.source().name() + " does not answer: " + e.sentence() + " Nothing is assumed.");
      return Optional.empty();
    } catch (Problem e) {
      tellOnce(Said.NO_ANSWER, e.sentence());
      return Optional.empty();
    }
  }

  private void tellOnce(Said what, String sentence) {
    if (said.add(what)) {
      desk.note(claim, sentence);
    }
  }

  private void noticeSwitchOver(Optional<MigrationProgress> progress) {
    boolean near =
        progress
            .map(
                p ->
                    p.tellsAmounts() && p.remaining().bytes() <= p.bandwidth().bytesPerSecond() / 2)
            .orElse(silentSince != null);
    if (switching || !near) {
      return;
    }
    if (pair.askSource() instanceof Side.Paused(var why, _) && why == Why.MIGRATING) {
      switching = true;
      desk.enter(
          claim,
          Phase.SWITCH_OVER,
          "The guest is paused on " + pair.source().name() + " for the switch-over.");
    }
  }

  private void keepDeadline(Migration row) {
    var deadline = row.deadline();
    // a copy in post-copy is never aborted
    if (deadline == null
        || postCopy
        || row.abortRequestedBy() != null
        || now().isBefore(deadline)) {
      return;
    }
    if (pair.source().can(Capability.ABORT)) {
      desk.timeOut(claim);
    } else {
      tellOnce(
          Said.LATE,
          "It takes longer than it was given, and "
              + pair.source().name()
              + " cannot abort migrations, so it is left to end by itself.");
    }
  }

  private void abort(String by) {
    if (!pair.source().can(Capability.ABORT)) {
      tellOnce(
          Said.NO_ABORT,
          "The copy had begun by then, and %s cannot abort one, so it is left to end."
              .formatted(pair.source().name()));
      return;
    }
    if (abortTried.plus(BETWEEN_ABORTS).isAfter(now())) {
      return;
    }
    if (!postCopy && isInPostCopy()) {
      postCopy = true;
      desk.foundInPostCopy(
          claim, "It is in post-copy and cannot be aborted: either copy alone is incomplete.");
    }
    if (postCopy) {
      return;
    }
    boolean first = abortTried.equals(Instant.EPOCH);
    abortTried = now();
    if (first) {
      desk.note(claim, "Asking " + pair.source().name() + " to abort, for " + by + ".");
    }
    try {
      desk.confirm(claim);
      pair.onSource().abort(pair.guest());
      abortTaken = abortTaken == null ? now() : abortTaken;
      noticeStuck(abortTaken);
    } catch (HypervisorException e) {
      // before the job has begun and after it has ended there is nothing to abort
      tellOnce(Said.NOT_ABORTED_YET, pair.source().name() + " did not abort yet: " + e.sentence());
    }
  }

  /**
   * libvirt 9.0 was seen to miss that QEMU had cancelled, and to keep the job until it restarts.
   */
  private void noticeStuck(Instant since) {
    if (stuck || since.plus(settings.lostAfter()).isAfter(now())) {
      return;
    }
    stuck = true;
    desk.tellStuck(
        claim,
        "%1$s took the request to abort %2$d s ago, and still calls the move under way; %3$s is %4$s there. Maybe restart libvirtd on %1$s: its guests go on, and the job ends."
            .formatted(
                pair.source().name(),
                Duration.between(since, now()).toSeconds(),
                pair.name(),
                pair.askSource().words()));
  }

  private static boolean hasJob(Side side) {
    return switch (side) {
      case Side.Running(_, var job) -> job == Job.OUTGOING_MIGRATION;
      case Side.Paused(_, var job) -> job == Job.OUTGOING_MIGRATION;
      case Side.PostCopyFailed _,
          Side.ShutOff _,
          Side.Absent _,
          Side.Namesake _,
          Side.Odd _,
          Side.Unknown _ ->
          false;
    };
  }

  private Instant now() {
    return desk.clock().instant();
  }
}
