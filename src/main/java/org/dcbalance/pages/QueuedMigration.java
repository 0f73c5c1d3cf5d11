package org.dcbalance.pages;

import org.dcbalance.units.VmId;

/** A migration that waits, with its place in the queue of its pool, from 1. */
record QueuedMigration(
    long id, VmId vmId, String vm, String from, String to, int position, String waitsFor) {}
