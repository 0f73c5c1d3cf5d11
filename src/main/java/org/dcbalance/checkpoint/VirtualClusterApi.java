package org.dcbalance.checkpoint;

import io.swagger.v3.oas.annotations.Operation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.checkpoint.VirtualCluster.Manner;
import org.dcbalance.checkpoint.VirtualCluster.Taken;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Items;
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
@RequestMapping("/api/v1")
class VirtualClusterApi {
  private final VirtualClusters clusters;

  VirtualClusterApi(VirtualClusters clusters) {
    this.clusters = clusters;
  }

  /** What makes a virtual cluster. */
  record NewCluster(@Nullable String name, @Nullable List<VmId> vmIds) {}

  /**
   * How to take a checkpoint.
   *
   * @param manner BLOCKING unless told otherwise
   */
  record Wish(@Nullable String why, @Nullable Manner manner) {}

  /** Where a member is to go on. */
  record Place(@NotNull VmId vmId, @NotNull HostId hostId) {}

  /**
   * How to restore.
   *
   * @param hosts where members go on that are not to where they were captured
   * @param replace the cluster's name, if members that run are to be ended
   */
  record RestoreWish(@Nullable List<@Valid Place> hosts, @Nullable String replace) {}

  @Operation(summary = "List virtual clusters: VMs whose checkpoints are taken at one point.")
  @GetMapping("/virtual-clusters")
  Items<VirtualCluster> list() {
    return Items.all(clusters.all());
  }

  @Operation(summary = "Add a virtual cluster.")
  @PostMapping("/virtual-clusters")
  @ResponseStatus(HttpStatus.CREATED)
  VirtualCluster add(@RequestBody NewCluster wish, CurrentOperator me) {
    return clusters.find(clusters.add(wish.name(), wish.vmIds(), me.operator()));
  }

  @Operation(summary = "Show a virtual cluster.")
  @GetMapping("/virtual-clusters/{id}")
  VirtualCluster show(@PathVariable long id) {
    return clusters.find(id);
  }

  @Operation(summary = "Remove a virtual cluster that has no checkpoints; its VMs stay.")
  @DeleteMapping("/virtual-clusters/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable long id, CurrentOperator me) {
    clusters.remove(id, me.operator());
  }

  @Operation(summary = "List the checkpoints of a virtual cluster.")
  @GetMapping("/virtual-clusters/{id}/checkpoints")
  Items<Taken> checkpoints(@PathVariable long id) {
    return Items.all(clusters.checkpoints(id));
  }

  @Operation(summary = "Take a checkpoint of all its VMs at one point.")
  @PostMapping("/virtual-clusters/{id}/checkpoints")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Taken take(
      @PathVariable long id,
      @RequestBody(required = false) @Nullable Wish wish,
      CurrentOperator me) {
    var why = wish == null || wish.why() == null ? "" : wish.why();
    var manner = wish == null || wish.manner() == null ? Manner.BLOCKING : wish.manner();
    return clusters.findTaken(clusters.take(id, manner, why, me.operator()));
  }

  @Operation(summary = "Show a virtual cluster's checkpoint.")
  @GetMapping("/cluster-checkpoints/{id}")
  Taken showTaken(@PathVariable long id) {
    return clusters.findTaken(id);
  }

  @Operation(summary = "Restore all VMs of a virtual cluster.")
  @PostMapping("/cluster-checkpoints/{id}/restore")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Taken restore(
      @PathVariable long id,
      @Valid @RequestBody(required = false) @Nullable RestoreWish wish,
      CurrentOperator me) {
    Map<VmId, HostId> targets =
        wish == null || wish.hosts() == null
            ? Map.of()
            : wish.hosts().stream()
                .collect(Collectors.toMap(Place::vmId, Place::hostId, (one, other) -> other));
    clusters.restore(id, targets, wish == null ? null : wish.replace(), me.operator());
    return showTaken(id);
  }

  @Operation(summary = "Delete a virtual cluster's checkpoint and its files.")
  @DeleteMapping("/cluster-checkpoints/{id}")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Taken delete(@PathVariable long id, CurrentOperator me) {
    clusters.delete(id, me.operator());
    return showTaken(id);
  }
}
