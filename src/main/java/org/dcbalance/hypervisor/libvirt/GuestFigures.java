package org.dcbalance.hypervisor.libvirt;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Judge what a guest's balloon driver said of its memory: libvirt keeps giving the last answer. */
final class GuestFigures {
  private static final Duration FRESH = Duration.ofMinutes(2);

  private GuestFigures() {}

  /**
   * Tell whether they are worth something now.
   *
   * @param told when the guest told them, in seconds since 1970 by the host's clock; null if
   *     libvirt does not say
   */
  static boolean fresh(@Nullable Long told, Instant now) {
    return told == null
        || Duration.between(Instant.ofEpochSecond(told), now).abs().compareTo(FRESH) < 0;
  }
}
