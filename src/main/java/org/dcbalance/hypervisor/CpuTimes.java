package org.dcbalance.hypervisor;

import java.time.Duration;

/**
 * Hold the CPU time that all cores of a host spent, its guests' included.
 *
 * @param user in programs; on QEMU hosts that is where guests run
 * @param system in the kernel, interrupts included
 */
public record CpuTimes(Duration user, Duration system) {
  public Duration busy() {
    return user.plus(system);
  }

  /** Give what was spent since an earlier reading. */
  public CpuTimes since(CpuTimes earlier) {
    return new CpuTimes(user.minus(earlier.user), system.minus(earlier.system));
  }
}
