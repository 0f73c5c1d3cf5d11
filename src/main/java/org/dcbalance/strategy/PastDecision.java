package org.dcbalance.strategy;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Recall what was decided in a situation, and how that turned out.
 *
 * @param id its number in the record
 * @param from the decision that it was adapted from, 0 for one that was searched for
 * @param choices the moves, in their order
 */
public record PastDecision(
    long id, long from, Instant at, Situation situation, List<Choice> choices) {
  /** Harm of less than this share of what was promised is noise. */
  private static final double TOLERATED = 0.1;

  public PastDecision {
    choices = List.copyOf(choices);
  }

  /** Note a proposal; its number is given by the record. */
  public static PastDecision of(Instant at, Decision.Proposal proposal) {
    return new PastDecision(
        0,
        proposal.origin() instanceof Origin.History history ? history.decision() : 0,
        at,
        proposal.situation(),
        proposal.moves().stream().map(Choice::of).toList());
  }

  /** Give it its number. */
  public PastDecision numbered(long number) {
    return new PastDecision(number, from, at, situation, choices);
  }

  /**
   * Look back at the decision at one of its marks: score the pool as it is now, and again with each
   * VM back where it came from.
   */
  public PastDecision lookedBack(Mark mark, Pool now, Limits limits) {
    return new PastDecision(
        id, from, at, situation, Hindsight.of(now, limits).judge(choices, mark));
  }

  /**
   * Recall one move by what its hosts and the VM were like, so that it can be made again by others.
   *
   * @param from the source's shares before the move
   * @param part the parts of the source's shares that the VM caused
   * @param goal the target's shares before the move
   * @param gain imbalance that it was to take away
   */
  public record Choice(
      VmId vm,
      HostId source,
      HostId target,
      Level from,
      Level part,
      Level goal,
      double gain,
      Outcome outcome) {
    /** Note a move that is proposed. */
    static Choice of(ProposedMove move) {
      var source = move.effects().getFirst();
      var target = move.effects().getLast();
      return new Choice(
          move.vm().id(),
          move.source(),
          move.target(),
          new Level(source.cpuBefore(), source.memoryBefore()),
          new Level(
              source.cpuBefore() - source.cpuAfter(), source.memoryBefore() - source.memoryAfter()),
          new Level(target.cpuBefore(), target.memoryBefore()),
          move.gain(),
          Outcome.UNKNOWN);
    }

    /** Write down how it turned out at one mark. */
    Choice turnedOut(Mark mark, double worth) {
      return new Choice(vm, source, target, from, part, goal, gain, outcome.with(mark, worth));
    }
  }

  /** Shares of a host's CPU and memory. */
  public record Level(double cpu, double memory) {
    double distance(Level other) {
      return Math.abs(cpu - other.cpu) + Math.abs(memory - other.memory);
    }
  }

  /** When a decision is looked back at. */
  public enum Mark {
    TEN(Duration.ofMinutes(10)),
    THIRTY(Duration.ofMinutes(30)),
    SIXTY(Duration.ofMinutes(60));

    private final Duration after;

    Mark(Duration after) {
      this.after = after;
    }

    public Duration after() {
      return after;
    }
  }

  /**
   * Tell how much higher the imbalance would have been at each mark with the VM back where it came
   * from; negative where the move did harm, null where nothing could be told: the move was not made
   * by then, or the VM was gone or had moved on.
   */
  public record Outcome(@Nullable Double ten, @Nullable Double thirty, @Nullable Double sixty) {
    public static final Outcome UNKNOWN = new Outcome(null, null, null);

    private Outcome with(Mark mark, double worth) {
      return switch (mark) {
        case TEN -> new Outcome(worth, thirty, sixty);
        case THIRTY -> new Outcome(ten, worth, sixty);
        case SIXTY -> new Outcome(ten, thirty, worth);
      };
    }

    /** Give what is known at one mark. */
    public @Nullable Double at(Mark mark) {
      return switch (mark) {
        case TEN -> ten;
        case THIRTY -> thirty;
        case SIXTY -> sixty;
      };
    }

    /** Average what is known; null if nothing is. */
    public @Nullable Double mean() {
      double sum = 0;
      int known = 0;
      for (var worth : Arrays.asList(ten, thirty, sixty)) {
        sum += Objects.requireNonNullElse(worth, 0.0);
        known += worth == null ? 0 : 1;
      }
      return known == 0 ? null : sum / known;
    }
  }

  /** Sum up what the moves were to take away. */
  public double gain() {
    return choices.stream().mapToDouble(Choice::gain).sum();
  }

  /** Tell whether the moves, all in all, did harm. */
  public boolean regretted() {
    double sum = 0;
    for (var choice : choices) {
      sum += Objects.requireNonNullElse(choice.outcome().mean(), 0.0);
    }
    return sum < -TOLERATED * gain();
  }

  /** Tell whether one of the moves did harm. */
  static boolean regretted(Choice choice) {
    var mean = choice.outcome().mean();
    return mean != null && mean < -TOLERATED * choice.gain();
  }
}
