package org.dcbalance.strategy;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Read a pool from text, one host or VM a line, so that an operator's complaint becomes a test:
 *
 * <pre>
 * host kvm-01 cores=16 mem=64 [closed=why] [coverage=0.5]
 * vm web-01 on kvm-01 cpu=2 [high=3] mem=4 [alloc=4] [dirty=MiB/s] [set=MiB]
 *    [tied=why] [rests=minutes] [to=kvm-02] [refused=kvm-02] [failed=kvm-02]
 * </pre>
 *
 * Memory is in GiB. Hosts and VMs are numbered as they come.
 */
final class PoolText {
  static final Instant NOW = Instant.parse("2026-03-02T10:00:00Z");

  private PoolText() {}

  static Pool pool(String text) {
    var hosts = new ArrayList<HostLoad>();
    var ids = new HashMap<String, HostId>();
    var vms = new ArrayList<VmLoad>();
    for (var line : text.lines().map(String::strip).filter(l -> !l.isEmpty()).toList()) {
      var words = List.of(line.split("\\s+"));
      var values = values(words);
      switch (words.getFirst()) {
        case "host" -> {
          var host = host(new HostId(hosts.size() + 1), words.get(1), values);
          hosts.add(host);
          ids.put(host.name(), host.id());
        }
        case "vm" -> vms.add(vm(new VmId(vms.size() + 1), words, values, ids));
        default -> throw new IllegalArgumentException(line);
      }
    }
    return new Pool("test", NOW, hosts, vms, 10, List.of());
  }

  private static Map<String, String> values(List<String> words) {
    var values = new HashMap<String, String>();
    for (var word : words) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return values;
  }

  private static HostLoad host(HostId id, String name, Map<String, String> values) {
    return new HostLoad(
        id,
        name,
        (int) number(values, "cores", 16),
        gib(number(values, "mem", 64)),
        new Load(0.2, gib(1), ByteRate.ZERO, ByteRate.ZERO),
        number(values, "coverage", 1),
        values.get("closed"));
  }

  private static VmLoad vm(
      VmId id, List<String> words, Map<String, String> values, Map<String, HostId> ids) {
    double cpu = number(values, "cpu", 1);
    var memory = gib(number(values, "mem", 2));
    var host = requireNonNull(ids.get(words.get(3)));
    var past = new ArrayList<PastMove>();
    if (values.containsKey("failed")) {
      past.add(
          new PastMove(
              id,
              host,
              requireNonNull(ids.get(values.get("failed"))),
              NOW.minus(Duration.ofHours(2)),
              false,
              null,
              null,
              null));
    }
    return new VmLoad(
        id,
        words.get(1),
        host,
        new Load(cpu, memory, ByteRate.ZERO, ByteRate.ZERO),
        new Load(number(values, "high", cpu), memory, ByteRate.ZERO, ByteRate.ZERO),
        gib(number(values, "alloc", number(values, "mem", 2))),
        values.containsKey("dirty") ? ByteRate.ofMiB(number(values, "dirty", 0)) : null,
        values.containsKey("set") ? Memory.ofMiB((long) number(values, "set", 0)) : null,
        values.containsKey("tied") ? List.of(values.get("tied")) : List.of(),
        values.containsKey("refused")
            ? Map.of(requireNonNull(ids.get(values.get("refused"))), "its CPU lacks avx2")
            : Map.of(),
        values.containsKey("rests")
            ? NOW.plus(Duration.ofMinutes((long) number(values, "rests", 0)))
            : null,
        target(values, ids),
        past);
  }

  private static @Nullable HostId target(Map<String, String> values, Map<String, HostId> ids) {
    var to = values.get("to");
    return to == null ? null : ids.get(to);
  }

  private static double number(Map<String, String> values, String key, double otherwise) {
    var value = values.get(key);
    return value == null ? otherwise : Double.parseDouble(value);
  }

  private static Memory gib(double gib) {
    return Memory.ofMiB(Math.round(gib * 1024));
  }

  /** Give the pool as it is once the moves are made. */
  static Pool after(Pool pool, List<ProposedMove> moves) {
    var vms = new ArrayList<VmLoad>();
    for (var vm : pool.vms()) {
      var moved = vm;
      for (var move : moves) {
        moved = move.vm().id().equals(vm.id()) ? on(vm, move.target()) : moved;
      }
      vms.add(moved);
    }
    return new Pool(
        pool.name(), pool.at(), pool.hosts(), vms, pool.roundsOutOfBounds(), pool.history());
  }

  private static VmLoad on(VmLoad vm, HostId host) {
    return new VmLoad(
        vm.id(),
        vm.name(),
        host,
        vm.mean(),
        vm.high(),
        vm.allocated(),
        vm.dirtyRate(),
        vm.workingSet(),
        vm.ties(),
        vm.refused(),
        vm.restsUntil(),
        vm.movingTo(),
        vm.pastMoves());
  }
}
