package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Vm;
import org.dcbalance.testing.Await;
import org.dcbalance.units.Operator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/** What tests that break consoles, hosts and jobs share: the lab, on a real database. */
@SpringBootTest(
    classes = MigrationLab.class,
    webEnvironment = SpringBootTest.WebEnvironment.NONE,
    properties = {
      "spring.datasource.hikari.connection-timeout=2000",
      "dcbalance.migration.fresh-within=10m",
      "dcbalance.data-dir=target/migration-lab"
    })
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("migration lab")
abstract class MigrationFaults {
  static final Operator ANN = new Operator("ann");

  @Autowired MigrationLab lab;

  @BeforeEach
  void reset() {
    lab.reset();
  }

  @AfterEach
  void nothingEverRanTwice() {
    assertThat(lab.fleet.violations).isEmpty();
    lab.consoles.forEach(MigrationLab.Console::kill);
  }

  /** A guest on kvm-01 that may be moved like this. */
  Vm guest(MoveOptions options) {
    return allow(lab.guest("web-07", "kvm-01"), options);
  }

  Vm allow(Vm vm, MoveOptions options) {
    vm.moveBy(options);
    return lab.vms.save(vm);
  }

  /** A move whose console was killed at a point, with its host still held there. */
  record Abandoned(Vm vm, long id, FaultyFleet.Stop stop) {
    void release() {
      stop.release();
    }
  }

  /** Have a move from kvm-01 to kvm-02 come to a point, and kill its console there. */
  Abandoned abandonedAt(FaultyFleet.Point point) throws InterruptedException {
    var vm = lab.guest("web-07", "kvm-01");
    var stop = lab.fleet.stopAt(point);
    var console = lab.console();
    var id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    console.kill();
    return new Abandoned(vm, id, stop);
  }

  GuestState stateOn(String host, Vm vm) {
    return Objects.requireNonNull(lab.fleet.host(host).copies.get(vm.uuid())).state();
  }

  Migration ended(long id) {
    MigrationLab.await("an end", () -> lab.row(id).state().ended());
    return lab.row(id);
  }

  /** Wait until it is lost and all this is said of it, which may come a look later. */
  void lost(long id, String... words) {
    Await.until(
        "a lost move, of which is said " + List.of(words),
        Duration.ofSeconds(30),
        Duration.ofMillis(10),
        () -> {
          var row = lab.row(id);
          return row.state() + ": " + row.sentence();
        },
        seen -> seen.startsWith("LOST: ") && Stream.of(words).allMatch(seen::contains));
  }

  void runsOn(Vm vm, String host) {
    for (var each : lab.fleet.hosts.values()) {
      var copy = each.copies.get(vm.uuid());
      if (each.name().equals(host)) {
        assertThat(Objects.requireNonNull(copy).state()).isEqualTo(GuestState.RUNNING);
        assertThat(copy.mark()).isNull();
      } else {
        assertThat(copy).isNull();
      }
    }
    var row = lab.vm(vm.name());
    assertThat(row.hostId()).isEqualTo(lab.host(host).id());
    assertThat(row.movingTo()).isNull();
  }
}
