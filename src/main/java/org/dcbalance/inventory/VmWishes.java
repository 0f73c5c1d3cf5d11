package org.dcbalance.inventory;

import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Change what operators wish for a VM. */
@Component
public class VmWishes {
  private final Vms vms;

  VmWishes(Vms vms) {
    this.vms = vms;
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
  public Vm change(long id, Change change) {
    var vm = find(id);
    if (change.neverMove() != null || change.neverMoveNote() != null) {
      vm.neverMove(
          change.neverMove() == null ? vm.neverMove() : change.neverMove(),
          change.neverMoveNote() == null ? vm.neverMoveNote() : change.neverMoveNote());
    }
    if (change.probeAddress() != null) {
      vm.probe(change.probeAddress(), change.probePort());
    } else if (change.probePort() != null) {
      vm.probe(vm.probeAddress(), change.probePort());
    }
    if (change.moveOptions() != null) {
      vm.moveBy(change.moveOptions());
    }
    return vms.save(vm);
  }
}
