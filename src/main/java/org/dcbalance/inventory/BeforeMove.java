package org.dcbalance.inventory;

import java.util.Optional;
import org.dcbalance.units.VmId;

/** Something that makes a VM safe before a move that may lose it. */
public interface BeforeMove {

  /** How far it is. */
  enum Step {
    /** It cannot be done for this VM; the words say why. */
    IMPOSSIBLE,
    UNDER_WAY,
    DONE,
    FAILED
  }

  /** How far it is, in a sentence. */
  record Progress(Step step, String sentence) {}

  /** Begin it for a migration, or tell how far it is; ask again while it is under way. */
  Progress of(VmId vm, long migration);

  /** Tell how far it is for a migration, without beginning it; empty if nobody has. */
  default Optional<Progress> begun(long migration) {
    return Optional.empty();
  }
}
