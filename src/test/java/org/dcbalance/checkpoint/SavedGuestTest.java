package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.DiskStorage;
import org.dcbalance.hypervisor.DiskStorage.Place;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.hypervisor.StateStorage.Writing;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.leadership.Leadership;
import org.dcbalance.live.Signals;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.Partly;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What is done for a guest that a capture ended, and whose console died before it was read back.
 */
@ConsoleTest
class SavedGuestTest {
  @Autowired private CheckpointRows rows;
  @Autowired private CaptureRows captures;
  @Autowired private FastCopies fast;
  @Autowired private Vms vms;
  @Autowired private Leadership leadership;
  @Autowired private Signals signals;
  @Autowired private PlatformTransactionManager transactions;
  @Autowired private JdbcClient jdbc;

  private final SavingHost host = new SavingHost();
  private @Nullable Vm vm;
  private long checkpoint;

  /** A host whose captures end their guests. */
  @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // called by their names
  private static final class SavingHost {
    private GuestState state = GuestState.SHUT_OFF;
    private Why why = Why.SAVED;
    private boolean broken;
    private boolean overlay;
    private boolean there = true;
    private boolean pool = true;
    private Map<String, String> on = Map.of();
    private final Set<String> volumes = new HashSet<>();

    Optional<GuestStatus> status(UUID guest) {
      return there
          ? Optional.of(new GuestStatus(state, why, Job.NONE, null, true))
          : Optional.empty();
    }

    StateStorage states() {
      return Partly.of(StateStorage.class, this);
    }

    boolean ends() {
      return true;
    }

    Optional<Writing> writing(UUID guest) {
      return Optional.empty();
    }

    Map<String, String> disks(UUID guest) {
      return on;
    }

    DiskStorage disks() {
      return Partly.of(DiskStorage.class, this);
    }

    Place place(String path) {
      return pool ? new Place("images", Memory.ofGiB(1), overlay) : Place.none();
    }

    void removeOverlay(FrozenDisk disk) {
      overlay = false;
    }

    List<Volume> volumes(String pool, String prefix) {
      return volumes.stream()
          .filter(name -> name.startsWith(prefix))
          .map(name -> new Volume(name, Memory.ofMiB(1)))
          .toList();
    }

    void delete(String pool, String volume) {
      volumes.remove(volume);
    }

    void restore(
        UUID guest, String pool, String memory, Map<String, String> disks, boolean paused) {
      if (broken) {
        throw new HypervisorException(Kind.FAILED, "Xen has no memory for it.", null);
      }
      assertThat(volumes).contains(memory);
      state = paused ? GuestState.PAUSED : GuestState.RUNNING;
      why = Why.NONE;
    }
  }

  @BeforeEach
  void begin() {
    long id =
        Await.until(
                "a VM",
                Duration.ofSeconds(30),
                () ->
                    jdbc.sql("select id from vm where gone_since is null order by id limit 1")
                        .query(Long.class)
                        .list(),
                found -> !found.isEmpty())
            .getFirst();
    vm = vms.findById(id).orElseThrow();
    // of a cluster that no runner sees to
    checkpoint =
        jdbc.sql(
                """
                with lot as (
                  insert into virtual_cluster (pool_id, name, created_by)
                  select h.pool_id, 'saved', 'amy' from vm v join host h on h.id = v.host_id
                  where v.id = :vm returning id),
                taken as (
                  insert into cluster_checkpoint (cluster_id, manner, state, why, requested_by)
                  select id, 'BLOCKING', 'FAILED', '', 'amy' from lot returning id)
                insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why, requested_by,
                  cluster_checkpoint_id, sentence)
                select v.id, h.pool_id, h.id, 'checkpoints', 'saved-', 'TAKING', false, '', 'amy', taken.id,
                  'The console ended while it was being taken.'
                from vm v join host h on h.id = v.host_id, taken where v.id = :vm returning id
                """)
            .param("vm", id)
            .query(Long.class)
            .single();
    host.volumes.add(Checkpoint.memoryVolume(rows.prefix(checkpoint)));
  }

  @AfterEach
  void tidyUp() {
    jdbc.sql("delete from virtual_cluster where name = 'saved'").update();
  }

  private Checkpoint clean() {
    var ledger =
        new Ledger(
            new TransactionTemplate(transactions),
            leadership,
            signals,
            leadership.epoch().orElseThrow());
    new Cleaning(rows, captures, fast, ledger, rows.find(checkpoint).orElseThrow())
        .run(Objects.requireNonNull(vm), Partly.of(Hypervisor.class, host));
    return rows.find(checkpoint).orElseThrow();
  }

