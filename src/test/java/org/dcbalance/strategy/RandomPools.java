package org.dcbalance.strategy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/** Make up pools from a seed: mixed hosts, some closed, and VMs with everything that may be odd. */
final class RandomPools {
  private final SplittableRandom random;

  private RandomPools(long seed) {
    random = new SplittableRandom(seed);
  }

  static Pool small(long seed) {
    var made = new RandomPools(seed);
    int hosts = 1 + made.random.nextInt(8);
    return made.pool(hosts, made.random.nextInt(hosts * 12 + 1), true);
  }

  /** A pool with rules of all kinds, some of them broken, some that cannot be kept. */
  static Pool ruled(long seed) {
    var pool = small(seed);
    var random = new SplittableRandom(-1 - seed);
    var rules = new ArrayList<Rule>();
    int wanted = pool.vms().size() < 2 ? 0 : 1 + random.nextInt(5);
    for (int i = 0; i < wanted; i++) {
      var kind = Rule.Kind.values()[random.nextInt(4)];
      boolean placed = kind == Rule.Kind.ON || kind == Rule.Kind.OFF;
      var vms = new ArrayList<VmId>();
      for (int n = 2 + random.nextInt(3); n > 0; n--) {
        vms.add(pool.vms().get(random.nextInt(pool.vms().size())).id());
      }
      var hosts = new ArrayList<HostId>();
      for (int n = placed ? 1 + random.nextInt(pool.hosts().size()) : 0; n > 0; n--) {
        hosts.add(pool.hosts().get(random.nextInt(pool.hosts().size())).id());
      }
      rules.add(new Rule("rule-" + i, kind, random.nextInt(3) > 0, vms, hosts));
    }
    return pool.ruledBy(rules);
  }

  /** A pool whose hosts are all open and whose VMs are all free to move. */
  static Pool plain(long seed, int hosts, int vms) {
    return new RandomPools(seed).pool(hosts, vms, false);
  }

  private Pool pool(int hostCount, int vmCount, boolean odd) {
    var hosts = new ArrayList<HostLoad>();
    for (int i = 0; i < hostCount; i++) {
      int cores = List.of(8, 16, 32, 64).get(random.nextInt(odd ? 4 : 2) + (odd ? 0 : 2));
      hosts.add(
          new HostLoad(
              new HostId(100 + i),
              "host-" + i,
              cores,
              Memory.ofGiB(4L * cores),
              new Load(0.3, Memory.ofGiB(1), new ByteRate(1e6), new ByteRate(1e6)),
              1,
              odd && random.nextInt(8) == 0 ? "in maintenance" : null));
    }
    // some hosts draw more VMs than others, so that there is something to balance
    var draws = new double[hostCount];
    for (int i = 0; i < hostCount; i++) {
      draws[i] = 0.2 + random.nextDouble();
    }
    var vms = new ArrayList<VmLoad>();
    for (int i = 0; i < vmCount; i++) {
      int host = pick(draws);
      double room = hosts.get(host).cores() * (double) hostCount / vmCount;
      vms.add(vm(i, hosts.get(host), hosts, room, odd));
    }
    return new Pool("random", PoolText.NOW, hosts, vms, 5, List.of());
  }

  private int pick(double[] draws) {
    double left = random.nextDouble() * Arrays.stream(draws).sum();
    for (int i = 0; i < draws.length; i++) {
      left -= draws[i];
      if (left < 0) {
        return i;
      }
    }
    return draws.length - 1;
  }

  private VmLoad vm(int i, HostLoad host, List<HostLoad> hosts, double room, boolean odd) {
    double cpu = room * 1.1 * random.nextDouble();
    var memory = Memory.ofMiB(256 + (long) (random.nextDouble() * room * 3000));
    var mean = new Load(cpu, memory, new ByteRate(random.nextInt(50) * 1e6), ByteRate.ZERO);
    var high =
        new Load(
            cpu * (1 + random.nextDouble() / 2),
            memory,
            mean.network(),
            new ByteRate(random.nextInt(9) * 1e6));
    var refused = new HashMap<HostId, String>();
    if (odd && random.nextInt(5) == 0) {
      refused.put(other(hosts).id(), "its CPU lacks avx2");
    }
    var id = new VmId(1000 + i);
    var target = odd && random.nextInt(20) == 0 ? other(hosts).id() : null;
    return new VmLoad(
        id,
        "vm-" + i,
        host.id(),
        mean,
        high,
        memory.plus(Memory.ofMiB(random.nextInt(512))),
        random.nextBoolean() ? ByteRate.ofMiB(random.nextInt(odd ? 300 : 40)) : null,
        random.nextBoolean() ? Memory.ofMiB(random.nextInt(600)) : null,
        odd && random.nextInt(10) == 0 ? List.of("It has a local disk.") : List.of(),
        Map.copyOf(refused),
        odd && random.nextInt(10) == 0 ? PoolText.NOW.plus(Duration.ofMinutes(5)) : null,
        target == null || target.equals(host.id()) ? null : target,
        odd ? past(id, host, hosts) : List.of());
  }

  private List<PastMove> past(VmId id, HostLoad host, List<HostLoad> hosts) {
    if (random.nextInt(6) != 0) {
      return List.of();
    }
    boolean succeeded = random.nextBoolean();
    var finished = PoolText.NOW.minus(Duration.ofMinutes(1 + random.nextInt(3000)));
    @Nullable Duration total = succeeded ? Duration.ofSeconds(1 + random.nextInt(60)) : null;
    @Nullable Duration downtime = succeeded ? Duration.ofMillis(1 + random.nextInt(900)) : null;
    return List.of(
        new PastMove(
            id,
            host.id(),
            other(hosts).id(),
            finished,
            succeeded,
            total,
            downtime,
            succeeded ? Memory.ofMiB(100 + random.nextInt(4000)) : null));
  }

  private HostLoad other(List<HostLoad> hosts) {
    return hosts.get(random.nextInt(hosts.size()));
  }
}
