package org.dcbalance.inventory;

import org.jspecify.annotations.Nullable;

/** Why a checkpoint is taken before a move. */
public enum WhyCheckpoint {
  /** It is asked for before each move of the VM. */
  EACH_MOVE("one is asked for before each of its moves"),
  /** It is asked for before a first move, and the VM was never moved by this console. */
  FIRST_MOVE("DCbalance has never moved it, and one is asked for before a first move"),
  /** A fault in post-copy loses the VM. */
  POST_COPY("the move may end in post-copy, in which a fault loses it");

  private final String words;

  WhyCheckpoint(String words) {
    this.words = words;
  }

  /**
   * Tell why one is taken.
   *
   * @param options of the VM over those of its pool
   * @param moved whether a move of it by this console has completed
   * @param postCopy whether the move may end in post-copy
   * @return null if none is
   */
  public static @Nullable WhyCheckpoint of(MoveOptions options, boolean moved, boolean postCopy) {
    if (Boolean.FALSE.equals(options.checkpointFirst())) {
      return null;
    }
    if (Boolean.TRUE.equals(options.checkpointFirst())) {
      return EACH_MOVE;
    }
    if (Boolean.TRUE.equals(options.checkpointFirstMove()) && !moved) {
      return FIRST_MOVE;
    }
    return postCopy ? POST_COPY : null;
  }

  /** Tell whether the VM is not moved where none can be taken. */
  public boolean needed() {
    return this != POST_COPY;
  }

  /** Say it in words that complete "because …". */
  public String words() {
    return words;
  }
}
