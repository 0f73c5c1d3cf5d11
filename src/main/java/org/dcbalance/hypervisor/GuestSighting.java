package org.dcbalance.hypervisor;

import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tell what a host knows of a guest by its UUID and by its name, in one answer.
 *
 * @param status empty only if the host answered that it does not know the guest's UUID
 * @param namesake the UUID of another guest that has the guest's name on this host; null if there
 *     is none
 * @param connection numbers the connection that the answer came over: two answers with the same
 *     number came from one daemon that was up, and reached, all the while between them
 */
public record GuestSighting(
    Optional<GuestStatus> status, @Nullable UUID namesake, long connection) {}
