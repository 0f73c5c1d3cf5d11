package org.dcbalance.access;

import java.util.Locale;

/** Say what a user or an API token may do; each role includes those before it. */
public enum Role {
  /** May look at everything but the hosts' connection settings. */
  VIEWER,
  /** May also approve, reject, move, abort and pause. */
  OPERATOR,
  /** May also change hosts, pools, settings and users. */
  ADMINISTRATOR;

  /** Tell whether this role may do what the other one may. */
  public boolean includes(Role other) {
    return compareTo(other) >= 0;
  }

  /** Give the word that people read: "viewer", "operator" or "administrator". */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
