package org.dcbalance.inventory;

import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.LastChange;
import org.dcbalance.audit.Thing;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Change what operators wish for a VM. */
@Component
public class VmWishes {
  private final Vms vms;
  private final AuditLog audit;
  private final LastChange last;

  VmWishes(Vms vms, AuditLog audit, LastChange last) {
    this.vms = vms;
    this.audit = audit;
    this.last = last;
  }

  /** What is to change; null leaves a thing as it is, an empty probe address ends the probe. */
  public record Change(
      @Nullable Boolean neverMove,
      @Nullable String neverMoveNote,
      @Nullable String probeAddress,
      @Nullable Integer probePort,
      @Nullable MoveOptions moveOptions) {}

  /**
   * Find a VM.
   *
   * @throws Problem if there is none with this id
   */
  public Vm find(long id) {
    return vms.findById(id)
        .orElseThrow(
            () ->
                new Problem(ErrorCode.NOT_FOUND, "There is no virtual machine " + id + ".", null));
  }

  @Transactional
  public Vm change(long id, Change change, Operator by) {
    return change(id, null, change, by);
  }

  /**
   * Change a VM, of which more was shown than what was meant to change.
   *
   * @param seen the version that was shown; null not to ask for it
   * @throws Problem CONFLICT if the VM was changed since
   */
  @Transactional
  public Vm change(long id, @Nullable Long seen, Change change, Operator by) {
    var vm = find(id);
    last.requireSeen(Thing.vm(vm.id(), vm.name()), seen, vm.version(), Act.VM_CHANGED);
    var was = facts(vm);
    if (change.neverMove() != null || change.neverMoveNote() != null) {
      vm.neverMove(
          change.neverMove() == null ? vm.neverMove() : change.neverMove(),
          change.neverMoveNote() == null ? vm.neverMoveNote() : change.neverMoveNote());
    }
    if (change.probeAddress() != null) {
      vm.probe(change.probeAddress(), change.probePort());
      if (vm.probeAddress() != null) {
        ProbeAddresses.check(vm.probeAddress());
      }
    } else if (change.probePort() != null) {
      vm.probe(vm.probeAddress(), change.probePort());
    }
    if (change.moveOptions() != null) {
      vm.moveBy(change.moveOptions());
    }
    audit.change(by, Act.VM_CHANGED, Thing.vm(vm.id(), vm.name()), was, facts(vm));
    return vms.save(vm);
  }

  private static Facts facts(Vm vm) {
    return Facts.of("never move", vm.neverMove())
        .and("note", vm.neverMoveNote())
        .and("probe address", vm.probeAddress())
        .and("probe port", vm.probePort())
        .and("moves", vm.moveOptions());
  }
}
