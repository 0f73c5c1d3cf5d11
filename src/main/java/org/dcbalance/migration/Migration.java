package org.dcbalance.migration;

import jakarta.persistence.Column;
import jakarta.persistence.Embedded;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.dcbalance.method.Choice;
import org.dcbalance.method.Method;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.UtcMinute;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Know one migration and guard its transitions. The row is the truth: a runner may die at any
 * point, and another one goes on from what is written here and what both hosts say.
 *
 * <p>Heartbeat and progress are written beside this aggregate, by {@link ProgressLog}.
 */
@Entity
@SuppressWarnings("UnusedVariable") // queries read what the entity only keeps
public class Migration {
  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private @Nullable Long id;

  @Column(updatable = false)
  private long poolId;

  @Column(updatable = false)
  private @Nullable Long recommendationId;

  @Column(updatable = false)
  private long vmId;

  @Column(updatable = false)
  private long sourceId;

  @Column(updatable = false)
  private long targetId;

  @Enumerated(EnumType.STRING)
  private MigrationState state = MigrationState.PENDING;

  @Enumerated(EnumType.STRING)
  private Phase phase = Phase.QUEUED;

  @Column(updatable = false)
  private String why = "";

  @Column(updatable = false)
  private String requestedBy = "";

  @Column(updatable = false)
  private Instant createdAt = Instant.EPOCH;

  private long epoch;
  private @Nullable Instant deadline;

  @Column(updatable = false)
  private @Nullable Instant endBy;

  /** As it was allowed when it started; null also where it must have ended before anyway. */
  private @Nullable Instant allowedUntil;

  private @Nullable Instant startedAt;
  private @Nullable Instant finishedAt;
  private @Nullable String abortRequestedBy;
  private String sentence = "";

  @Enumerated(EnumType.STRING)
  private Method method = Method.PRE_COPY;

  @Enumerated(EnumType.STRING)
  @Column(updatable = false)
  private @Nullable Method askedMethod;

  private String methodWhy = "";

  /** Bytes per second that its copy may use. */
  private @Nullable Double bandwidthLimit;

  private @Nullable String mark;
  private @Nullable String undo;
  private boolean definitionLeft;
  private boolean targetRefused;
  private @Nullable Boolean encrypted;
  private @Nullable Instant switchedAt;
  private boolean postCopyResumed;
  private @Nullable String closedBy;

  @Enumerated(EnumType.STRING)
  private @Nullable StatedPlace closedAs;

  private @Nullable String closedWhy;
  @Embedded private Retry retry = new Retry();
  @Embedded private Storage storage = new Storage();
  @Embedded private Figures figures = new Figures();
  @Version private long version;

  protected Migration() {}

  /** Say what it waits for while it is queued. */
  void waitFor(String slot) {
    require("wait", MigrationState.PENDING);
    this.sentence = slot;
  }

  /**
   * Leave the queue under a lease epoch; the checks come first.
   *
   * @param usual how long it is given, unless it turns out to need more
   * @param allowed most that it may take by what is allowed for its VM; null for no such limit
   */
  void start(long leaseEpoch, Instant now, Duration usual, @Nullable Duration allowed) {
    require("start", MigrationState.PENDING);
    this.state = MigrationState.RUNNING;
    this.epoch = leaseEpoch;
    this.startedAt = now;
    var until = allowed == null ? null : now.plus(allowed);
    this.allowedUntil = endBy != null && until != null && !until.isBefore(endBy) ? null : until;
    this.deadline = orMustEndBy(now.plus(usual));
    enter(Phase.CHECKS);
  }

  /** Take over what an earlier holder of the lease began, or what its runner dropped. */
  void adopt(long leaseEpoch) {
    require("be taken over", MigrationState.RUNNING, MigrationState.LOST);
    if (leaseEpoch < epoch) {
      throw conflict(
          "was taken over under epoch %d, later than %d.".formatted(epoch, leaseEpoch), null);
    }
    this.epoch = leaseEpoch;
  }

