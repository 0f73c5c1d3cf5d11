package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.dcbalance.units.HostId;
import org.junit.jupiter.api.Test;

class EvacuationTest {
  private static final Limits LIMITS = TestLimits.moves(Integer.MAX_VALUE);

  @Test
  void empties_a_host_onto_those_that_have_most_to_spare() {
    var pool =
        PoolText.pool(
            """
            host a cores=16 mem=64
            host b cores=16 mem=64
            host c cores=16 mem=64
            vm one on a cpu=2 mem=8
            vm two on a cpu=2 mem=8
            vm stuck on a cpu=1 mem=2 tied="It has a local disk"
            vm busy on b cpu=8 mem=16
            """);
    var evacuation = Evacuation.of(pool, LIMITS, Set.of(new HostId(1)));
    assertThat(evacuation.moves())
        .extracting(move -> move.vm().name() + " to " + move.target())
        .containsExactlyInAnyOrder("one to 3", "two to 3");
    assertThat(evacuation.staying())
        .extracting(stay -> stay.vmName() + ": " + ReasonText.of(stay.reason()))
        .containsExactly("stuck: It cannot move. It has a local disk.");
    assertThat(evacuation.after().hosts().getFirst().closed()).isEqualTo("being emptied");
    assertThat(evacuation.effects())
        .as("only the host that takes VMs")
        .singleElement()
        .satisfies(
            effect -> {
              assertThat(effect.hostName()).isEqualTo("c");
              assertThat(effect.cpuAfter() - effect.cpuBefore()).isCloseTo(4.0 / 16, within(1e-9));
              assertThat(effect.memoryAfter() - effect.memoryBefore())
                  .isCloseTo(16.0 / 64, within(1e-9));
            });
  }

  @Test
  void says_of_a_vm_larger_than_any_host_that_there_is_no_room() {
    var pool =
        PoolText.pool(
            """
            host a cores=16 mem=128
            host b cores=16 mem=64
            vm giant on a cpu=2 mem=100
            """);
    var evacuation = Evacuation.of(pool, LIMITS, Set.of(new HostId(1)));
    assertThat(evacuation.moves()).isEmpty();
    assertThat(evacuation.staying())
        .extracting(PassedOver::reason)
        .containsExactly(new Reason.NoRoom(pool.vms().getFirst().allocated()));
  }

  @Test
  void sends_a_vm_where_its_last_move_did_not_fail_and_nothing_refused_it() {
    var pool =
        PoolText.pool(
            """
            host a cores=16 mem=64
            host b cores=16 mem=64
            host c cores=16 mem=64
            host d cores=16 mem=64
            vm one on a cpu=2 mem=8
            vm busy on c cpu=4 mem=16
            vm busier on d cpu=8 mem=16
            """);
    assertThat(goal(pool, Set.of())).isEqualTo("b");
    assertThat(goal(failed(pool, 2, Duration.ofHours(25)), Set.of())).isEqualTo("b");
    var failed = failed(pool, 2, Duration.ofHours(1));
    assertThat(goal(failed, Set.of())).isEqualTo("c");
    assertThat(goal(failed, Set.of(new HostId(3)))).isEqualTo("d");
    assertThat(goal(failed, Set.of(new HostId(3), new HostId(4))))
        .as("there is no other host")
        .isEqualTo("b");
  }

  @Test
  void tries_a_host_again_that_failed_where_the_others_have_no_room() {
    var pool =
        PoolText.pool(
            """
            host a cores=16 mem=64
            host b cores=16 mem=64
            host c cores=16 mem=64
            vm one on a cpu=2 mem=8
            vm two on a cpu=2 mem=8
            vm full on c cpu=1 mem=48
            """);
    var evacuation =
        Evacuation.of(
            failed(pool, 2, Duration.ofHours(1)),
            LIMITS,
            Set.of(new HostId(1)),
            Map.of(vm(pool, "two").id(), Set.of(new HostId(2))));
    assertThat(evacuation.staying()).isEmpty();
    assertThat(evacuation.moves())
        .as("c has room for one of them")
        .extracting(Evacuation.Move::target)
        .containsExactlyInAnyOrder(new HostId(2), new HostId(3));
  }

  private static VmLoad vm(Pool pool, String name) {
    return pool.vms().stream().filter(vm -> vm.name().equals(name)).findFirst().orElseThrow();
  }

