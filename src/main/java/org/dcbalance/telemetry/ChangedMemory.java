package org.dcbalance.telemetry;

import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;

/**
 * How fast a VM changes its memory, and how much of it.
 *
 * @param rate from the shortest window, which shows repeated changes best
 * @param workingSet the most that was seen changed within one window
 */
public record ChangedMemory(ByteRate rate, Memory workingSet) {}
