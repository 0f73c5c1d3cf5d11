package org.dcbalance.replay;

import org.dcbalance.strategy.Limits;

/**
 * Say what all contenders of a comparison are measured by, whatever limits each of them keeps to.
 *
 * @param hot share of a host's CPU above which its time is counted
 * @param limits what imbalance is scored by
 * @param uncounted steps at the beginning that are not counted
 */
public record Yardstick(double hot, Limits limits, int uncounted) {}
