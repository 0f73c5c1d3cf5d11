package org.dcbalance.recommendation;

import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.dcbalance.strategy.MigrationCost;
import org.dcbalance.strategy.ProposedMove;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.UtcMinute;
import org.dcbalance.units.VmId;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** Propose one move to operators, and remember what they decided and how it turned out. */
@Entity
@SuppressWarnings("UnusedVariable") // queries read what the entity only keeps
public class Recommendation {
  /** The order in which their round means them to be made. */
  static final Comparator<Recommendation> AS_PLANNED =
      Comparator.comparingDouble(Recommendation::imbalanceBefore)
          .reversed()
          .thenComparingLong(Recommendation::id);

  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private @Nullable Long id;

  private long poolId;
  private @Nullable Long roundId;
  private long vmId;
  private long sourceId;
  private long targetId;

  @Enumerated(EnumType.STRING)
  private ProposedMove.Priority priority = ProposedMove.Priority.LOW;

  @Enumerated(EnumType.STRING)
  private State state = State.PROPOSED;

  private String why = "";
  private String whyTarget = "";

  @JdbcTypeCode(SqlTypes.JSON)
  private List<ProposedMove.Effect> effects = List.of();

  @JdbcTypeCode(SqlTypes.JSON)
  private Cost cost = new Cost(0, 0, 0, true, 0, false, false);

  private double gain;

  /** Ids of the other VMs that move together with it, since a rule keeps them on one host. */
  @JdbcTypeCode(SqlTypes.ARRAY)
  private List<Long> together = List.of();

  private double imbalanceBefore;
  private double imbalanceAfter;
  private Instant createdAt = Instant.EPOCH;
  private Instant expiresAt = Instant.EPOCH;
  private @Nullable Instant decidedAt;
  private @Nullable String decidedBy;
  private String note = "";
  private @Nullable Long supersededByRound;
  private @Nullable Long otherMigrationId;
  private @Nullable Instant settledAt;
  private @Nullable Boolean succeeded;
  private @Nullable String settledAs;
  private @Nullable Double imbalanceMeasured;
  private @Nullable Long measuredByRound;
  @Version private long version;

  protected Recommendation() {}

  Recommendation(PoolId pool, ProposedMove move, Instant now, Duration expiry) {
    this.poolId = pool.value();
    this.vmId = move.vm().id().value();
    this.sourceId = move.source().value();
    this.targetId = move.target().value();
    this.createdAt = now;
    this.expiresAt = now.plus(expiry);
  }

  /** Where a recommendation stands. */
  public enum State {
    PROPOSED,
    APPROVED,
    REJECTED,
    EXPIRED,
    SUPERSEDED,
    SETTLED
  }

  /** The expected cost, as stored. */
  public record Cost(
      long bytes,
      long millis,
      long downtimeMillis,
      boolean converges,
      int pastMoves,
      boolean measuredDirtyRate,
      boolean measuredBandwidth) {
    static Cost of(MigrationCost cost) {
      return new Cost(
          cost.transferred().bytes(),
          cost.total().toMillis(),
          cost.downtime().toMillis(),
          cost.converges(),
          cost.pastMoves(),
          cost.measuredDirtyRate(),
          cost.measuredBandwidth());
    }
  }

  /** Take over what a round found, the first time and whenever a later round confirms it. */
  void confirm(
      long round,
      ProposedMove move,
      String whySentence,
      String whyTargetSentence,
      double before,
      double after,
      Instant expires) {
    this.roundId = round;
    this.priority = move.priority();
    this.why = whySentence;
    this.whyTarget = whyTargetSentence;
    this.effects = move.effects();
    this.cost = Cost.of(move.cost());
    this.gain = move.gain();
    this.together = move.together().stream().map(VmId::value).toList();
    this.imbalanceBefore = before;
    this.imbalanceAfter = after;
    this.expiresAt = expires;
  }

  boolean proposes(ProposedMove move) {
    return vmId == move.vm().id().value()
        && sourceId == move.source().value()
        && targetId == move.target().value();
  }

  /**
   * Approve.
   *
   * @param vm name of its VM, for whoever is told why it cannot be
   * @return false if it was approved before, so that nothing is to be done
   * @throws Problem if it was decided or overtaken otherwise
   */
  boolean approve(Operator by, Instant now, String vm) {
    if (state == State.APPROVED || (state == State.SETTLED && decidedBy != null)) {
      return false;
    }
    mustBeOpen("approved", now, vm);
    decide(State.APPROVED, by, now, "");
    return true;
  }

  /**
   * Reject.
   *
   * @param vm name of its VM, for whoever is told why it cannot be
   * @return false if it was rejected before
   * @throws Problem if it was decided or overtaken otherwise
   */
  boolean reject(Operator by, Instant now, String because, String vm) {
    if (state == State.REJECTED) {
      return false;
    }
    mustBeOpen("rejected", now, vm);
    decide(State.REJECTED, by, now, because);
    return true;
  }

