package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcbalance.testing.NamedOptions.options;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.dcbalance.hypervisor.DiskStorage.LocalDisk;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Method;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

/** Guests whose disks lie on one host alone go with them where somebody asks for that. */
class MigrationWithDisksTest extends MigrationFaults {
  private static final String FILE = FaultyDisks.FOLDER + "db-01.qcow2";

  @Test
  void goesWithItsDiskAndSaysWhatIsLeftBehind() {
    var vm = guest();
    lab.console();
    long id = ask(vm, true);
    var end = ended(id);
    assertThat(end.state()).as(end.sentence()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.sentence())
        .contains("What was copied of it stays on kvm-01")
        .contains("vda (" + FILE + ", 300.0 MiB of 2.0 GiB)");
    assertThat(lab.fleet.orders.getFirst().copiedDisks()).containsExactly("vda");
    assertThat(lab.fleet.orders.getFirst().sharedDisks()).isTrue();
    assertThat(files("kvm-01")).contains(FILE);
    assertThat(files("kvm-02")).contains(FILE);
    assertThat(Objects.requireNonNull(end.figures().expectedBytes())).isGreaterThan(300L << 20);
    runsOn(vm, "kvm-02");
  }

  @Test
  void isRefusedWithoutThatWord() {
    var vm = guest();
    assertThatThrownBy(() -> ask(vm, false))
        .hasMessageContaining("not on storage marked as shared");
  }

  @Test
  void leavesNothingOnTheTargetWhenItIsAborted() throws InterruptedException {
    var vm = guest();
    lab.fleet.copyTime = Duration.ofSeconds(30);
    lab.console();
    long id = ask(vm, true);
    MigrationLab.await("a job", () -> files("kvm-02").contains(FILE));
    lab.aborts.request(id, ANN);
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    assertThat(files("kvm-02")).isEmpty();
    assertThat(files("kvm-01")).contains(FILE);
    assertThat(lab.lines.of(id))
        .extracting(line -> line.sentence())
        .contains("No copy of its disks is left on kvm-02.");
    runsOn(vm, "kvm-01");
  }

  @Test
  void anotherConsoleRemovesWhatWasHalfCopied() throws InterruptedException {
    var vm = guest();
    var stop = lab.fleet.stopAt(Point.COPYING);
    var dies = lab.console();
    long id = ask(vm, true);
    stop.awaitReached();
    dies.kill();
    lab.fleet.host("kvm-02").alive = false;
    stop.release();
    MigrationLab.await(
        "the end of its job", () -> !lab.fleet.host("kvm-01").jobs.containsKey(vm.uuid()));
    lab.fleet.host("kvm-02").alive = true;
    assertThat(files("kvm-02")).contains(FILE);
    lab.console();
    assertThat(ended(id).state()).isEqualTo(MigrationState.FAILED);
    assertThat(files("kvm-02")).isEmpty();
  }

  @Test
  void removesLaterWhatCouldNotBeRemovedThenAndBeforeTheNextMove() {
    var vm = guest();
    lab.fleet.copyTime = Duration.ofSeconds(30);
    lab.fleet.host("kvm-02").disks.keeps = true;
    var console = lab.console();
    long id = ask(vm, true);
    MigrationLab.await("a job", () -> files("kvm-02").contains(FILE));
    lab.aborts.request(id, ANN);
    assertThat(ended(id).storage().begun()).isTrue();
    assertThat(files("kvm-02")).contains(FILE);
    console.kill();
    lab.fleet.host("kvm-02").disks.keeps = false;
    lab.fleet.copyTime = Duration.ofMillis(100);
    assertThat(lab.halfCopies.clear(vm.id())).isTrue();
    assertThat(files("kvm-02")).isEmpty();
    assertThat(lab.row(id).storage().begun()).isFalse();
    lab.console();
    assertThat(ended(ask(vm, true)).state()).isEqualTo(MigrationState.COMPLETED);
  }

