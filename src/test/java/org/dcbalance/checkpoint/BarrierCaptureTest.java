package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.checkpoint.LiveBarrier.Pacing;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.live.Signals;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Captures by a barrier in a real database, of guests of a host that outlives its console. */
@ConsoleTest
class BarrierCaptureTest {
  private static final Pacing QUICK =
      new Pacing(Duration.ofMillis(2), Duration.ofMillis(300), Duration.ofSeconds(5));

  /** How many changes a capture of three guests makes, with one more. */
  private static final int CHANGES = 35;

  @Autowired private CheckpointRows rows;
  @Autowired private CaptureRows captures;
  @Autowired private FastCopies fast;
  @Autowired private Vms vms;
  @Autowired private Leadership leadership;
  @Autowired private Signals signals;
  @Autowired private PlatformTransactionManager transactions;
  @Autowired private JdbcClient jdbc;

  private final CapturingHost host = new CapturingHost();
  private final List<ClusterCapture.Member> members = new ArrayList<>();
  private long taken;

  private Ledger ledger(TransactionTemplate transaction) {
    return new Ledger(transaction, leadership, signals, leadership.epoch().orElseThrow());
  }

  @BeforeEach
  void plan() {
    var three =
        Await.until(
            "three VMs",
            Duration.ofSeconds(30),
            () ->
                jdbc.sql("select id from vm where gone_since is null order by id limit 3")
                    .query(Long.class)
                    .list(),
            found -> found.size() == 3);
    // one that no runner sees to
    taken =
        jdbc.sql(
                """
                with shop as (
                  insert into virtual_cluster (pool_id, name, created_by)
                  select h.pool_id, 'captured shop', 'amy' from vm v join host h on h.id = v.host_id
                  where v.id = :vm returning id)
                insert into cluster_checkpoint (cluster_id, manner, state, why, requested_by)
                select id, 'BARRIER', 'FAILED', '', 'amy' from shop returning id
                """)
            .param("vm", three.getFirst())
            .query(Long.class)
            .single();
    var console = ledger(new Killable(transactions, host::change));
    for (var id : three) {
      var vm = vms.findById(id).orElseThrow();
      host.add(vm.uuid(), vm.name());
      var checkpoint = rows.find(checkpoint(id)).orElseThrow();
      var taking = new Taking(rows, console, checkpoint, vm, host.port());
      taking.plan();
      members.add(new ClusterCapture.Member(checkpoint, vm, host.port(), taking));
    }
  }

  private long checkpoint(long vm) {
    return jdbc.sql(
            """
            insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why, requested_by,
              cluster_checkpoint_id)
            select v.id, h.pool_id, h.id, 'checkpoints', 'barrier-' || v.id, 'TAKING', true, '', 'amy', :taken
            from vm v join host h on h.id = v.host_id where v.id = :vm returning id
            """)
        .param("vm", vm)
        .param("taken", taken)
        .query(Long.class)
        .single();
  }

  @AfterEach
  void tidyUp() {
    jdbc.sql("delete from migration where why = 'Moved before it is captured.'").update();
    jdbc.sql("delete from virtual_cluster where name = 'captured shop'").update();
  }

  private ClusterCapture.Stood capture() {
    var console = ledger(new Killable(transactions, host::change));
    return new BarrierCapture(captures, console, taken, QUICK, step -> host.change(() -> {}))
        .capture(members);
  }

  /** Do what the next console does, as long as something is left to do. */
  private void clean(ClusterCapture.Member member) {
    var console = ledger(new TransactionTemplate(transactions));
    Await.until(
        member.vm().name() + " to be put right",
        Duration.ofSeconds(10),
        Duration.ofMillis(10),
        () -> {
          var now = rows.find(member.checkpoint().id()).orElseThrow();
          new Cleaning(rows, captures, fast, console, now).run(member.vm(), host.port());
          return rows.find(now.id()).orElseThrow();
        },
        checkpoint -> checkpoint.state() == State.FAILED);
  }