  /**
   * Enter a phase; to be written before the phase's first call to a hypervisor. A lost migration
   * whose job was found again is lost no more.
   */
  void enter(Phase next) {
    require("go on", MigrationState.RUNNING, MigrationState.LOST);
    this.state = MigrationState.RUNNING;
    this.phase = next;
    this.sentence = "";
  }

  /**
   * Record how it is to be moved, and what that is expected to cost; before anything is changed.
   */
  void chooseMethod(
      Choice.Move move, String reason, double bias, Duration forDisks, Instant until) {
    require("be moved", MigrationState.RUNNING);
    // what passed before, such as a wait for a quieter moment, is not taken from its time
    if (deadline != null && deadline.isBefore(until)) {
      this.deadline = orMustEndBy(until);
    }
    this.method = move.method();
    this.methodWhy = reason;
    var limit = move.levers().bandwidth();
    this.bandwidthLimit = limit == null ? null : limit.bytesPerSecond();
    figures.expect(move, bias, forDisks, storage.allocated());
  }

  /** Record the disks that are copied with it, and give it the time that they need beside. */
  void copyDisks(List<CopiedDisk> disks, Duration more) {
    require("be moved", MigrationState.RUNNING);
    storage.copy(disks);
    moreTime(more);
  }

  private void moreTime(Duration more) {
    if (deadline != null) {
      this.deadline = orMustEndBy(deadline.plus(more));
    }
  }

  /** Give a time, or the one by which it must have ended if that is earlier. */
  private Instant orMustEndBy(Instant time) {
    var mustEndBy = mustEndBy();
    return mustEndBy != null && mustEndBy.isBefore(time) ? mustEndBy : time;
  }

  /** Give the time by which it must have ended, whoever says so; null if nobody does. */
  private @Nullable Instant mustEndBy() {
    return allowedUntil == null ? endBy : allowedUntil;
  }

  /**
   * Record how its guest was marked, and what will have to be put back; to be written before its
   * job is ordered and before anything is changed.
   */
  void markWith(String text, Undo toPutBack) {
    require("be marked", MigrationState.RUNNING);
    this.mark = text;
    this.undo = toPutBack.isEmpty() ? null : toPutBack.text();
  }

  /** Record that the order to migrate is given now, and whether its memory is encrypted. */
  void ordered(Instant now, boolean isEncrypted, Memory has) {
    require("be ordered", MigrationState.RUNNING);
    this.encrypted = isEncrypted;
    storage.begin();
    figures.sends(has);
    if (startedAt != null) {
      figures.prepared(Duration.between(startedAt, now));
    }
  }

  /** Record how long it waited for a quieter moment; nothing keeps it any more. */
  void waited(Duration length) {
    require("wait", MigrationState.RUNNING);
    figures.waited(length);
    this.sentence = "";
    moreTime(length);
  }

  /** Record that what was changed for it is as it was, but for what is left. */
  void putBack(Undo left) {
    this.undo = left.isEmpty() ? null : left.text();
  }

  /** Note whether the source still has its definition although it moved away. */
  void definitionLeft(boolean left) {
    this.definitionLeft = left;
  }

  /**
   * Record that it is switched to post-copy now; to be written before that is ordered.
   *
   * @throws Problem CONFLICT if somebody asked to abort it first
   */
  void switchToPostCopy(Instant now) {
    require("be switched to post-copy", MigrationState.RUNNING);
    if (abortRequestedBy != null) {
      throw conflict(
          "cannot be switched to post-copy: " + abortRequestedBy + " asked to abort it.", null);
    }
    this.switchedAt = now;
  }

  /** Record that its host calls it a post-copy, whoever asked for that. */
  void foundInPostCopy(Instant now) {
    require("be found in post-copy", MigrationState.RUNNING);
    this.switchedAt = now;
  }

  /** Record that it is no post-copy: it may be aborted again. */
  void notSwitched() {
    this.switchedAt = null;
  }

  /** Record that its failed post-copy is resumed, which is done once. */
  void resumePostCopy() {
    require("go on", MigrationState.RUNNING, MigrationState.LOST);
    this.postCopyResumed = true;
  }

