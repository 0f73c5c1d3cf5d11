package org.dcbalance.recovery;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoints;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostFencing;
import org.dcbalance.inventory.HostFencing.Standing;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.recovery.RecoveryRows.Recovered;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Offer the VMs of a lost host for restore from their last checkpoints elsewhere, and have them
 * restored. Nothing is restored before an administrator said that the host is off.
 */
@Component
public class Recoveries {
  private final HostFencing fencing;
  private final RecoveryRows rows;
  private final Checkpoints checkpoints;
  private final Vms vms;
  private final Hosts hosts;
  private final Clock clock;

  Recoveries(
      HostFencing fencing,
      RecoveryRows rows,
      Checkpoints checkpoints,
      Vms vms,
      Hosts hosts,
      Clock clock) {
    this.fencing = fencing;
    this.rows = rows;
    this.checkpoints = checkpoints;
    this.vms = vms;
    this.hosts = hosts;
    this.clock = clock;
  }

  /**
   * A VM that was on a lost host.
   *
   * @param checkpointId its last complete checkpoint; null if it has none
   * @param age how old its memory and disks would be; null if it has none
   */
  public record Offer(
      VmId vmId,
      String vm,
      @Nullable Long checkpointId,
      @Nullable Instant capturedAt,
      @Nullable Duration age) {}

  /** A VM that was restored elsewhere, or is being so. */
  public record Taken(
      VmId vmId, String vm, String host, long checkpointId, String state, String sentence) {}

  /**
   * What can be done for a host.
   *
   * @param offers its VMs, by name
   * @param taken those that were restored elsewhere and are not settled
   * @param twins those that it has although they were restored elsewhere
   * @param targets where they may be restored
   */
  public record View(
      Host host,
      Standing standing,
      List<Offer> offers,
      List<Taken> taken,
      List<Twin> twins,
      List<Host> targets) {}

  /**
   * Tell what can be done for a host.
   *
   * @throws Problem NOT_FOUND
   */
  public View of(HostId id) {
    var host = hosts.require(id);
    var now = clock.instant();
    var offers = host.state() == Host.State.DOWN ? offers(host, now) : List.<Offer>of();
    var open = rows.open().stream().filter(r -> r.lostId().equals(id)).toList();
    return new View(
        host,
        fencing.of(host),
        offers,
        open.stream().map(Recoveries::taken).toList(),
        open.stream().filter(r -> r.twin() != null).map(Twin::of).toList(),
        hosts.findByPoolIdOrderByName(host.poolId().value()).stream()
            .filter(h -> h.state() == Host.State.UP && h.can(Capability.CHECKPOINT))
            .filter(h -> !h.maintenance())
            .toList());
  }

  private static Taken taken(Recovered each) {
    return new Taken(
        each.vmId(), each.vm(), each.restored(), each.checkpoint(), each.state(), each.sentence());
  }

  private List<Offer> offers(Host host, Instant now) {
    var last = rows.last(host.id());
    return vms
        .findByHostIdInAndGoneSinceIsNullOrderByNameAscIdAsc(List.of(host.id().value()))
        .stream()
        .filter(vm -> vm.state() != GuestState.SHUT_OFF)
        .map(vm -> offer(vm, last.get(vm.id()), now))
        .toList();
  }

  private static Offer offer(Vm vm, RecoveryRows.@Nullable Last last, Instant now) {
    var at = last == null ? null : last.capturedAt();
    return new Offer(
        vm.id(),
        vm.name(),
        last == null ? null : last.checkpoint(),
        at,
        at == null ? null : Duration.between(at, now));
  }

  /** List VMs that lost hosts have although they were restored elsewhere. */
  public List<Twin> twins() {
    return rows.open().stream().filter(r -> r.twin() != null).map(Twin::of).toList();
  }

  /**
   * Have VMs of a lost host restored elsewhere, each from its last complete checkpoint.
   *
   * @throws Problem NOT_FOUND; REFUSED if nobody says that the host is off, something answers
   *     there, or a VM has no checkpoint or is not on it; CONFLICT if other work on a VM is open
   */
  @Transactional
  public void recover(HostId lost, List<VmId> wanted, @Nullable HostId target, Operator by) {
    var view = of(lost);
    var statement = view.standing().statement();
    if (statement == null) {
      throw new Problem(
          ErrorCode.REFUSED,
          "Nobody says that %s is off, and its machines may run there."
              .formatted(view.host().name()),
          "Maybe make sure that it is off, and have an administrator say so.");
    }
    if (view.standing().silentSince() == null) {
      throw new Problem(
          ErrorCode.REFUSED,
          "%s was said to be off, but it is not silent: %s"
              .formatted(view.host().name(), view.standing().probe()),
          "Maybe make sure that it is off, or wait until its libvirt answers.");
    }
    if (target == null || wanted.isEmpty()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "Which machines are restored, and where, is to be said.", null);
    }
    var offered = new ArrayList<Offer>();
    for (var id : wanted) {
      offered.add(
          view.offers().stream()
              .filter(o -> o.vmId().equals(id) && o.checkpointId() != null)
              .findFirst()
              .orElseThrow(
                  () ->
                      new Problem(
                          ErrorCode.REFUSED,
                          "Virtual machine %s was not running on %s, or has no complete checkpoint."
                              .formatted(id, view.host().name()),
                          null)));
    }
    for (var each : offered) {
      long checkpoint = Objects.requireNonNull(each.checkpointId());
      long restore = checkpoints.restore(checkpoint, target, Manner.EAGER, null, by);
      rows.add(statement.id(), each.vmId(), restore);
    }
  }
}