  private void isAsBefore(Vm vm) {
    var guest = host.guests.get(vm.uuid());
    assertThat(guest.machine.runs()).as(vm.name() + " runs").isTrue();
    assertThat(guest.machine.isBeingCaptured()).isFalse();
    assertThat(guest.limits).isEqualTo(CapturingHost.USUAL);
    assertThat(guest.image).isEqualTo("/images/" + vm.name());
  }

  @Test
  void allAreCapturedAndTheirLimitsPutBack() {
    var stood = capture();
    assertThat(stood.pauses())
        .containsOnlyKeys(members.stream().map(m -> m.checkpoint().id()).toList());
    assertThat(stood.sentence()).startsWith("3 machines at one point; they stood still together");
    for (var member : members) {
      var guest = host.guests.get(member.vm().uuid());
      assertThat(guest.machine.runs()).isTrue();
      assertThat(guest.limits).isEqualTo(CapturingHost.USUAL);
      assertThat(guest.image).startsWith("/images/" + member.vm().name() + ".barrier-");
      assertThat(captures.limits(member.checkpoint().id())).isEmpty();
      assertThat(captures.held(member.checkpoint().id())).isFalse();
    }
    assertThat(host.volumes).hasSize(3);
  }

  @Test
  void noneIsCapturedWhileALimitIsStillToBePutBack() {
    var moved = members.getLast();
    var raised = new Limits(Duration.ofMillis(1500), CapturingHost.USUAL.bandwidth());
    host.guests.get(moved.vm().uuid()).limits = raised;
    leftBehind(moved, "pause=300");
    assertThatThrownBy(this::capture)
        .hasMessage(
            "An earlier move has left something on %s that is still to be put back."
                .formatted(moved.vm().name()));
    assertThat(host.guests.get(moved.vm().uuid()).limits).isEqualTo(raised);
    assertThat(host.volumes).isEmpty();
    for (var member : members) {
      assertThat(captures.limits(member.checkpoint().id())).isEmpty();
      assertThat(captures.held(member.checkpoint().id())).isFalse();
    }
  }

  /** It may wait for a host that is away for long, and no capture has to do with it. */
  @Test
  void allAreCapturedWhileAnAutostartIsStillToBePutBack() {
    leftBehind(members.getLast(), "autostart=1");
    assertThat(capture().pauses()).hasSize(3);
  }

  /** Have a move of a member leave something that is still to be put back. */
  private void leftBehind(ClusterCapture.Member moved, String undo) {
    jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, finished_at, undo)
            select h.pool_id, v.id, h.id, h.id, 'ABORTED', 'DONE', 'Moved before it is captured.', 'amy',
              now(), now(), now(), :undo
            from vm v join host h on h.id = v.host_id where v.id = :vm
            """)
        .param("vm", moved.vm().id().value())
        .param("undo", undo)
        .update();
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 9, 14, 18, 22, 26, 29, 32})
  void aConsoleThatIsKilledOnTheWayLeavesThemRunningAndNothingBehind(int changes) {
    killedAfter(changes);
  }

  static IntStream changes() {
    return IntStream.rangeClosed(1, CHANGES);
  }

  @ParameterizedTest
  @Tag("campaign")
  @MethodSource("changes")
  void norDoesOneThatIsKilledAfterAnyOtherChange(int changes) {
    killedAfter(changes);
  }

  private void killedAfter(int changes) {
    host.killAfter(changes);
    boolean captured = false;
    try {
      capture();
      captured = true;
    } catch (HypervisorException e) {
      assertThat(e).hasMessage("The console is dead.");
    }
    assertThat(host.revive()).as("killed, or else all are captured").isNotEqualTo(captured);
    for (var member : members) {
      clean(member);
      isAsBefore(member.vm());
    }
    assertThat(host.volumes).isEmpty();
    assertThat(host.overlays).isEmpty();
  }
}
