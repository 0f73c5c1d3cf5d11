package org.dcbalance.migration;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import java.util.List;
import org.dcbalance.units.Memory;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** Know whether a guest's disks go with it, and which. */
@Embeddable
class Storage {
  @Column(updatable = false)
  private boolean withStorage;

  @JdbcTypeCode(SqlTypes.JSON)
  private @Nullable List<CopiedDisk> disks;

  private boolean copiesBegun;

  /** Note what is to be copied; to be written before anything is. */
  void copy(List<CopiedDisk> all) {
    this.disks = List.copyOf(all);
  }

  /** Note that from now on there may be copies on the target. */
  void begin() {
    this.copiesBegun = disks != null && !disks.isEmpty();
  }

  /** Note that no copy is left on the target, or that they are the guest's disks now. */
  void end() {
    this.copiesBegun = false;
  }

  boolean wanted() {
    return withStorage;
  }

  List<CopiedDisk> disks() {
    return disks == null ? List.of() : disks;
  }

  boolean begun() {
    return copiesBegun;
  }

  /** Give what is written of them all. */
  Memory allocated() {
    return CopiedDisk.allocated(disks());
  }
}