  /** Let the last move of the VM "one" to a host have failed so long ago. */
  private static Pool failed(Pool pool, long host, Duration ago) {
    var vm = vm(pool, "one");
    return PoolText.after(
        pool,
        new PastMove(
            vm.id(), vm.host(), new HostId(host), pool.at().minus(ago), false, null, null, null));
  }

  /** Say where the VM "one" goes. */
  private static String goal(Pool pool, Set<HostId> doubtful) {
    var vm = vm(pool, "one");
    var target =
        Evacuation.of(pool, LIMITS, Set.of(vm.host()), Map.of(vm.id(), doubtful))
            .moves()
            .getFirst()
            .target();
    return pool.hosts().stream()
        .filter(host -> host.id().equals(target))
        .findFirst()
        .orElseThrow()
        .name();
  }

  @Test
  void keeps_promises_of_memory_and_hard_rules_on_any_pool() {
    int moves = 0;
    for (long seed = 0; seed < 1000; seed++) {
      var pool = RandomPools.small(seed);
      var emptied = Set.of(pool.hosts().getFirst().id());
      var evacuation = Evacuation.of(pool, LIMITS, emptied);
      var room = new HashMap<HostId, Double>();
      for (var host : pool.hosts()) {
        double used = host.own().memory().bytes();
        for (var vm : pool.vms()) {
          boolean there = vm.host().equals(host.id()) || host.id().equals(vm.movingTo());
          used += there ? vm.allocated().bytes() : 0;
        }
        room.put(host.id(), host.memory().bytes() * 0.9 - used);
      }
      var seen = new HashSet<>();
      for (var move : evacuation.moves()) {
        var where = "seed %d, %s".formatted(seed, move.vm().name());
        assertThat(seen.add(move.vm().id())).as(where).isTrue();
        assertThat(emptied).as(where).contains(move.vm().host()).doesNotContain(move.target());
        assertThat(move.vm().ties()).as(where).isEmpty();
        assertThat(move.vm().movingTo()).as(where).isNull();
        assertThat(move.vm().refused()).as(where).doesNotContainKey(move.target());
        var target =
            pool.hosts().stream()
                .filter(h -> h.id().equals(move.target()))
                .findFirst()
                .orElseThrow();
        assertThat(target.closed()).as(where).isNull();
        double left = room.merge(move.target(), -1.0 * move.vm().allocated().bytes(), Double::sum);
        assertThat(left).as(where).isGreaterThan(-1);
        moves++;
      }
      int leaving = (int) pool.vms().stream().filter(v -> emptied.contains(v.host())).count();
      assertThat(evacuation.moves().size() + evacuation.staying().size()).isEqualTo(leaving);
    }
    assertThat(moves).isGreaterThan(2000);
  }

  @Test
  void the_gains_add_up_to_the_change_of_the_imbalance() {
    for (long seed = 0; seed < 300; seed++) {
      var pool = RandomPools.small(seed);
      var emptied = pool.hosts().getFirst().id();
      var evacuation = Evacuation.of(pool, LIMITS, Set.of(emptied));
      var closed =
          new Pool(
              pool.name(),
              pool.at(),
              pool.hosts().stream()
                  .map(host -> host.id().equals(emptied) ? host.closedFor("test") : host)
                  .toList(),
              pool.vms(),
              5,
              pool.history());
      double before = Imbalance.of(closed, LIMITS).value();
      double after = Imbalance.of(evacuation.after(), LIMITS).value();
      double gains = evacuation.moves().stream().mapToDouble(Evacuation.Move::gain).sum();
      assertThat(gains).as("seed %d", seed).isCloseTo(before - after, within(1e-6));
    }
  }

  @Test
  void the_order_of_hosts_and_vms_changes_nothing() {
    for (long seed = 0; seed < 100; seed++) {
      var pool = RandomPools.small(seed);
      var hosts = new ArrayList<>(pool.hosts());
      var vms = new ArrayList<>(pool.vms());
      var emptied = Set.of(hosts.getFirst().id());
      Collections.shuffle(hosts, new Random(seed));
      Collections.shuffle(vms, new Random(seed));
      var shuffled = new Pool(pool.name(), pool.at(), hosts, vms, 5, pool.history());
      assertThat(Evacuation.of(shuffled, LIMITS, emptied).moves())
          .isEqualTo(Evacuation.of(pool, LIMITS, emptied).moves());
    }
  }
}