  /** Remember the migration to another target that is made instead. */
  void movedElsewhere(long migration) {
    this.otherMigrationId = migration;
  }

  void supersede(long roundNumber, String because, Instant now) {
    if (state == State.PROPOSED) {
      this.state = State.SUPERSEDED;
      this.supersededByRound = roundNumber;
      this.note = because;
      this.decidedAt = now;
    }
  }

  void expire(Instant now) {
    if (state == State.PROPOSED) {
      this.state = State.EXPIRED;
      this.decidedAt = now;
    }
  }

  void settle(boolean well, String sentence, Instant now) {
    if (state == State.APPROVED) {
      this.state = State.SETTLED;
      this.succeeded = well;
      this.settledAs = sentence;
      this.settledAt = now;
    }
  }

  void measure(double imbalance, long roundNumber) {
    this.imbalanceMeasured = imbalance;
    this.measuredByRound = roundNumber;
  }

  private void decide(State decision, Operator by, Instant now, String because) {
    this.state = decision;
    this.decidedBy = by.name();
    this.decidedAt = now;
    this.note = because;
  }

  /** Tell whether it can still be decided. */
  public boolean waits(Instant now) {
    return state == State.PROPOSED && now.isBefore(expiresAt);
  }

  /**
   * Make sure that it can still be decided.
   *
   * @param verb what is to be done with it, such as "approved"
   * @param vm name of its VM, for whoever is told why it cannot be
   * @throws Problem CONFLICT if it was decided or overtaken
   */
  void mustBeOpen(String verb, Instant now, String vm) {
    String why =
        switch (state) {
          case PROPOSED -> now.isBefore(expiresAt) ? null : expired();
          case APPROVED -> "it was approved by " + decidedBy;
          case REJECTED -> "it was rejected by " + decidedBy + (note.isEmpty() ? "" : ": " + note);
          case EXPIRED -> expired();
          case SUPERSEDED -> "round " + supersededByRound + " superseded it: " + note;
          case SETTLED -> "it is settled: " + settledAs;
        };
    if (why != null) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Recommendation %d%s cannot be %s, since %s"
                  .formatted(id(), vm.isEmpty() ? "" : " to move " + vm, verb, why)
              + (why.endsWith(".") ? "" : "."),
          "Maybe look at the recommendations of the newest round.");
    }
  }

  private String expired() {
    return "it expired at " + UtcMinute.of(expiresAt);
  }

  public long id() {
    return Objects.requireNonNull(id, "not stored yet");
  }

  public PoolId poolId() {
    return new PoolId(poolId);
  }

  public @Nullable Long roundId() {
    return roundId;
  }

  public VmId vmId() {
    return new VmId(vmId);
  }

  public HostId sourceId() {
    return new HostId(sourceId);
  }

  public HostId targetId() {
    return new HostId(targetId);
  }

  public ProposedMove.Priority priority() {
    return priority;
  }

  public State state() {
    return state;
  }

  public String why() {
    return why;
  }

  public String whyTarget() {
    return whyTarget;
  }

  public List<ProposedMove.Effect> effects() {
    return effects;
  }

  public Cost cost() {
    return cost;
  }

  public double gain() {
    return gain;
  }

  /** Name the other VMs that move together with it. */
  public List<VmId> together() {
    return together.stream().map(VmId::new).toList();
  }

  public double imbalanceBefore() {
    return imbalanceBefore;
  }

  public double imbalanceAfter() {
    return imbalanceAfter;
  }

  public Instant createdAt() {
    return createdAt;
  }

  public Instant expiresAt() {
    return expiresAt;
  }

  public @Nullable Instant decidedAt() {
    return decidedAt;
  }

  public @Nullable String decidedBy() {
    return decidedBy;
  }

  public String note() {
    return note;
  }

  public @Nullable Long supersededByRound() {
    return supersededByRound;
  }

  public @Nullable Instant settledAt() {
    return settledAt;
  }

  public @Nullable Boolean succeeded() {
    return succeeded;
  }

  public @Nullable String settledAs() {
    return settledAs;
  }

  public @Nullable Double imbalanceMeasured() {
    return imbalanceMeasured;
  }

  /**
   * Take off what moves before it were to gain that nobody has approved by now. One that is
   * approved after it all the same is then part of what it is measured by.
   */
  void without(double gains) {
    imbalanceBefore += gains;
    imbalanceAfter += gains;
  }

  /** Tell whether the move kept at least half of its promise; null until that was measured. */
  public @Nullable Boolean helped() {
    return imbalanceMeasured == null
        ? null
        : imbalanceBefore - imbalanceMeasured >= (imbalanceBefore - imbalanceAfter) / 2;
  }
}
