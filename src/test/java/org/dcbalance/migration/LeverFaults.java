package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.testing.NamedOptions.options;

import java.util.Map;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Method;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** Moves of guests that are ballooned, capped or stopped for them, with all of it allowed. */
abstract class LeverFaults extends MigrationFaults {
  static final MoveOptions ALL =
      options(
          Map.of(
              "postCopy",
              true,
              "ballooning",
              true,
              "capPercent",
              10,
              "notLive",
              true,
              "connections",
              2));

  long ask(Vm vm, @Nullable Method method) {
    return ask(vm, "kvm-02", method);
  }

  long ask(Vm vm, String target, @Nullable Method method) {
    return lab.moves.request(vm.id(), lab.host(target).id(), method, ANN);
  }

  void hasItsMemoryBack(String host, Vm vm) {
    MigrationLab.await(
        "its memory", () -> lab.fleet.host(host).memory(vm.uuid()).now().equals(Balloon.FULL));
    assertThat(Balloon.FULL).isEqualTo(Memory.ofMiB(512));
  }
}
