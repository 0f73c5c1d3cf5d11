package org.dcbalance.notification;

import java.time.Duration;

/**
 * Name what somebody may want to be told, as the API and the messages write it, and people read it.
 */
public enum EventKind {
  MIGRATION_LOST(
      "Migration lost",
      "Nobody knows where a VM runs, or it appears to run on two hosts; as a warning: a returned"
          + " host still has the definition of a VM that was restored elsewhere"),
  MIGRATION_STUCK(
      "Migration stuck", "A copy that cannot be ended, or does not end, sends nothing any more"),
  MIGRATION_FAILED("Migration failed", "A move failed, was given up, or was not started"),
  MIGRATION_UNHELPFUL(
      "Migration did not help", "A move was done, and less than half of its promise came true"),
  HOST_UNREACHABLE("Host unreachable", "A host does not answer"),
  HOST_BACK("Host back", "A host answers again"),
  OBSERVE_ONLY("Observe only", "The database is doubted, so nothing is moved, or was confirmed"),
  AUTOMATION_FELL_BACK("Automation fell back", "A pool is back to manual approval"),
  ROUND_NOT_DECIDED("Round not decided", "A round could not decide: its data are stale or thin"),
  MOVES_RECOMMENDED("Moves recommended", "New recommendations wait for approval"),
  RECOMMENDATION_EXPIRED("Recommendation expired", "Nobody decided in time"),
  EVACUATION_ENDED("Evacuation ended", "A host is empty, or its evacuation was stopped"),
  CHECKPOINT_FAILED(
      "Checkpoint failed", "One could not be taken or restored, is damaged, or cannot be read"),
  SIGN_IN_HELD_OFF(
      "Sign-in held off", "Too many wrong passwords from one address, for one user or several");

  private final String words;
  private final String meaning;

  EventKind(String words, String meaning) {
    this.words = words;
    this.meaning = meaning;
  }

  public String words() {
    return words;
  }

  /** Say when it happens, without a full stop. */
  public String meaning() {
    return meaning;
  }

  /**
   * Give how long a destination is spared after one of these: what outsiders can cause at will, or
   * what comes and goes by itself, must not fill mailboxes. The first of them tells what matters.
   */
  Duration rest() {
    return switch (this) {
      case SIGN_IN_HELD_OFF -> Duration.ofMinutes(10);
      case ROUND_NOT_DECIDED -> Duration.ofHours(1);
      case MIGRATION_LOST,
          MIGRATION_STUCK,
          MIGRATION_FAILED,
          MIGRATION_UNHELPFUL,
          HOST_UNREACHABLE,
          HOST_BACK,
          OBSERVE_ONLY,
          AUTOMATION_FELL_BACK,
          MOVES_RECOMMENDED,
          RECOMMENDATION_EXPIRED,
          EVACUATION_ENDED,
          CHECKPOINT_FAILED ->
          Duration.ZERO;
    };
  }
}
