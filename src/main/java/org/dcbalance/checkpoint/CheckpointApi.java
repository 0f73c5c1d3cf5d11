package org.dcbalance.checkpoint;

import io.swagger.v3.oas.annotations.Operation;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Items;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1")
class CheckpointApi {
  private final Checkpoints checkpoints;
  private final CheckpointCopies copies;
  private final CheckpointStorages storages;

  CheckpointApi(Checkpoints checkpoints, CheckpointCopies copies, CheckpointStorages storages) {
    this.checkpoints = checkpoints;
    this.copies = copies;
    this.storages = storages;
  }

  /** How a checkpoint is to be taken: live unless it says otherwise, and why. */
  record Wish(@Nullable Boolean live, @Nullable String why) {}

  /**
   * Where to restore.
   *
   * @param hostId null for where it was taken
   * @param manner null for EAGER
   * @param replace the VM's name, if a copy that runs is to be ended for it
   */
  record RestoreWish(@Nullable HostId hostId, @Nullable Manner manner, @Nullable String replace) {}

  /** The storage pool of the hosts to keep checkpoints in; null for none. */
  record StorageWish(@Nullable String name) {}

  @Operation(summary = "Take a checkpoint of a VM; live unless told otherwise.")
  @PostMapping("/vms/{id}/checkpoints")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Checkpoint take(
      @PathVariable VmId id,
      @RequestBody(required = false) @Nullable Wish wish,
      CurrentOperator me) {
    boolean live = wish == null || !Boolean.FALSE.equals(wish.live());
    var why = wish == null || wish.why() == null ? "" : wish.why();
    return checkpoints.find(checkpoints.take(id, live, why, me.operator()));
  }

  @Operation(summary = "List checkpoints, newest first, by VM or state.")
  @GetMapping("/checkpoints")
  Items<Checkpoint> list(
      @RequestParam @Nullable Long vmId, @RequestParam @Nullable State state, Cursor cursor) {
    return checkpoints.list(vmId == null ? null : new VmId(vmId), state, cursor);
  }

  @Operation(summary = "Show a checkpoint.")
  @GetMapping("/checkpoints/{id}")
  Checkpoint show(@PathVariable long id) {
    return checkpoints.find(id);
  }

  @Operation(summary = "Compare what is stored of a checkpoint with what was written.")
  @PostMapping("/checkpoints/{id}/verify")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Checkpoint verify(@PathVariable long id, CurrentOperator me) {
    checkpoints.verify(id, me.operator());
    return show(id);
  }

  @Operation(summary = "Restore a checkpoint, where it was taken or on another host.")
  @PostMapping("/checkpoints/{id}/restore")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Checkpoint restore(
      @PathVariable long id,
      @RequestBody(required = false) @Nullable RestoreWish wish,
      CurrentOperator me) {
    checkpoints.restore(
        id,
        wish == null ? null : wish.hostId(),
        wish == null || wish.manner() == null ? Manner.EAGER : wish.manner(),
        wish == null ? null : wish.replace(),
        me.operator());
    return show(id);
  }

  @Operation(
      summary =
          "Restore a checkpoint as a VM of its own, with its links down, or on an isolated"
              + " network of libvirt.")
  @PostMapping("/checkpoints/{id}/copies")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Checkpoint copy(
      @PathVariable long id, @RequestBody CheckpointCopies.Wish wish, CurrentOperator me) {
    copies.copy(id, wish, me.operator());
    return show(id);
  }

  @Operation(summary = "Delete a checkpoint and its files.")
  @DeleteMapping("/checkpoints/{id}")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Checkpoint delete(@PathVariable long id, CurrentOperator me) {
    checkpoints.delete(id, me.operator());
    return show(id);
  }

  @Operation(summary = "List which storage each pool keeps checkpoints in.")
  @GetMapping("/checkpoint-storages")
  Items<CheckpointStorages.Storage> storages() {
    return Items.all(storages.all());
  }

  @Operation(summary = "Tell what each host of a pool has of its storage for checkpoints.")
  @GetMapping("/pools/{id}/checkpoint-storage")
  Items<CheckpointStorages.OnHost> storage(@PathVariable PoolId id) {
    return Items.all(storages.onHosts(id));
  }

  @Operation(summary = "Choose the storage pool of the hosts to keep checkpoints in.")
  @PutMapping("/pools/{id}/checkpoint-storage")
  Items<CheckpointStorages.OnHost> choose(
      @PathVariable PoolId id, @RequestBody StorageWish wish, CurrentOperator me) {
    storages.choose(id, wish.name(), me.operator());
    return storage(id);
  }
}
