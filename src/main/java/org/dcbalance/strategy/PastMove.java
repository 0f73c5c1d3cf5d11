package org.dcbalance.strategy;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Recall one finished move from the migration history, with its measured figures. */
public record PastMove(
    VmId vm,
    HostId source,
    HostId target,
    Instant finished,
    boolean succeeded,
    @Nullable Duration total,
    @Nullable Duration downtime,
    @Nullable Memory transferred) {}
