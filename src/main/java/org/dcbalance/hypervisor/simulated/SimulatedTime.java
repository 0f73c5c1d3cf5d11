package org.dcbalance.hypervisor.simulated;

import java.time.Duration;
import java.time.Instant;

/** Tell the time that the simulated pool lives by. */
interface SimulatedTime {
  SimulatedTime REAL =
      new SimulatedTime() {
        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void sleep(Duration length) throws InterruptedException {
          Thread.sleep(length);
        }
      };

  Instant now();

  /** Give a reading that never goes back, as {@link System#nanoTime} does. */
  long nanos();

  void sleep(Duration length) throws InterruptedException;
}
