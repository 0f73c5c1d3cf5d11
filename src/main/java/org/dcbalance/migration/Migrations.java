package org.dcbalance.migration;

import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

/** Store and find migrations; new ones are inserted by {@link ApprovedMoves} alone. */
interface Migrations extends Repository<Migration, Long> {
  Optional<Migration> findById(long id);

  List<Migration> findByStateInOrderById(Collection<MigrationState> states);

  boolean existsByVmIdAndState(long vm, MigrationState state);

  /** List those that may have left half-copied disks on their targets, oldest first. */
  @Query(
      """
      select m from Migration m
      where m.storage.copiesBegun and m.closedBy is null
        and m.state in (org.dcbalance.migration.MigrationState.FAILED,
          org.dcbalance.migration.MigrationState.ABORTED)
      order by m.id
      """)
  List<Migration> withHalfCopies();

  /** Find it and lock its row until the transaction ends. */
  @Lock(LockModeType.PESSIMISTIC_WRITE)
  @Query("select m from Migration m where m.id = :id")
  Optional<Migration> lock(long id);
}
