package org.dcbalance.migration;

import java.time.Duration;

/** Wait, and let go of the work when this console is being stopped meanwhile. */
final class Pause {
  private Pause() {}

  static void of(Duration length) {
    try {
      Thread.sleep(length);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LetGo("This console is stopping.");
    }
  }
}