  @Test
  void oneThatItsHostCallsSavedIsReadBackAndItsMemoryDeleted() {
    assertThat(clean().state()).isEqualTo(State.FAILED);
    assertThat(host.state).isEqualTo(GuestState.RUNNING);
    assertThat(host.volumes).isEmpty();
  }

  @Test
  void oneThatCannotBeReadBackKeepsItsMemoryUntilItCan() {
    host.broken = true;
    var waits = clean();
    assertThat(waits.state()).isEqualTo(State.TAKING);
    assertThat(waits.sentence()).contains("Left to do: Xen has no memory for it.");
    assertThat(host.volumes).hasSize(1);
    host.broken = false;
    assertThat(clean().state()).isEqualTo(State.FAILED);
    assertThat(host.state).isEqualTo(GuestState.RUNNING);
  }

  @Test
  void oneThatIsShutOffForAnotherReasonIsNotStartedAndItsMemoryKeptUntilItRuns() {
    host.why = Why.NONE;
    var waits = clean();
    assertThat(waits.sentence()).contains("does not say that it was saved");
    assertThat(host.state).isEqualTo(GuestState.SHUT_OFF);
    assertThat(host.volumes).hasSize(1);
    host.state = GuestState.RUNNING;
    assertThat(clean().state()).isEqualTo(State.FAILED);
    assertThat(host.volumes).isEmpty();
  }

  @Test
  void oneThatWasReadBackAndSavedBySomebodyLaterIsLeftToThem() {
    rows.captured(checkpoint, Duration.ofSeconds(1));
    assertThat(clean().state()).isEqualTo(State.FAILED);
    assertThat(host.state).isEqualTo(GuestState.SHUT_OFF);
  }

  @Test
  void oneThatAMovePausedIsNotLetRunAndNotForgotten() {
    host.state = GuestState.PAUSED;
    for (var why : List.of(Why.MIGRATING, Why.POST_COPY, Why.POST_COPY_FAILED)) {
      host.why = why;
      var waits = clean();
      assertThat(host.state).as("it may run where it was moved to").isEqualTo(GuestState.PAUSED);
      assertThat(waits.state()).isEqualTo(State.TAKING);
      assertThat(waits.sentence()).contains("is paused on", "may run where it was moved to");
    }
    host.state = GuestState.RUNNING;
    assertThat(clean().state()).isEqualTo(State.FAILED);
  }

  @Test
  void anOverlayThatMayLieBelowWhatAGuestIsOnIsKept() {
    var disk = new FrozenDisk("vda", "/images/db", "/images/db.overlay");
    rows.planned(checkpoint, "saved-", List.of(disk));
    host.state = GuestState.RUNNING;
    host.why = Why.NONE;
    host.overlay = true;
    host.on = Map.of("vda", "/images/db.snapshot");
    var waits = clean();
    assertThat(waits.state()).isEqualTo(State.TAKING);
    assertThat(waits.sentence()).contains("nor the overlay /images/db.overlay, which is kept");
    assertThat(host.overlay).isTrue();
    host.pool = false;
    assertThat(clean().sentence()).as("nobody tells what is there").contains("a storage pool");
    assertThat(host.overlay).isTrue();
    host.on = Map.of("vda", "/images/db");
    assertThat(clean().state()).isEqualTo(State.FAILED);
    assertThat(host.overlay).isFalse();
  }

  @Test
  void oneWhoseGuestIsOnNoHostAnyMoreComesToAnEnd() {
    rows.planned(
        checkpoint, "saved-", List.of(new FrozenDisk("vda", "/images/db", "/images/db.overlay")));
    host.there = false;
    host.overlay = true;
    assertThat(clean().sentence()).contains("is not on");
    gone("1 hour");
    assertThat(clean().sentence()).as("it may come back").contains("is not on");
    gone("2 days");
    var end = clean();
    assertThat(end.state()).isEqualTo(State.FAILED);
    assertThat(end.sentence())
        .contains("is on no host any more")
        .endsWith("may be in overlays beside its disks that end in .saved-.");
    assertThat(host.volumes).isEmpty();
    assertThat(host.overlay).as("what it wrote last").isTrue();
  }

  private void gone(String since) {
    long id = Objects.requireNonNull(vm).id().value();
    jdbc.sql("update vm set gone_since = now() - cast(:since as interval) where id = :id")
        .param("since", since)
        .param("id", id)
        .update();
    vm = vms.findById(id).orElseThrow();
  }

  @Test
  void oneThatWasNeverSavedIsLeftAsItIs() {
    host.volumes.clear();
    host.why = Why.NONE;
    assertThat(clean().state()).isEqualTo(State.FAILED);
    assertThat(host.state).isEqualTo(GuestState.SHUT_OFF);
  }
}
