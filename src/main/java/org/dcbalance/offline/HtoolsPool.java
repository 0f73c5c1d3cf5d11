package org.dcbalance.offline;

import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.offline.HtoolsCluster.Instance;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.MigrationCost;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.PreCopyModel;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;

/** Make a pool, as the strategies know it, of a cluster as htools describe it. */
final class HtoolsPool {
  /**
   * A share of 1 of a host's network and disk, in bytes per second: what the score takes for it.
   */
  private static final double NETWORK = 1.25e9;

  private static final double DISK = 1e9;

  private HtoolsPool() {}

  /**
   * Translate. Without measured load a virtual CPU counts as a quarter of a core, which is what
   * htools allow for by default.
   */
  static Pool of(String name, HtoolsCluster cluster, boolean measured) {
    var names = cluster.nodes().stream().map(HtoolsCluster.Node::name).sorted().toList();
    var ids = new HashMap<String, HostId>();
    for (var host : names) {
      ids.put(host, new HostId(ids.size() + 1));
    }
    var hosts = new ArrayList<HostLoad>();
    for (var node : cluster.nodes()) {
      hosts.add(
          new HostLoad(
              host(ids, node),
              node.name(),
              (int) Math.max(1, node.cpus()),
              Memory.ofMiB(Math.max(1, node.total())),
              new Load(0, Memory.ofMiB(node.own()), ByteRate.ZERO, ByteRate.ZERO),
              1,
              node.offline() ? "it is offline" : null));
    }
    var sorted = cluster.instances().stream().sorted(comparing(Instance::name)).toList();
    var vms = new ArrayList<VmLoad>();
    for (var instance : sorted) {
      var node = cluster.nodes().get(instance.primary());
      vms.add(vm(new VmId(vms.size() + 1), instance, host(ids, node), node.cpus(), measured));
    }
    return new Pool(name, PoolText.NOW, hosts, vms, Limits.DEFAULTS.holdRounds(), List.of());
  }

  @SuppressWarnings("ReferenceEquality") // see below
  private static VmLoad vm(VmId id, Instance instance, HostId host, long cpus, boolean measured) {
    var load = instance.load();
    // one that the utilization does not name shares the instance of what is not known
    boolean known = measured && load != HtoolsCluster.Load.UNKNOWN;
    var mean =
        new Load(
            known ? load.cpu() * cpus : instance.vcpus() / 4.0,
            Memory.ofMiB(instance.usesMemory() ? instance.memory() : 0),
            new ByteRate(known ? load.network() * NETWORK : 0),
            new ByteRate(known ? load.disk() * DISK : 0));
    var tied = instance.tied();
    return new VmLoad(
        id,
        instance.name(),
        host,
        mean,
        mean,
        Memory.ofMiB(instance.memory()),
        null,
        null,
        tied == null ? List.of() : List.of(tied),
        Map.of(),
        null,
        null,
        List.of());
  }

  private static HostId host(Map<String, HostId> ids, HtoolsCluster.Node node) {
    return requireNonNull(ids.get(node.name()));
  }

  /** Expect what moves cost that have no history. */
  static final class Costs {
    private static final HostId SOURCE = new HostId(1);
    private static final HostId TARGET = new HostId(2);
    private final PreCopyModel model = PreCopyModel.learn(List.of());
    private final boolean measured;

    /** Take the instances' load as measured, or go by their virtual CPUs. */
    Costs(boolean measured) {
      this.measured = measured;
    }

    MigrationCost of(Instance instance, long cpus) {
      var vm = vm(new VmId(1), instance, SOURCE, cpus, measured);
      return model.expect(vm, TARGET, Limits.DEFAULTS.downtimeSlo());
    }
  }
}
