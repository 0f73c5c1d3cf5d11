package org.dcbalance.method;

import java.time.Duration;
import org.dcbalance.units.Memory;

/**
 * Expect what a move by one method costs.
 *
 * @param bytes to be sent over all passes
 * @param total from the first step to normal service, ballooning included
 * @param downtime pause at the switch-over
 * @param slowed for how long the guest is slowed down: capped, throttled, or waiting for memory
 * @param ends whether the copy is expected to end by itself
 */
public record Expectation(
    Memory bytes, Duration total, Duration downtime, Duration slowed, boolean ends) {}
