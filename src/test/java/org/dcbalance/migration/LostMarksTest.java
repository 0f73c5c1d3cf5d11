package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A database was restored from a backup that knows nothing of the moves since. */
class LostMarksTest extends MigrationFaults {
  private static final Undo WAS = new Undo(70, Balloon.FULL, null, 512, true);
  private static final String LOST = "migration-lost-mark";

  @Test
  void putsBackWhatAMoveChangedThatNoRowKnows() {
    var vm = changed("web-07", lab.installation.id());
    restoreAndConfirm();
    lab.console();
    MigrationLab.await("its mark off", () -> mark(vm) == null);
    assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).isEqualTo(70);
    MigrationLab.await(
        "its memory", () -> lab.fleet.host("kvm-01").memory(vm.uuid()).now().equals(Balloon.FULL));
    MigrationLab.await("an event", () -> lost() == 1);
    assertThat(lab.fleetEvents.newest(null, 10))
        .filteredOn(e -> e.kind().equals(LOST))
        .singleElement()
        .satisfies(
            e ->
                assertThat(e.sentence())
                    .isEqualTo(
                        "web-07 carried the mark of a move that this database knows nothing of. Put"
                            + " back on kvm-01: 512 MiB of memory, a CPU cap of 70 %, a CPU weight of 512. Its host"
                            + " started it by itself before that move, and kvm-01 does not. Maybe set its autostart there"
                            + " once no other host has a definition of it."));
  }

  /** What it has now is not what it had before that move. */
  @Test
  void theNextMovePutsItBackFirst() {
    var vm = changed("web-07", lab.installation.id());
    restoreAndConfirm();
    var id = lab.move(vm, "kvm-02");
    lab.console();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.fleet.host("kvm-02").cap(vm.uuid())).isEqualTo(70);
    runsOn(vm, "kvm-02");
  }

  @Test
  void leavesWhatIsNotLost() {
    var past = lab.installation.id();
    var foreign = changed("a-foreign", UUID.randomUUID());
    var busy = changed("b-busy", past);
    lab.fleet.host("kvm-01").set(busy.uuid(), GuestState.RUNNING, Why.NONE, Job.OUTGOING_MIGRATION);
    restoreAndConfirm();
    var present = changed("c-present", lab.installation.id());
    var last = changed("d-last", past);
    lab.console();
    MigrationLab.await("the last one", () -> mark(last) == null);
    for (var vm : new Vm[] {foreign, busy, present}) {
      assertThat(mark(vm)).as(vm.name()).isNotNull();
      assertThat(lab.fleet.host("kvm-01").cap(vm.uuid())).as(vm.name()).isEqualTo(10);
    }
    // its job ends without a console
    lab.fleet.host("kvm-01").set(busy.uuid(), GuestState.RUNNING, Why.NONE, Job.NONE);
    MigrationLab.await("the busy one", () -> mark(busy) == null);
    assertThat(lab.fleet.host("kvm-01").cap(busy.uuid())).isEqualTo(70);
  }

  @Test
  void leavesWhatItsOwnRecordPutBack() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.fleet.host("kvm-01").caps.put(vm.uuid(), 70);
    var first = lab.console();
    var id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    first.kill();
    // the mark could not be taken off, and somebody has capped the guest since
    var mark = lab.jdbc.sql("select mark from migration").query(String.class).single();
    assertThat(mark).contains("was cap=70");
    var host = lab.fleet.host("kvm-02");
    host.forge(vm.uuid(), mark);
    host.caps.put(vm.uuid(), 10);
    var last = changed("web-08", lab.installation.id());
    restoreAndConfirm();
    lab.console();
    MigrationLab.await("the last one", () -> mark(last) == null);
    assertThat(host.cap(vm.uuid())).isEqualTo(10);
    assertThat(host.status(vm.uuid()).orElseThrow().mark()).isEqualTo(mark);
  }

  /** A guest that a move of an installation has changed, and no row is left to say so. */
  private Vm changed(String name, UUID installation) {
    var vm = lab.guest(name, "kvm-01");
    var host = lab.fleet.host("kvm-01");
    host.caps.put(vm.uuid(), 10);
    host.setMemory(vm.uuid(), Memory.ofMiB(300));
    host.forge(vm.uuid(), JobMark.text(installation, 4_711, 3, WAS));
    return vm;
  }

  private void restoreAndConfirm() {
    lab.jdbc.sql("update installation set doubt = 'Restored.', doubted_at = now()").update();
    lab.installation.confirm(ANN);
  }

  private @Nullable String mark(Vm vm) {
    var copy = lab.fleet.host("kvm-01").copies.get(vm.uuid());
    return copy == null ? null : copy.mark();
  }

  private long lost() {
    return lab.fleetEvents.newest(null, 10).stream().filter(e -> e.kind().equals(LOST)).count();
  }
}
