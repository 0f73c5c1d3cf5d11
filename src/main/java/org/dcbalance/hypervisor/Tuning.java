package org.dcbalance.hypervisor;

import java.time.Duration;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Say how a migration is to go, beyond what the hypervisor does by itself. What a host cannot do it
 * refuses; see {@link Capability}.
 *
 * @param live whether the guest runs while its memory is copied
 * @param maxDowntime the longest pause at the switch-over; null for the hypervisor's default
 * @param bandwidth the most to use; null for no limit
 * @param throttle how the guest may be slowed down; null for not at all
 * @param compressionCache memory for compressing changed pages against; null for no compression
 * @param connections how many connections carry the memory
 * @param postCopy whether {@link Hypervisor#startPostCopy} may be called while it runs
 */
public record Tuning(
    boolean live,
    @Nullable Duration maxDowntime,
    @Nullable ByteRate bandwidth,
    @Nullable Throttle throttle,
    @Nullable Memory compressionCache,
    int connections,
    boolean postCopy) {

  /** Live, and all else as the hypervisor does it by itself. */
  public static final Tuning NONE = new Tuning(true, null, null, null, null, 1, false);

  /**
   * Slow a guest down while its copy does not gain on it.
   *
   * @param initial at first, in percent
   * @param increment added pass by pass, in percent
   */
  public record Throttle(int initial, int increment) {}

  public static Tuning of(@Nullable Duration maxDowntime, @Nullable ByteRate bandwidth) {
    return new Tuning(true, maxDowntime, bandwidth, null, null, 1, false);
  }
}
