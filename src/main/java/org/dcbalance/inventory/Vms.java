package org.dcbalance.inventory;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.repository.Repository;

/** Find virtual machines, and store what operators wish for them. */
public interface Vms extends Repository<Vm, Long> {
  Vm save(Vm vm);

  Optional<Vm> findById(long id);

  Optional<Vm> findByUuid(UUID uuid);

  List<Vm> findByIdIn(Collection<Long> ids);

  List<Vm> findByGoneSinceIsNullOrderByName();

  List<Vm> findByHostIdInAndGoneSinceIsNullOrderByName(List<Long> hostIds);
}
