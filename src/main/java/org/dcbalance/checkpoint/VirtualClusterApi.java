package org.dcbalance.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcbalance.access.CurrentOperator;
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

  record Wish(@Nullable String why) {}

  /** Where a member is to go on. */
  record Place(VmId vmId, HostId hostId) {}

  /**
   * How to restore.
   *
   * @param hosts where members go on that are not to where they were captured
   * @param replace the cluster's name, if members that run are to be ended
   */
  record RestoreWish(@Nullable List<Place> hosts, @Nullable String replace) {}

  @GetMapping("/virtual-clusters")
  Items<VirtualCluster> list() {
    return Items.all(clusters.all());
  }

  @PostMapping("/virtual-clusters")
  @ResponseStatus(HttpStatus.CREATED)
  VirtualCluster add(@RequestBody NewCluster wish, CurrentOperator me) {
    return clusters.find(clusters.add(wish.name(), wish.vmIds(), me.operator()));
  }

  @GetMapping("/virtual-clusters/{id}")
  VirtualCluster show(@PathVariable long id) {
    return clusters.find(id);
  }

  @DeleteMapping("/virtual-clusters/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(@PathVariable long id, CurrentOperator me) {
    clusters.remove(id, me.operator());
  }

  @GetMapping("/virtual-clusters/{id}/checkpoints")
  Items<Taken> checkpoints(@PathVariable long id) {
    return Items.all(clusters.checkpoints(id));
  }

  @PostMapping("/virtual-clusters/{id}/checkpoints")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Taken take(
      @PathVariable long id,
      @RequestBody(required = false) @Nullable Wish wish,
      CurrentOperator me) {
    var why = wish == null || wish.why() == null ? "" : wish.why();
    return clusters.findTaken(clusters.take(id, why, me.operator()));
  }

  @GetMapping("/cluster-checkpoints/{id}")
  Taken showTaken(@PathVariable long id) {
    return clusters.findTaken(id);
  }

  @PostMapping("/cluster-checkpoints/{id}/restore")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Taken restore(
      @PathVariable long id,
      @RequestBody(required = false) @Nullable RestoreWish wish,
      CurrentOperator me) {
    Map<VmId, HostId> targets =
        wish == null || wish.hosts() == null
            ? Map.of()
            : wish.hosts().stream()
                .collect(Collectors.toMap(Place::vmId, Place::hostId, (one, other) -> other));
    clusters.restore(id, targets, wish == null ? null : wish.replace(), me.operator());
    return showTaken(id);
  }

  @DeleteMapping("/cluster-checkpoints/{id}")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Taken delete(@PathVariable long id, CurrentOperator me) {
    clusters.delete(id, me.operator());
    return showTaken(id);
  }
}
