package org.dcbalance.audit;

import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Name what something was done to, as it was called then.
 *
 * @param kind such as "host" or "user"
 * @param id null where that kind of thing is known by its name alone
 */
public record Thing(String kind, @Nullable Long id, String name) {
  public static Thing host(HostId id, String name) {
    return new Thing("host", id.value(), name);
  }

  public static Thing pool(PoolId id, String name) {
    return new Thing("pool", id.value(), name);
  }

  public static Thing vm(VmId id, String name) {
    return new Thing("vm", id.value(), name);
  }

  /** Name a recommendation, by the VM and the hosts that the log finds for it. */
  public static Thing recommendation(long id) {
    return new Thing("recommendation", id, "");
  }

  /** Name a migration, by the VM and the hosts that the log finds for it. */
  public static Thing migration(long id) {
    return new Thing("migration", id, "");
  }

  public static Thing user(String name) {
    return new Thing("user", null, name);
  }

  public static Thing token(String name) {
    return new Thing("token", null, name);
  }

  public static Thing destination(long id, String name) {
    return new Thing("destination", id, name);
  }

  public static Thing settings(String name) {
    return new Thing("settings", null, name);
  }

  /** Name what a request was about: its method and path, without what follows a question mark. */
  public static Thing request(String methodAndPath) {
    return new Thing("request", null, methodAndPath);
  }
}
