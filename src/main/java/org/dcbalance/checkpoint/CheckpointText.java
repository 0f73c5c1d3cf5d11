package org.dcbalance.checkpoint;

import java.util.List;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.checkpoint.Checkpoint.State;

/** Say how far things are, in words. */
public final class CheckpointText {
  private CheckpointText() {}

  /** List names as a sentence does: "a", "a and b", "a, b and c". */
  static String names(List<String> names) {
    int last = names.size() - 1;
    return last < 1
        ? String.join("", names)
        : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }

  public static String state(State state) {
    return switch (state) {
      case PENDING -> "waiting";
      case TAKING -> "being taken";
      case CLEANING -> "being cleaned up";
      case COMPLETE -> "complete";
      case VERIFYING -> "being verified";
      case DELETING -> "being deleted";
      case FAILED -> "failed";
      case DAMAGED -> "damaged";
      case DELETED -> "deleted";
    };
  }

  public static String state(RestoreState state) {
    return switch (state) {
      case PENDING -> "waiting";
      case RESTORING -> "being restored";
      case DETACHING -> "running";
      case DONE -> "done";
      case FAILED -> "failed";
    };
  }
}
