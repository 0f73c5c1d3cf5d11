package org.dcbalance.strategy;

import java.time.Duration;
import org.dcbalance.units.Memory;

/**
 * Expect what a move costs.
 *
 * @param transferred bytes to send over all passes
 * @param total from start to end
 * @param downtime pause at the switch-over
 * @param converges whether pre-copy is expected to end by itself
 * @param pastMoves how many finished moves of this VM the expectation rests on
 * @param measuredDirtyRate whether the VM's dirty rate was measured; otherwise it was assumed
 * @param measuredBandwidth whether the bandwidth was learnt from past moves; otherwise it was
 *     assumed
 */
public record MigrationCost(
    Memory transferred,
    Duration total,
    Duration downtime,
    boolean converges,
    int pastMoves,
    boolean measuredDirtyRate,
    boolean measuredBandwidth) {}