  /** Somebody may bring it there by other means, and its disks have the same paths then. */
  @Test
  void leavesWhatLiesWhereTheGuestIsByNow() {
    var vm = guest();
    lab.fleet.copyTime = Duration.ofSeconds(30);
    lab.fleet.host("kvm-02").disks.keeps = true;
    var console = lab.console();
    long id = ask(vm, true);
    MigrationLab.await("a job", () -> files("kvm-02").contains(FILE));
    lab.aborts.request(id, ANN);
    assertThat(ended(id).storage().begun()).isTrue();
    console.kill();
    lab.jdbc
        .sql("update vm set host_id = :host where id = :vm")
        .param("host", lab.host("kvm-02").id().value())
        .param("vm", vm.id().value())
        .update();
    lab.fleet.host("kvm-02").disks.keeps = false;
    assertThat(lab.halfCopies.clear(vm.id())).isTrue();
    assertThat(files("kvm-02")).contains(FILE);
    assertThat(lab.row(id).storage().begun()).isFalse();
    assertThat(lab.lines.of(id).getLast().sentence())
        .isEqualTo(
            "It is on kvm-02 by now, so what was copied of its disks there is left. Maybe look whether those are its own: "
                + FILE
                + ".");
  }

  @Test
  void neverWritesOverAFileThatIsThereNorWhereThereIsNoRoom() {
    var vm = guest();
    lab.fleet.host("kvm-02").disks.files.add(FILE);
    assertThatThrownBy(() -> ask(vm, true))
        .hasMessageContaining("kvm-02 has a file " + FILE + " already");
    lab.fleet.host("kvm-02").disks.files.clear();
    lab.fleet.host("kvm-02").disks.available = Memory.ofGiB(1);
    assertThatThrownBy(() -> ask(vm, true))
        .hasMessageContaining(
            "The storage pool images of kvm-02 has 1.0 GiB free, and copies need up to 2.0 GiB.");
    lab.jdbc
        .sql("update host set missing = '{\"DISK_COPY\": \"Xen has no call for it\"}'")
        .update();
    assertThatThrownBy(() -> ask(vm, true))
        .hasMessageContaining("cannot be copied with it, since kvm-01 cannot: Xen has no call");
    assertThat(lab.fleet.migrations).hasValue(0);
  }

  /** What two copies may come to need together does not fit only because neither has grown yet. */
  @Test
  void leavesTheRoomThatAnotherMoveMayComeToNeed() throws InterruptedException {
    lab.fleet.host("kvm-02").disks.available = Memory.ofGiB(3);
    var first = guest();
    var second = guest("db-02", FaultyDisks.FOLDER + "db-02.qcow2");
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    long id = ask(first, true);
    stop.awaitReached();
    assertThatThrownBy(() -> ask(second, true))
        .hasMessageContaining(
            "The storage pool images of kvm-02 has 3.0 GiB free, 2.0 GiB of it promised to other moves, and copies need up to 2.0 GiB.");
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(ended(ask(second, true)).state()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void doesNotWriteOverAFileThatCameWhileItWasPrepared() throws InterruptedException {
    var vm = allow(guest(), options(Map.of("capPercent", 10)));
    var stop = lab.fleet.stopAt(Point.CAP);
    lab.console();
    long id =
        lab.moves.request(
            new MoveByHand(vm.id(), lab.host("kvm-02").id(), Method.CAPPED, false, null, true),
            ANN);
    stop.awaitReached();
    lab.fleet.host("kvm-02").disks.files.add(FILE);
    stop.release();
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.FAILED);
    assertThat(end.sentence())
        .isEqualTo(
            "db-01 still runs on kvm-01: a file %s came to be on kvm-02 meanwhile, and a copy would write over it."
                .formatted(FILE));
    assertThat(lab.fleet.migrations).hasValue(0);
    assertThat(files("kvm-02")).as("it is not ours").containsExactly(FILE);
    assertThat(lab.fleet.host("kvm-01").caps).containsEntry(vm.uuid(), 0);
    runsOn(vm, "kvm-01");
  }

  private Set<String> files(String host) {
    return lab.fleet.host(host).disks.files;
  }

  private long ask(Vm vm, boolean withStorage) {
    return lab.moves.request(
        new MoveByHand(vm.id(), lab.host("kvm-02").id(), null, false, null, withStorage), ANN);
  }

  private Vm guest() {
    return guest("db-01", FILE);
  }

  private Vm guest(String name, String file) {
    var vm =
        lab.guest(
            name,
            "kvm-01",
            """
            [{"target":"vda","source":"%s","format":"qcow2","cache":"none",
              "network":false,"readOnly":false,"medium":false}]
            """
                .formatted(file));
    var disks = lab.fleet.host("kvm-01").disks;
    disks.files.add(file);
    disks.ofGuests.put(
        vm.uuid(), new LocalDisk("vda", file, "qcow2", Memory.ofGiB(2), Memory.ofMiB(300)));
    return vm;
  }
}
