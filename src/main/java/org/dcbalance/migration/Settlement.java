package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.Hypervisor.StateChange;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.method.CopyControl;
import org.dcbalance.migration.SettlementTable.Action;
import org.dcbalance.migration.SettlementTable.Arrival;
import org.dcbalance.migration.SettlementTable.Doubt;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Find out from both hosts how a migration ended, tidy up what the table allows, and go on asking
 * for as long as they do not agree.
 */
final class Settlement {
  private static final String CHANGING = "The hosts' answers still change. ";

  private final MigrationDesk desk;
  private final MigrationSettings settings;
  private final Claim claim;
  private final HostPair pair;
  private final String vm;
  private final JobMark mark;
  private final Measured measured;
  private final Control control;
  private @Nullable MigrateCall resumed;
  private boolean lost;
  private boolean seenOnTarget;
  private String said = "";

  Settlement(
      MigrationDesk desk,
      MigrationSettings settings,
      Claim claim,
      HostPair pair,
      String vm,
      JobMark mark,
      Measured measured,
      Control control,
      boolean lost) {
    this.desk = desk;
    this.settings = settings;
    this.claim = claim;
    this.pair = pair;
    this.vm = vm;
    this.mark = mark;
    this.measured = measured;
    this.control = control;
    this.lost = lost;
  }

  /** What is measured of the move while its hosts are asked. */
  interface Measured {
    /** Tell whether the hypervisor itself said that all of the guest arrived. */
    boolean calledCompleted();

    /** Tell whether the target said since an instant that it runs there, or was seen to run it. */
    boolean ranOnTarget(Instant since);

    /** Remember, for whoever settles it after this, that the target was seen to run it. */
    void sawOnTarget();

    /** It may be lost for days: whatever looks every few milliseconds ends now. */
    void lost();
  }

  /** Give what a copy that is followed is controlled by; null for nothing. */
  interface Control {
    @Nullable CopyControl of();
  }

  /** Ask, and tidy up, until both hosts agree; takes as long as that takes. */
  Action.End untilSettled() {
    Instant since = now();
    // its place was clear then
    Instant unclearSince = since;
    // nothing but a person could settle it since then
    Instant doubtedSince = since;
    while (true) {
      var twice = pair.readTwice();
      if (!seenOnTarget && (runsOnTarget(twice.first()) || runsOnTarget(twice.second()))) {
        sawOnTarget();
      }
      var answers = twice.same();
      if (answers.isEmpty() && goesOn(twice)) {
        adopt();
        since = now();
        unclearSince = since;
        doubtedSince = since;
      } else if (answers.isEmpty()) {
        doubtedSince = now();
        doubt(changing(twice), unclearSince, settings.lostAfter());
      } else {
        var source = answers.get().source().side();
        var target = answers.get().target().side();
        var action = decide(answers.get());
        var standing = action instanceof Action.End end ? standsStill(end) : null;
        if (!(action instanceof Action.AskOperator) && standing == null) {
          doubtedSince = now();
        }
        switch (action) {
          case Action.End end -> {
            if (standing == null) {
              return end;
            }
            doubt(standing, doubtedSince, settings.doubtedFor());
          }
          case Action.Adopt() -> {
            adopt();
            since = now();
            unclearSince = since;
            doubtedSince = since;
          }
          case Action.WatchPostCopy() -> {
            // it may go on for long, and is clear
            unclearSince = now();
            doubt(
                vm
                    + " runs on "
                    + pair.target().name()
                    + " and still fetches memory from "
                    + pair.source().name()
                    + "; neither is touched.",
                since,
                longest(since));
          }
          case Action.Wait() ->
              doubt(
                  found(source, target) + silence(source, target),
                  unclearSince,
                  settings.lostAfter());
          case Action.AskOperator(var doubt) ->
              doubt(
                  found(source, target) + " " + advice(doubt, source, target),
                  doubtedSince,
                  settings.doubtedFor());
          case Action.Act act -> {
            act(act, answers.get(), found(source, target));
            doubt(found(source, target), unclearSince, settings.lostAfter());
          }
        }
      }
      Pause.of(lost ? settings.lostReadEvery() : settings.readAgainEvery());
    }
  }

  /** A guest that is large was given more time than others. */
  private Duration longest(Instant since) {
    var deadline = desk.read(claim).deadline();
    var given = deadline == null ? Duration.ZERO : Duration.between(since, deadline);
    return given.compareTo(settings.longest()) > 0 ? given : settings.longest();
  }

