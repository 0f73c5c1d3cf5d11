package org.dcbalance.recovery;

import io.swagger.v3.oas.annotations.Operation;
import java.time.Instant;
import java.util.List;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.inventory.HostFencing;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/hosts/{id}")
class RecoveryApi {
  private final Recoveries recoveries;
  private final HostFencing fencing;

  RecoveryApi(Recoveries recoveries, HostFencing fencing) {
    this.recoveries = recoveries;
    this.fencing = fencing;
  }

  /**
   * How a host that does not answer stands, and what can be restored of it.
   *
   * @param silentSince since when neither libvirt nor its address has answered; null if one does
   * @param probe what was found at its address
   * @param saidToBeOff by whom; null if nobody says so
   * @param whyNot why it cannot be said to be off now; null if it can
   */
  record RecoveryView(
      String host,
      @Nullable Instant silentSince,
      String probe,
      @Nullable String saidToBeOff,
      @Nullable Instant saidAt,
      @Nullable String saidWhy,
      @Nullable String whyNot,
      List<Machine> machines,
      List<Recoveries.Taken> restored,
      List<Twin> twins) {}

  /** A VM of the host; how old its last checkpoint is, in seconds. */
  record Machine(
      VmId vmId,
      String vm,
      @Nullable Long checkpointId,
      @Nullable Instant capturedAt,
      @Nullable Long ageSeconds) {}

  /** That a host is off: its name, typed, and how that is known. */
  record Word(@Nullable String host, @Nullable String why) {}

  /** Which VMs to restore, and where. */
  record Wish(@Nullable List<VmId> vmIds, @Nullable HostId hostId) {}

  @Operation(
      summary = "Tell how a host that does not answer stands, and what can be restored of it.")
  @GetMapping("/recovery")
  RecoveryView show(@PathVariable HostId id) {
    var view = recoveries.of(id);
    var standing = view.standing();
    var statement = standing.statement();
    return new RecoveryView(
        view.host().name(),
        standing.silentSince(),
        standing.probe(),
        statement == null ? null : statement.by(),
        statement == null ? null : statement.at(),
        statement == null ? null : statement.why(),
        standing.whyNot(),
        view.offers().stream()
            .map(
                o -> {
                  var age = o.age();
                  return new Machine(
                      o.vmId(),
                      o.vm(),
                      o.checkpointId(),
                      o.capturedAt(),
                      age == null ? null : age.toSeconds());
                })
            .toList(),
        view.taken(),
        view.twins());
  }

  @Operation(summary = "State that a host is off, with its name typed.")
  @PostMapping("/fencing")
  RecoveryView state(@PathVariable HostId id, @RequestBody Word word, CurrentOperator me) {
    fencing.state(id, word.host(), word.why(), me.operator());
    return show(id);
  }

  @Operation(summary = "Take back that a host is off.")
  @DeleteMapping("/fencing")
  RecoveryView takeBack(@PathVariable HostId id, CurrentOperator me) {
    fencing.takeBack(id, me.operator());
    return show(id);
  }

  @Operation(
      summary = "Restore VMs of a host that is off from their last checkpoints on another host.")
  @PostMapping("/recovery")
  @ResponseStatus(HttpStatus.ACCEPTED)
  RecoveryView recover(@PathVariable HostId id, @RequestBody Wish wish, CurrentOperator me) {
    recoveries.recover(
        id, wish.vmIds() == null ? List.of() : wish.vmIds(), wish.hostId(), me.operator());
    return show(id);
  }
}
