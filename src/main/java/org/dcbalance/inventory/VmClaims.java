package org.dcbalance.inventory;

import java.util.Optional;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Let only one kind of work at a time be open on a VM, whichever console it is asked of. */
@Component
public class VmClaims {
  private final JdbcClient jdbc;
  private final ObjectProvider<VmWork> works;

  VmClaims(JdbcClient jdbc, ObjectProvider<VmWork> works) {
    this.jdbc = jdbc;
    this.works = works;
  }

  /**
   * Hold a VM until the transaction ends, so that nobody else begins with it, and make sure that no
   * other kind of work is open on it.
   *
   * @throws Problem NOT_FOUND, or CONFLICT with what is open
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public void require(VmId vm, VmWork mine) {
    // not the row itself: the inventory locks hosts before VMs, and what is begun here refers to
    // hosts
    jdbc.sql(
            "select pg_advisory_xact_lock(hashtextextended('work on vm ' || cast(:vm as text), 0))")
        .param("vm", vm.value())
        .query(row -> {});
    var known =
        jdbc.sql("select id from vm where id = :vm")
            .param("vm", vm.value())
            .query(Long.class)
            .optional();
    if (known.isEmpty()) {
      throw new Problem(ErrorCode.NOT_FOUND, "There is no virtual machine " + vm + ".", null);
    }
    otherThan(mine, vm)
        .ifPresent(
            sentence -> {
              throw new Problem(ErrorCode.CONFLICT, sentence, "Maybe wait until it has ended.");
            });
  }

  /** Say in a sentence what work is open on a VM; empty if there is none. */
  public Optional<String> on(VmId vm) {
    return works.orderedStream().map(work -> work.on(vm)).flatMap(Optional::stream).findFirst();
  }

  /** Say in a sentence what work of another kind is open on a VM; empty if there is none. */
  @SuppressWarnings("ReferenceEquality") // each kind of work is one bean
  public Optional<String> otherThan(VmWork mine, VmId vm) {
    return works
        .orderedStream()
        .filter(work -> work != mine)
        .map(work -> work.on(vm))
        .flatMap(Optional::stream)
        .findFirst();
  }
}
