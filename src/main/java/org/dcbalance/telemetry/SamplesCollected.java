package org.dcbalance.telemetry;

import org.dcbalance.units.HostId;

/** Say that a new sample of a host and its VMs is stored. */
public record SamplesCollected(HostId host) {}
