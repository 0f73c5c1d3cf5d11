package org.dcbalance.inventory;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.repository.Repository;

/** Store and find hosts. */
public interface Hosts extends Repository<Host, Long> {
  Host save(Host host);

  Optional<Host> findById(long id);

  Optional<Host> findByName(String name);

  Optional<Host> findByUri(String uri);

  Optional<Host> findByUuid(UUID uuid);

  List<Host> findAllByOrderByName();

  List<Host> findByPoolIdOrderByName(long poolId);

  long countByPoolId(long poolId);
}