  /**
   * Hosts that do not report on finished migrations may call a guest running that is suspended, and
   * one shut off of which they hold a half.
   *
   * @return a sentence with what to do; null if the guest is what its host calls it
   */
  private @Nullable String standsStill(Action.End end) {
    boolean runs =
        switch (end) {
          case Action.StayedOnSource(var running) -> running;
          case Action.MovedToTarget(var running) -> running;
          case Action.MovedWithLeftOver() -> true;
        };
    boolean stayed = end instanceof Action.StayedOnSource;
    var host = stayed ? pair.source() : pair.target();
    if (host.can(Capability.COMPLETED_STATISTICS)) {
      return null;
    }
    if (!runs) {
      return "%s is called shut off by %s, as one is of which a migration left a half. Nothing was done. Maybe look there with 'xl list', end what is left of it with 'xl destroy %s', and start it from its disk."
          .formatted(vm, host.name(), vm);
    }
    try {
      var hypervisor = stayed ? pair.onSource() : pair.onTarget();
      return Pulse.felt(hypervisor, pair.guest())
          ? null
          : "%s is called running by %s, but uses no CPU time, as one that Xen left suspended. Nothing was done. Maybe look there with 'xl list' (state s). Another move is known to have let such a guest go on, even one that failed: close this one, and move it again."
              .formatted(vm, host.name());
    } catch (HypervisorException e) {
      return "Whether %s really runs on %s cannot be told: %s"
          .formatted(vm, host.name(), e.sentence());
    }
  }

  /** Following a job touches nothing, so it needs no two answers that are the same. */
  private boolean goesOn(HostPair.Twice twice) {
    return decide(twice.second()) instanceof Action.Adopt
        && (twice.first().source().side() instanceof Side.Unknown
            || decide(twice.first()) instanceof Action.Adopt);
  }

  private String changing(HostPair.Twice twice) {
    var first = found(twice.first().source().side(), twice.first().target().side());
    var second = found(twice.second().source().side(), twice.second().target().side());
    return CHANGING
        + first
        + (first.equals(second)
            ? " A moment later the same, but over another connection."
            : " A moment later: " + second);
  }

  private Action decide(HostPair.Answers answers) {
    var action =
        mark.guard(
            SettlementTable.decide(answers.source().side(), answers.target().side(), arrival()),
            answers);
    return action instanceof Action.ResumePostCopy && desk.read(claim).postCopyResumed()
        ? new Action.AskOperator(Doubt.POST_COPY_FAILED)
        : action;
  }

  /** What has run on the target may have written to its disks since. */
  private Arrival arrival() {
    if (measured.calledCompleted()) {
      return Arrival.COMPLETED;
    }
    var row = desk.read(claim);
    var begun = row.startedAt();
    if (!seenOnTarget && begun != null && measured.ranOnTarget(begun)) {
      sawOnTarget();
    }
    return seenOnTarget || row.switchedAt() != null ? Arrival.RAN : Arrival.NOT_SEEN;
  }

  private void sawOnTarget() {
    seenOnTarget = true;
    measured.sawOnTarget();
  }

  private static boolean runsOnTarget(HostPair.Answers answers) {
    return answers.target().side() instanceof Side.Running;
  }

  private void adopt() {
    lost = false;
    said = "";
    desk.follow(claim, "The job runs on " + pair.source().name() + " and is followed.");
    var seen = new CopyWatch(desk, settings, claim, pair, control.of()).follow(mark);
    desk.enter(claim, Phase.SETTLING, seen);
  }

  /** Say what is unclear, once for each sentence, and call it lost when it stays so. */
  private void doubt(String sentence, Instant since, Duration patience) {
    if (!lost && since.plus(patience).isBefore(now())) {
      lost = true;
      said = sentence;
      desk.lose(claim, sentence);
      measured.lost();
    } else if (!sentence.equals(said)
        && !(sentence.startsWith(CHANGING) && said.startsWith(CHANGING))) {
      said = sentence;
      desk.remark(claim, sentence);
    } else {
      desk.beat(claim);
    }
  }

  private void act(Action.Act act, HostPair.Answers answers, String why) {
    var source = pair.source().name();
    var target = pair.target().name();
    switch (act) {
      case Action.DestroyTargetCopy() ->
          change(
              "Removing the incomplete copy from " + target,
              why,
              pair::onTarget,
              StateChange.DESTROY,
              answers.target());
      case Action.DestroySourceCopy() ->
          change(
              "Removing the stopped copy from " + source,
              why,
              pair::onSource,
              StateChange.DESTROY,
              answers.source());
      case Action.ResumeSource() ->
          change(
              "Letting it run on " + source + " again",
              why,
              pair::onSource,
              StateChange.RESUME,
              answers.source());
      case Action.ResumeTarget() ->
          change(
              "Letting it run on " + target,
              why,
              pair::onTarget,
              StateChange.RESUME,
              answers.target());
      case Action.ResumePostCopy() -> resumePostCopy(why);
      case Action.PauseTarget() ->
          change(
              "Pausing the second copy, on " + target,
              why,
              pair::onTarget,
              StateChange.PAUSE,
              answers.target());
    }
  }

