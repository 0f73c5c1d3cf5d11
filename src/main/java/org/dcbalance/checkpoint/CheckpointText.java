package org.dcbalance.checkpoint;

import java.util.List;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/** Say how far things are, in words. */
public final class CheckpointText {
  private static final int LONGEST_WHY = 500;

  private CheckpointText() {}

  /** List names as a sentence does: "a", "a and b", "a, b and c". */
  static String names(List<String> names) {
    int last = names.size() - 1;
    return last < 1
        ? String.join("", names)
        : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }

  /**
   * Say why one is taken, in the words of whoever asks for it.
   *
   * @throws Problem BAD_REQUEST for more words than a list has room for
   */
  static String why(String words) {
    var why = words.strip();
    if (why.length() > LONGEST_WHY) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "Why a checkpoint is taken is said in at most %d characters.".formatted(LONGEST_WHY),
          null);
    }
    return why.isEmpty() ? "Asked for by hand." : why;
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
