package org.dcbalance.inventory;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

/** Store and find pools. */
public interface Pools extends Repository<HostPool, Long> {
  HostPool save(HostPool pool);

  void delete(HostPool pool);

  Optional<HostPool> findById(long id);

  Optional<HostPool> findByName(String name);

  List<HostPool> findAllByOrderByName();

  /** Name what is kept of a pool and would be lost with it; empty if nothing is. */
  @Query(
      nativeQuery = true,
      value =
          """
          select case
            when exists (select from checkpoint where pool_id = :id and state <> 'DELETED') then 'checkpoints'
            when exists (select from virtual_cluster where pool_id = :id) then 'virtual clusters'
            when exists (select from migration where pool_id = :id) then 'migrations'
            when exists (select from host where pool_id = :id) then 'removed hosts'
          end
          """)
  Optional<String> kept(long id);

  /**
   * Take a pool back to manual approval whatever else is changed of it at the same moment: what
   * ends in the same transaction must not fail by that.
   *
   * @return 1 if it was automatic until then, else 0
   */
  @Modifying(flushAutomatically = true)
  @Query(
      """
      update versioned HostPool p set p.automation = MANUAL, p.automatedSince = :now
      where p.id = :id and p.automation = AUTOMATIC
      """)
  int endAutomation(long id, Instant now);
}
