package org.dcbalance.strategy;

import java.time.Instant;

/** Say where a decision came from. */
public sealed interface Origin {
  /** A search by a strategy, or in a pool, that has no record. */
  Origin SEARCH = new Search(new Miss.NothingRecorded());

  /** Say it in one sentence. */
  String sentence();

  /** A search, since the record could not answer. */
  record Search(Miss miss) implements Origin {
    @Override
    public String sentence() {
      return "Computed. " + miss.sentence();
    }
  }

  /** What was proposed in an earlier round, and is as good as anything new. */
  record Standing() implements Origin {
    @Override
    public String sentence() {
      return "Kept: what was proposed before still holds.";
    }
  }

  /**
   * An earlier decision, adapted to today's hosts and verified.
   *
   * @param decision its number in the record
   * @param distance how far the situations are from each other, as a share
   * @param literal how many of the moves are of the same VM to the same host as then
   * @param gained what the moves gain now
   * @param remembered what as many moves gained then
   */
  record History(
      long decision, Instant at, double distance, int literal, double gained, double remembered)
      implements Origin {
    @Override
    public String sentence() {
      return "Taken from history: decision %d of %s, hosts %.1f points off on average; the moves gain %.3f, %.3f then."
          .formatted(decision, ReasonText.time(at), 100 * distance, gained, remembered);
    }
  }

  /** Why the record could not answer. */
  sealed interface Miss {
    String sentence();

    /** No decision with as many open hosts is recorded, or the strategy keeps no record. */
    record NothingRecorded() implements Miss {
      @Override
      public String sentence() {
        return "Nothing is recorded to decide from.";
      }
    }

    /** The record knows of load alone. */
    record MoreIsAsked() implements Miss {
      @Override
      public String sentence() {
        return "A rule is broken or room is missing, and the record knows of load alone.";
      }
    }

    /** A search is quick enough. */
    record SmallPool(int hosts, int recallFrom) implements Miss {
      @Override
      public String sentence() {
        return "Past decisions are reused only in pools of %d hosts or more (this one has %d)."
            .formatted(recallFrom, hosts);
      }
    }

    /** The nearest recorded situation is too far from this one. */
    record NothingAlike(double nearest, double alike) implements Miss {
      @Override
      public String sentence() {
        return "The nearest recorded situation is %.1f points off, and %.0f count as alike."
            .formatted(100 * nearest, 100 * alike);
      }
    }

    /** What was decided then did harm. */
    record TurnedOutBadly(long decision) implements Miss {
      @Override
      public String sentence() {
        return "Decision %d in a situation like this one did harm.".formatted(decision);
      }
    }

    /** The moves of then would gain too little now, or are not possible. */
    record DoesNotHold(long decision, double gained, double remembered) implements Miss {
      @Override
      public String sentence() {
        return "The moves of decision %d would gain %.3f now, %.3f then."
            .formatted(decision, gained, remembered);
      }
    }
  }
}
