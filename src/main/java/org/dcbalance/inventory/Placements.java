package org.dcbalance.inventory;

import java.time.Instant;
import java.util.List;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Keep which host a VM is on, and where it has been. */
@Component
public class Placements {
  private final JdbcClient jdbc;

  Placements(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** One stay of a VM on a host; until is null for the present one. */
  public record Stay(
      long hostId, String hostName, Instant since, @Nullable Instant until, String how) {}

  /** Say that our own migration of the VM begins: the inventory leaves its placement alone. */
  @Transactional
  public void startMove(VmId vm, HostId target) {
    jdbc.sql("update vm set moving_to = :target where id = :vm")
        .param("target", target.value())
        .param("vm", vm.value())
        .update();
  }

  /** Say that our own migration is over and where both hosts agree that the VM is now. */
  @Transactional
  public void endMove(VmId vm, HostId nowAt) {
    endMove(vm, nowAt, "moved by DCbalance");
  }

  /** The same, with how it came there. */
  @Transactional
  public void endMove(VmId vm, HostId nowAt, String how) {
    place(vm, nowAt, how);
    jdbc.sql("update vm set moving_to = null where id = :vm").param("vm", vm.value()).update();
  }

  /** Say that our own migration is over and that nobody knows where the VM is now. */
  @Transactional
  public void abandonMove(VmId vm) {
    jdbc.sql("update vm set moving_to = null where id = :vm").param("vm", vm.value()).update();
  }

  /** Record that a VM is on a host; nothing happens if that is known. */
  @Transactional
  void place(VmId vm, HostId host, String how) {
    int moved =
        jdbc.sql(
                """
                update vm set host_id = :host, last_moved_at = clock_timestamp()
                where id = :vm and host_id <> :host
                """)
            .param("host", host.value())
            .param("vm", vm.value())
            .update();
    if (moved == 0) {
      return;
    }
    jdbc.sql("update placement set until = clock_timestamp() where vm_id = :vm and until is null")
        .param("vm", vm.value())
        .update();
    begin(vm, host, how);
  }

  void begin(VmId vm, HostId host, String how) {
    jdbc.sql(
            """
            insert into placement (vm_id, host_id, since, how)
            values (:vm, :host, clock_timestamp(), :how)
            """)
        .param("vm", vm.value())
        .param("host", host.value())
        .param("how", how)
        .update();
  }

  /** List the VM's stays, newest first. */
  public List<Stay> of(VmId vm, int most) {
    return jdbc.sql(
            """
            select p.host_id, h.name as host_name, p.since, p.until, p.how
            from placement p join host h on h.id = p.host_id
            where p.vm_id = :vm order by p.since desc, p.id desc limit :most
            """)
        .param("vm", vm.value())
        .param("most", most)
        .query(new SimplePropertyRowMapper<>(Stay.class))
        .list();
  }
}
