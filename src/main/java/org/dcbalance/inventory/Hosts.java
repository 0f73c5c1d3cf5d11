package org.dcbalance.inventory;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Problem;
import org.springframework.data.jpa.repository.NativeQuery;
import org.springframework.data.repository.Repository;

/** Store and find hosts. */
public interface Hosts extends Repository<Host, Long> {
  Host save(Host host);

  Optional<Host> findById(long id);

  /** Give the name of a host that was removed; the row stays for its past moves. */
  @NativeQuery("select name from host where id = :id and removed_at is not null")
  Optional<String> findNameOfRemoved(long id);

  /**
   * Find a host that has to be there.
   *
   * @throws Problem NOT_FOUND
   */
  default Host require(HostId id) {
    return findById(id.value())
        .orElseThrow(
            () ->
                findNameOfRemoved(id.value())
                    .map(
                        name ->
                            new Problem(
                                ErrorCode.NOT_FOUND,
                                name + " was removed from the inventory.",
                                "Its past moves stay under Migrations."))
                    .orElseGet(
                        () ->
                            new Problem(
                                ErrorCode.NOT_FOUND, "There is no host " + id + ".", null)));
  }

  Optional<Host> findByName(String name);

  Optional<Host> findByUri(String uri);

  Optional<Host> findByUuid(UUID uuid);

  List<Host> findAllByOrderByName();

  List<Host> findByPoolIdOrderByName(long poolId);

  long countByPoolId(long poolId);
}