  /** Say what keeps it from going on, while it runs. */
  void remark(String nowSentence) {
    require("go on", MigrationState.RUNNING, MigrationState.LOST);
    this.sentence = nowSentence;
  }

  /** Ask for the end of it; the first person who asks is kept. */
  void requestAbort(Operator by) {
    require("be aborted", MigrationState.RUNNING);
    if (abortRequestedBy == null || endsByPolicy()) {
      this.abortRequestedBy = by.name();
      if (!by.equals(Operator.DCBALANCE)) {
        retry.notGivenUp();
      }
    }
  }

  /** Have DCbalance end it, for a reason that may pass, unless its end was asked for. */
  void giveUp(String reason, Passing as) {
    if (abortRequestedBy == null) {
      requestAbort(Operator.DCBALANCE);
      retry.giveUp(reason, as);
    }
  }

  /** Tell whether DCbalance itself ends it, and no person. */
  boolean endsByPolicy() {
    return Operator.DCBALANCE.name().equals(abortRequestedBy);
  }

  /** Leave the queue for good. */
  void cancel(Operator by, Instant now) {
    require("be cancelled", MigrationState.PENDING);
    this.abortRequestedBy = by.name();
    end(MigrationState.ABORTED, "Cancelled by " + by.name() + " before it started.", now);
  }

  /** Leave the queue for good because its deadline passed there. */
  void overdue(Instant now) {
    require("be cancelled", MigrationState.PENDING);
    this.abortRequestedBy = Operator.DCBALANCE.name();
    var waited = sentence.isEmpty() ? "" : " " + sentence;
    var late = "It did not start, since its deadline, " + endByInWords() + ", has passed." + waited;
    retry.giveUp(late, Passing.OUT_OF_TIME);
    end(MigrationState.ABORTED, late, now);
  }

  void refuse(String reasons, Instant now) {
    require("be refused", MigrationState.RUNNING);
    if (phase != Phase.CHECKS) {
      throw conflict("cannot be refused any more: it is in phase " + phase + ".", null);
    }
    boolean byAPerson = abortRequestedBy != null && !endsByPolicy();
    end(byAPerson ? MigrationState.ABORTED : MigrationState.REFUSED, reasons, now);
  }

  /** Record that it was refused for what its target is or has: another one may do. */
  void blameTarget() {
    require("blame its target", MigrationState.REFUSED, MigrationState.ABORTED);
    this.targetRefused = true;
  }

  /** Record that both hosts agree that the guest runs on the target. */
  void complete(String how, Instant now) {
    require("be completed", MigrationState.RUNNING, MigrationState.LOST);
    end(MigrationState.COMPLETED, how, now);
  }

  /** Record that the guest stayed on the source: failed, or aborted if that was asked for. */
  void stayed(String how, Instant now) {
    require("end", MigrationState.RUNNING, MigrationState.LOST);
    end(abortRequestedBy == null ? MigrationState.FAILED : MigrationState.ABORTED, how, now);
  }

  /** Record that the truth is unknown; the hosts are asked again until they agree. */
  void lose(String whatToDo) {
    require("be lost", MigrationState.RUNNING, MigrationState.LOST);
    this.state = MigrationState.LOST;
    this.sentence = whatToDo;
  }

  /** End it on a person's word. */
  void close(StatedPlace as, Operator by, String reason, String sentenceOfIt, Instant now) {
    require("be closed by hand", MigrationState.LOST);
    this.closedBy = by.name();
    this.closedAs = as;
    this.closedWhy = reason;
    if (as != StatedPlace.NEITHER && undo == null && mark != null && !mark.isEmpty()) {
      // nothing was changed on its guest, which still has to lose its mark
      this.undo = Undo.NOTHING.text();
    }
    // its source may come back with its definition, which is looked for then
    this.definitionLeft |= as == StatedPlace.DESTINATION;
    end(
        as == StatedPlace.DESTINATION ? MigrationState.COMPLETED : MigrationState.FAILED,
        sentenceOfIt,
        now);
  }

