package org.dcbalance.migration;

/** Stand for this console's right to drive one migration under one lease epoch, until released. */
final class Claim {
  private final long migration;
  private final long epoch;
  private volatile boolean released;

  Claim(long migration, long epoch) {
    this.migration = migration;
    this.epoch = epoch;
  }

  long migration() {
    return migration;
  }

  long epoch() {
    return epoch;
  }

  /** Give it up: nothing more is written or done under it. */
  void release() {
    released = true;
  }

  /**
   * Make sure that it was not given up.
   *
   * @throws LetGo if it was
   */
  void check() {
    if (released) {
      throw new LetGo("Migration " + migration + " was let go under epoch " + epoch + ".");
    }
  }
}
