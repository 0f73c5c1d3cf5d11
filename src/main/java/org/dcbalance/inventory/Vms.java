package org.dcbalance.inventory;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

/** Find virtual machines, and store what operators wish for them. */
public interface Vms extends Repository<Vm, Long> {
  Vm save(Vm vm);

  Optional<Vm> findById(long id);

  Optional<Vm> findByUuid(UUID uuid);

  List<Vm> findByIdIn(Collection<Long> ids);

  List<Vm> findByGoneSinceIsNullOrderByNameAscIdAsc();

  List<Vm> findByHostIdInAndGoneSinceIsNullOrderByNameAscIdAsc(List<Long> hostIds);

  int countByHostIdInAndGoneSinceIsNull(Collection<Long> hostIds);

  /** How many guests a host has. */
  record Guests(long hostId, long count) {}

  /** Count the guests of every host that has any. */
  @Query(
      """
      select new org.dcbalance.inventory.Vms$Guests(v.hostId, count(v)) from Vm v
      where v.goneSince is null group by v.hostId
      """)
  List<Guests> countGuests();

  /** List what some host shows, by name. */
  @Query(
      """
      select new org.dcbalance.inventory.VmSummary(
        v.id, v.name, v.uuid, v.hostId, v.addresses, v.vcpus, v.memoryBytes, v.lastMovedAt)
      from Vm v where v.goneSince is null order by v.name, v.id
      """)
  List<VmSummary> summaries();

  /** List what the guests of some hosts need, by name. */
  @Query(
      """
      select new org.dcbalance.inventory.VmAttachments(v.id, v.name, v.disks, v.networks)
      from Vm v where v.goneSince is null and v.hostId in :hosts order by v.name, v.id
      """)
  List<VmAttachments> attachments(Collection<Long> hosts);
}
