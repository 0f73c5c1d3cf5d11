package org.dcbalance.inventory;

import java.util.Optional;
import org.dcbalance.units.VmId;

/** One kind of work that keeps a VM to itself while it lasts. */
public interface VmWork {
  /** Say in a sentence what goes on with a VM; empty if nothing does. */
  Optional<String> on(VmId vm);
}
