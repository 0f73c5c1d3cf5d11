package org.dcbalance.migration;

import java.time.Instant;
import org.dcbalance.method.Method;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Say what move somebody asks for.
 *
 * @param method how, whatever is expected of it; null for DCbalance to choose
 * @param breakRules whether it may break placement rules; for administrators
 * @param endBy when it must have ended, or is given up; null for no such time
 * @param withStorage whether disks that lie on its host alone are copied with it
 */
public record MoveByHand(
    VmId vm,
    HostId target,
    @Nullable Method method,
    boolean breakRules,
    @Nullable Instant endBy,
    boolean withStorage) {

  MoveByHand(VmId vm, HostId target, @Nullable Method method) {
    this(vm, target, method, false, null, false);
  }
}
