package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.HostId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Asks hosts that cannot take checkpoints, as simulated ones, where a VM is. */
@ConsoleTest
class WhereaboutsTest {
  @Autowired private Connections connections;
  @Autowired private Hosts hosts;
  @Autowired private Vms vms;

  private Vm vm;
  private Host on;

  @BeforeEach
  void find() {
    vm =
        Await.until(
                "a VM that runs",
                Duration.ofSeconds(30),
                () ->
                    vms.findByGoneSinceIsNullOrderByNameAscIdAsc().stream()
                        .filter(v -> v.running() && v.movingTo() == null)
                        .findFirst(),
                found -> found.isPresent())
            .orElseThrow();
    on = hosts.findById(vm.hostId().value()).orElseThrow();
    assertThat(on.can(Capability.CHECKPOINT)).isFalse();
  }

  private Whereabouts around(Function<Host, Hypervisor> ask, Set<HostId> off) {
    var other =
        hosts.findByPoolIdOrderByName(on.poolId().value()).stream()
            .filter(h -> !h.id().equals(on.id()))
            .findFirst()
            .orElseThrow();
    return Whereabouts.around(ask, hosts, () -> off, vm, other);
  }

  private Hypervisor allButItsOwn(Host host) {
    if (host.id().equals(on.id())) {
      throw new HypervisorException(Kind.UNREACHABLE, "No route to host.", null);
    }
    return connections.to(host);
  }

  @Test
  void aVmIsFoundOnAHostThatCannotTakeCheckpoints() {
    assertThat(around(connections::to, Set.of()).of(vm).running())
        .extracting(Host::name)
        .containsExactly(on.name());
  }

  @Test
  void suchAHostMayRunItAsLongAsItDoesNotAnswer() {
    var whereabouts = around(this::allButItsOwn, Set.of());
    assertThatThrownBy(() -> whereabouts.of(vm))
        .hasMessageStartingWith(
            "%s does not answer, and %s may run there".formatted(on.name(), vm.name()));
    assertThat(around(this::allButItsOwn, Set.of(on.id())).of(vm).running())
        .as("an administrator says that it is off")
        .isEmpty();
  }

  @Test
  void aHostThatIsHeardOfMeanwhileMayRunItAgain() {
    var off = new HashSet<>(Set.of(on.id()));
    var whereabouts = around(this::allButItsOwn, off);
    assertThat(whereabouts.of(vm).running()).isEmpty();
    off.clear();
    assertThatThrownBy(() -> whereabouts.of(vm)).hasMessageContaining("may run there");
  }
}
