package org.dcbalance.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.checkpoint.VirtualCluster.Manner;
import org.dcbalance.checkpoint.VirtualCluster.RestoreState;
import org.dcbalance.checkpoint.VirtualCluster.State;
import org.dcbalance.checkpoint.VirtualCluster.Taken;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.live.Signals;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Keep sets of VMs that work together, and have all members captured and brought back at once. */
@Component
public class VirtualClusters {
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]{0,62}");
  private static final int LEAST = 2;
  private static final int MOST = 64;

  private final ClusterRows clusters;
  private final CheckpointRows rows;
  private final RestoreRows restores;
  private final Checkpoints checkpoints;
  private final Vms vms;
  private final Hosts hosts;
  private final AuditLog audit;
  private final Signals signals;

  VirtualClusters(
      ClusterRows clusters,
      CheckpointRows rows,
      RestoreRows restores,
      Checkpoints checkpoints,
      Vms vms,
      Hosts hosts,
      AuditLog audit,
      Signals signals) {
    this.clusters = clusters;
    this.rows = rows;
    this.restores = restores;
    this.checkpoints = checkpoints;
    this.vms = vms;
    this.hosts = hosts;
    this.audit = audit;
    this.signals = signals;
  }

  public List<VirtualCluster> all() {
    return clusters.clusters();
  }

  /**
   * Give one.
   *
   * @throws Problem NOT_FOUND
   */
  public VirtualCluster find(long id) {
    return clusters
        .find(id)
        .orElseThrow(
            () ->
                new Problem(ErrorCode.NOT_FOUND, "There is no virtual cluster " + id + ".", null));
  }

  /** List the checkpoints of a cluster, newest first, without deleted ones. */
  public List<Taken> checkpoints(long id) {
    return clusters.ofCluster(find(id).id());
  }

  /**
   * Give one checkpoint.
   *
   * @throws Problem NOT_FOUND
   */
  public Taken findTaken(long id) {
    return clusters
        .findTaken(id)
        .orElseThrow(
            () ->
                new Problem(
                    ErrorCode.NOT_FOUND,
                    "There is no checkpoint " + id + " of a virtual cluster.",
                    null));
  }

  /**
   * Name a set of VMs.
   *
   * @return its id
   * @throws Problem BAD_REQUEST, NOT_FOUND, or CONFLICT if the name is taken
   */
  @Transactional
  public long add(@Nullable String name, @Nullable List<VmId> members, Operator by) {
    if (name == null || !NAME.matcher(name.strip()).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A virtual cluster needs a name of 1 to 63 letters, digits, spaces, dots or hyphens.",
          "Maybe use one such as shop.");
    }
    var chosen = members == null ? List.<VmId>of() : members.stream().distinct().toList();
    if (chosen.size() < LEAST || chosen.size() > MOST) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A virtual cluster has %d to %d members, not %d.".formatted(LEAST, MOST, chosen.size()),
          null);
    }
    var pools = chosen.stream().map(this::poolOf).distinct().toList();
    if (pools.size() > 1) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "The members of a virtual cluster are in one pool.", null);
    }
    try {
      long id = clusters.add(pools.getFirst(), name.strip(), chosen, by);
      audit.note(
          by,
          Act.CLUSTER_ADDED,
          Thing.settings(name.strip()),
          Facts.NONE,
          Facts.of("members", chosen.stream().map(v -> vm(v).name()).sorted().toList()));
      return id;
    } catch (DuplicateKeyException e) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "There is a virtual cluster " + name.strip() + " already.",
          "Maybe choose another name.",
          e);
    }
  }

  private PoolId poolOf(VmId id) {
    var vm = vm(id);
    return hosts
        .findById(vm.hostId().value())
        .map(Host::poolId)
        .orElseThrow(
            () ->
                new Problem(
                    ErrorCode.REFUSED,
                    "The host of %s was removed.".formatted(vm.name()),
                    "Maybe choose VMs that are there."));
  }

  private Vm vm(VmId id) {
    return vms.findById(id.value())
        .orElseThrow(
            () ->
                new Problem(ErrorCode.NOT_FOUND, "There is no virtual machine " + id + ".", null));
  }

  /**
   * Forget a set, not its members.
   *
   * @throws Problem NOT_FOUND, or CONFLICT while it has checkpoints
   */
  @Transactional
  public void remove(long id, Operator by) {
    var cluster = find(id);
    if (!clusters.ofCluster(id).isEmpty()) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "There are checkpoints of " + cluster.name() + ".",
          "Maybe delete them first.");
    }
    clusters.remove(id);
    audit.note(by, Act.CLUSTER_REMOVED, Thing.settings(cluster.name()));
  }

  /**
   * Ask for a checkpoint of all members.
   *
   * @param manner how they are captured at one point
   * @return its id
   * @throws Problem NOT_FOUND, or as one of a single member: then of none
   */
  @Transactional
  public long take(long id, Manner manner, String why, Operator by) {
    var cluster = find(id);
    for (var member : cluster.members()) {
      var reason = vms.findById(member.vmId().value()).map(checkpoints::standsStill).orElse(null);
      if (reason != null) {
        throw new Problem(
            ErrorCode.REFUSED,
            "The members are not captured at one point: " + reason,
            "Maybe take checkpoints of each alone.");
      }
    }
    long taken = clusters.addTaken(id, manner, CheckpointText.why(why), by);
    boolean live = manner == Manner.BARRIER;
    // in the order of ids, as everybody locks them
    cluster.members().stream()
        .map(VirtualCluster.Member::vmId)
        .sorted()
        .forEach(
            vm ->
                rows.join(
                    checkpoints.take(vm, live, "With the cluster " + cluster.name() + ".", by),
                    taken));
    signals.publish("checkpoint-changed", taken);
    return taken;
  }

  /**
   * Ask for a restore of all members.
   *
   * @param targets hosts by VM, where it is not that on which it was captured
   * @param replace the cluster's name, typed, if members that run are to be ended
   * @return the id of the restore
   * @throws Problem NOT_FOUND; BAD_REQUEST for another name; CONFLICT if it is not complete; or as
   *     of a single member, then of none
   */
  @Transactional
  public long restore(long id, Map<VmId, HostId> targets, @Nullable String replace, Operator by) {
    var taken = findTaken(id);
    if (taken.state() != State.COMPLETE) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Checkpoint %d of %s is not complete, so nothing is restored from it."
              .formatted(id, taken.cluster()),
          null);
    }
    var typed = replace == null ? "" : replace.strip();
    if (!typed.isEmpty() && !typed.equals(taken.cluster())) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"%s\" is not the name of the virtual cluster, %s.".formatted(typed, taken.cluster()),
          "Maybe type it again: what runs now is ended for it.");
    }
    long restore = clusters.addRestore(id, by);
    for (var member : taken.members()) {
      var one =
          checkpoints.restore(
              member.id(),
              targets.getOrDefault(member.vmId(), member.hostId()),
              // all are read paused before the first one runs
              Checkpoint.Manner.EAGER,
              typed.isEmpty() ? null : member.vm(),
              by);
      restores.join(one, restore);
    }
    signals.publish("checkpoint-changed", id);
    return restore;
  }

  /**
   * Have the checkpoints of all members deleted.
   *
   * @throws Problem NOT_FOUND; CONFLICT while somebody works on it
   */
  @Transactional
  public void delete(long id, Operator by) {
    var taken = findTaken(id);
    if (taken.state() == State.PENDING
        || taken.state() == State.TAKING
        || taken.members().stream().anyMatch(m -> m.state() == Checkpoint.State.VERIFYING)
        || taken.restores().stream()
            .anyMatch(
                r -> r.state() == RestoreState.PENDING || r.state() == RestoreState.RESTORING)) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Checkpoint %d of %s is being worked on.".formatted(id, taken.cluster()),
          "Maybe wait until that has ended.");
    }
    taken.members().stream()
        .filter(
            m -> m.state() == Checkpoint.State.COMPLETE || m.state() == Checkpoint.State.DAMAGED)
        .forEach(m -> checkpoints.deleteMember(m.id(), by));
    clusters.end(id, State.DELETED, Objects.requireNonNullElse(taken.sentence(), ""));
    signals.publish("checkpoint-changed", id);
  }
}
