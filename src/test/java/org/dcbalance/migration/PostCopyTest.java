package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Method;
import org.dcbalance.migration.FaultyFleet.Point;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;

/** Moves that are switched to post-copy, from where on nobody aborts them. */
class PostCopyTest extends MigrationFaults {
  private static final MoveOptions POST_COPY =
      new MoveOptions(
          true, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null);

  @Test
  void isNotAbortedOnceItIsSwitchedAndSaysWhy() throws InterruptedException {
    var vm = guest();
    var stop = lab.fleet.stopAt(Point.POST_COPY);
    lab.console();
    long id = lab.moves.request(vm.id(), lab.host("kvm-02").id(), Method.POST_COPY, ANN);
    stop.awaitReached();
    assertThat(lab.rows.find(id).orElseThrow().switchedAt()).isNotNull();
    assertThatThrownBy(() -> lab.aborts.request(id, ANN))
        .hasMessage("Migration " + id + " cannot be aborted. " + Aborts.IN_POST_COPY)
        .isInstanceOfSatisfying(
            Problem.class, p -> assertThat(p.code()).isEqualTo(ErrorCode.REFUSED));
    stop.release();
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(end.abortRequestedBy()).isNull();
    runsOn(vm, "kvm-02");
  }

  /** QEMU 7.2 agrees to post-copy of such memory, and loses its guest as it switches. */
  @Test
  void isNoWayForAGuestWhoseMemoryIsAFile() {
    var vm = guest();
    lab.fleet.host("kvm-01").balloon(vm.uuid()).isOfFile();
    lab.console();
    assertThatThrownBy(
            () -> lab.moves.request(vm.id(), lab.host("kvm-02").id(), Method.POST_COPY, ANN))
        .hasMessage(
            "Post-copy: its memory is a file of its host, which pages cannot be fetched into.");
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).as("by another method").isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.row(id).switchedAt()).isNull();
  }

  @Test
  void aWishToAbortThatCameFirstKeepsItFromBeingSwitched() throws InterruptedException {
    var vm = guest();
    var stop = lab.fleet.stopAt(Point.COPYING);
    lab.console();
    long id = lab.move(vm, "kvm-02");
    stop.awaitReached();
    lab.aborts.request(id, ANN);
    assertThatThrownBy(() -> lab.row(id).switchToPostCopy(Instant.now()))
        .hasMessage("Migration " + id + " cannot be switched to post-copy: ann asked to abort it.");
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
  }

  @Test
  void mayBeAbortedWhereItsHostDidNotSwitchIt() {
    var vm = guest();
    lab.fleet.host("kvm-01").unswitchable = true;
    lab.console();
    long id = lab.moves.request(vm.id(), lab.host("kvm-02").id(), Method.POST_COPY, ANN);
    MigrationLab.await(
        "a refused switch",
        () ->
            lab.lines.of(id).stream()
                .anyMatch(l -> l.sentence().equals("That failed: Postcopy is not supported.")));
    assertThat(lab.row(id).switchedAt()).isNull();
    lab.aborts.request(id, ANN);
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    runsOn(vm, "kvm-01");
  }

  @Test
  void isNotAbortedWhereItsHostSwitchedItAndDidNotSaySo() throws InterruptedException {
    var vm = guest();
    lab.fleet.host("kvm-01").switchesUnsaid = true;
    var stop = lab.fleet.stopAt(Point.POST_COPY);
    lab.console();
    long id = lab.moves.request(vm.id(), lab.host("kvm-02").id(), Method.POST_COPY, ANN);
    stop.awaitReached();
    MigrationLab.await(
        "a look at its host",
        () ->
            lab.lines.of(id).stream()
                .anyMatch(l -> l.sentence().startsWith("It is in post-copy, although")));
    assertThat(lab.row(id).switchedAt()).isNotNull();
    assertThatThrownBy(() -> lab.aborts.request(id, ANN)).hasMessageContaining("cannot be aborted");
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    runsOn(vm, "kvm-02");
  }

  /** A console that dies between the two leaves it written that it is switched, which it is not. */
  @Test
  void mayBeAbortedWhereTheSwitchWasWrittenAndNeverOrdered() {
    var vm = guest();
    var first = lab.console();
    long id = lab.move(vm, "kvm-02");
    MigrationLab.await("a job", () -> lab.fleet.migrations.get() == 1);
    first.kill();
    lab.jdbc
        .sql("update migration set switched_at = now(), version = version + 1 where id = :id")
        .param("id", id)
        .update();
    lab.console();
    MigrationLab.await("a look at its host", () -> lab.row(id).switchedAt() == null);
    lab.aborts.request(id, ANN);
    assertThat(ended(id).state()).isEqualTo(MigrationState.ABORTED);
    runsOn(vm, "kvm-01");
  }

  @Test
  void peopleAreToldOnceOfOneThatStandsStillUntilItGoesOn() throws InterruptedException {
    var vm = guest();
    var stop = lab.fleet.stopAt(Point.POST_COPY);
    lab.console(Duration.ofMinutes(1), Duration.ofMillis(600));
    long id = lab.moves.request(vm.id(), lab.host("kvm-02").id(), Method.POST_COPY, ANN);
    stop.awaitReached();
    lab.fleet.linkCarries = false;
    MigrationLab.await(
        "a standstill",
        () -> lab.row(id).sentence().startsWith("Nothing of web-07 has arrived on kvm-02 for "));
    assertThat(lab.row(id).sentence())
        .contains("MiB of it are still on kvm-01 alone")
        .contains("Maybe look at the network between the two");
    assertThat(toldOf(vm)).isEqualTo(1);
    lab.fleet.linkCarries = true;
    MigrationLab.await(
        "its going on", () -> lab.row(id).sentence().equals("It goes on: memory arrives again."));
    stop.release();
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(toldOf(vm)).isEqualTo(1);
    runsOn(vm, "kvm-02");
  }

  private long toldOf(Vm vm) {
    return lab.jdbc
        .sql("select count(*) from fleet_event where kind = 'migration-stuck' and vm_id = :vm")
        .param("vm", vm.id().value())
        .query(Long.class)
        .single();
  }

  /** A guest whose copy takes longer than the test, and is beyond its first pass. */
  private Vm guest() {
    lab.fleet.copyTime = Duration.ofSeconds(30);
    lab.fleet.host("kvm-01").slowedDown = 1;
    var vm = lab.guest("web-07", "kvm-01");
    vm.moveBy(POST_COPY);
    return lab.vms.save(vm);
  }
}
