package org.dcbalance.inventory;

import java.util.List;
import java.util.Optional;
import org.springframework.data.repository.Repository;

/** Store and find pools. */
public interface Pools extends Repository<HostPool, Long> {
  HostPool save(HostPool pool);

  void delete(HostPool pool);

  Optional<HostPool> findById(long id);

  Optional<HostPool> findByName(String name);

  List<HostPool> findAllByOrderByName();
}