  /** Plan to try it again, once it has failed; nothing is planned for one that ended otherwise. */
  void retry(Passing why, int retries, Duration first, Instant now) {
    require(
        "be tried again", MigrationState.FAILED, MigrationState.REFUSED, MigrationState.ABORTED);
    retry.plan(why, retries, first, endBy, now);
  }

  Storage storage() {
    return storage;
  }

  Retry retry() {
    return retry;
  }

  Figures figures() {
    return figures;
  }

  /** Say how it ended, and whether it is tried again. */
  String told() {
    var words = retry.words();
    return words.isEmpty() ? sentence : sentence + " " + words;
  }

  private void end(MigrationState as, String how, Instant now) {
    this.state = as;
    this.phase = Phase.DONE;
    this.sentence = how;
    this.finishedAt = now;
  }

  private void require(String verb, MigrationState... allowed) {
    if (!Set.of(allowed).contains(state)) {
      throw conflict(
          "cannot " + verb + ": it is " + state + ".",
          "Maybe reload the page to see how it ended.");
    }
  }

  private Problem conflict(String what, @Nullable String advice) {
    return new Problem(ErrorCode.CONFLICT, "Migration " + id + " " + what, advice);
  }

  public long id() {
    return Objects.requireNonNull(id, "not stored yet");
  }

  public PoolId pool() {
    return new PoolId(poolId);
  }

  public @Nullable Long recommendationId() {
    return recommendationId;
  }

  public VmId vm() {
    return new VmId(vmId);
  }

  public HostId source() {
    return new HostId(sourceId);
  }

  public HostId target() {
    return new HostId(targetId);
  }

  public MigrationState state() {
    return state;
  }

  public Phase phase() {
    return phase;
  }

  public long epoch() {
    return epoch;
  }

  public Instant createdAt() {
    return createdAt;
  }

  public @Nullable Instant startedAt() {
    return startedAt;
  }

  public @Nullable Instant deadline() {
    return deadline;
  }

  /** Give the time by which whoever asked for it wants it ended; null if nobody said. */
  @Nullable Instant endBy() {
    return endBy;
  }

  /** Write when whoever asked for it wants it ended; empty if nobody said. */
  String endByInWords() {
    return endBy == null ? "" : UtcMinute.of(endBy);
  }

  /**
   * Give the time until which it may take by what was allowed for its VM when it started; null if
   * that limits it no more than whoever asked for it does.
   */
  @Nullable Instant allowedUntil() {
    return allowedUntil;
  }

  /** Give the time that is left until it must have ended; null if nobody said. */
  @Nullable Duration left(Instant now) {
    var mustEndBy = mustEndBy();
    return mustEndBy == null ? null : Duration.between(now, mustEndBy);
  }

  /** Tell whether the time by which it must have ended has come. */
  boolean overdueAt(Instant now) {
    var left = left(now);
    return left != null && !left.isPositive();
  }

  /** Tell whether it is past the time of whoever asked for it, which no other attempt changes. */
  boolean orderOverdueAt(Instant now) {
    return endBy != null && !endBy.isAfter(now);
  }

  public @Nullable Instant finishedAt() {
    return finishedAt;
  }

  public @Nullable String abortRequestedBy() {
    return abortRequestedBy;
  }

  /** Name whoever approved it or asked for it by hand. */
  public String requestedBy() {
    return requestedBy;
  }

  String why() {
    return why;
  }

  public String sentence() {
    return sentence;
  }

  /** Tell the guest from those that others move. */
  JobMark mark() {
    return new JobMark(id(), mark);
  }

  public Method method() {
    return method;
  }

  /** Give the method that somebody asked for; null if DCbalance chooses. */
  @Nullable Method askedMethod() {
    return askedMethod;
  }

  /** Tell whether its memory is sent encrypted; null before anything is sent. */
  public @Nullable Boolean encrypted() {
    return encrypted;
  }

  /** Give what has to be put back on whichever host the guest runs. */
  Undo undo() {
    return Undo.parse(undo);
  }

  /** Give when it was switched to post-copy; null if it was not. */
  @Nullable Instant switchedAt() {
    return switchedAt;
  }

  boolean postCopyResumed() {
    return postCopyResumed;
  }
}