  private void resumePostCopy(String why) {
    var source = pair.onSource();
    var peer = pair.target().reachedAt();
    boolean encrypted = Boolean.TRUE.equals(desk.read(claim).encrypted());
    desk.resumePostCopy(claim, "Resuming its failed post-copy, once. " + why);
    desk.confirm(claim);
    // it returns when the guest has arrived; what came of it is read from both hosts meanwhile
    resumed =
        MigrateCall.start(
            () -> source.resumePostCopy(pair.guest(), peer, encrypted), claim.migration());
  }

  /** Change a copy, unless it is not any more what its host said a moment ago. */
  private void change(
      String what,
      String why,
      Supplier<Hypervisor> where,
      StateChange change,
      HostPair.Heard heard) {
    desk.note(claim, what + ". " + why);
    desk.confirm(claim);
    try {
      if (!where.get().changeIf(pair.guest(), change, heard::still)) {
        desk.note(claim, "That was not done: it is not any more what its host said it was.");
      }
    } catch (HypervisorException e) {
      desk.note(claim, "That failed: " + e.sentence());
    } catch (Problem e) {
      desk.note(claim, "That failed: " + e.sentence());
    }
  }

  private String found(Side source, Side target) {
    return vm
        + ": on "
        + pair.source().name()
        + " it is "
        + source.words()
        + ", on "
        + pair.target().name()
        + " it is "
        + target.words()
        + ".";
  }

  private String advice(Doubt doubt, Side onSource, Side onTarget) {
    return switch (doubt) {
      case POST_COPY_FAILED ->
          onSource instanceof Side.PostCopyFailed && gone(onTarget)
              ? lostInPostCopy()
              : resumeFailed()
                  + "Nothing more is done: either copy alone is incomplete. Maybe mend the link"
                  + " between the hosts and resume the post-copy by hand.";
      case ARRIVAL_UNPROVEN ->
          "Nothing proves that all of its memory arrived, so it was not started. Maybe start it"
              + " from its disk on one host once you are sure that it runs on neither.";
      case RAN_ON_TARGET ->
          "It went over to %3$s and is gone there, so its disks may be newer than the copy on %1$s, which must not go on. Maybe end that copy ('virsh destroy %2$s'), see why it is gone, and start %2$s from its disk."
              .formatted(pair.source().name(), vm, pair.target().name());
      case GONE ->
          "Neither host knows it, and it was not started again. Maybe someone removed it; if not,"
              + " look for it on the other hosts before you start it from its disk.";
      case NAMESAKE ->
          "Nothing was done, since two virtual machines of one name are easily confused. Maybe"
              + " rename or remove the other one.";
      case NOT_OURS ->
          "Nothing was done, since it does not carry the mark of this migration: somebody else"
              + " moves it. Maybe wait until that is over, or ask who does.";
      case NOT_IN_TABLE ->
          onTarget instanceof Side.ShutOff && !pair.target().can(Capability.COMPLETED_STATISTICS)
              ? halfOnTarget()
              : onSource instanceof Side.Running && onTarget instanceof Side.Paused
                  ? secondCopy()
                  : "Nothing was done, because no rule covers this. Maybe look at both hosts and leave"
                      + " exactly one running copy.";
    };
  }

  private static boolean gone(Side side) {
    return side instanceof Side.Absent || side instanceof Side.ShutOff;
  }

  /** A source that is gone proves nothing: it goes once all has arrived, too. */
  private String lostInPostCopy() {
    return "What only its copy on %3$s had is lost with it: the one on %1$s is incomplete, and must not go on. Maybe end it there ('virsh destroy %2$s'), close this move as neither if it does not end by then, and restore the checkpoint that was taken before it; without one, start %2$s from its disk."
        .formatted(pair.source().name(), vm, pair.target().name());
  }

  /** Say what to do about a host that does not answer; nothing if both do. */
  private String silence(Side source, Side target) {
    var silent =
        source instanceof Side.Unknown
            ? pair.source().name()
            : target instanceof Side.Unknown ? pair.target().name() : null;
    return silent == null
        ? ""
        : " Both are asked again and again. Maybe see why %s cannot be asked; if that lasts, find out where %s runs and close this move by hand."
            .formatted(silent, vm);
  }

  private String halfOnTarget() {
    return "Nothing was done: Xen may hold half a copy of it on %s, which libvirt calls shut off there. Maybe look with 'xl list', end that half while nothing else is moved to or from there, by 'kill $(pidof libxl-save-helper)', and restart libvirtd."
        .formatted(pair.target().name());
  }

  /** The second of two that ran at once was paused by this console, or by another before it. */
  private String secondCopy() {
    return "The copy on %2$s must not go on beside the one on %1$s, and was perhaps paused by a console for that. Maybe check the disks of %3$s, and end one of the two copies."
        .formatted(pair.source().name(), pair.target().name(), vm);
  }

  private String resumeFailed() {
    var failure = resumed == null ? null : resumed.failure();
    return failure == null ? "" : "Resuming it failed: " + failure + " ";
  }

  private Instant now() {
    return desk.clock().instant();
  }
}
