package org.dcbalance.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.checkpoint.CheckpointSchedules.NewSchedule;
import org.dcbalance.checkpoint.CheckpointSchedules.Schedule;
import org.dcbalance.checkpoint.VirtualCluster.Manner;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Schedules in a whole console, of a simulated VM, of which no checkpoint can be taken. */
@ConsoleTest
class CheckpointSchedulesTest {
  private static final Operator AMY = new Operator("amy");

  @Autowired private CheckpointSchedules schedules;
  @Autowired private VirtualClusters clusters;
  @Autowired private CaptureRows captures;
  @Autowired private JdbcClient jdbc;
  private VmId vm = new VmId(0);

  @BeforeEach
  void find() {
    vm = new VmId(AnyVm.id(jdbc));
  }

  @AfterEach
  void tidyUp() {
    jdbc.sql("delete from checkpoint where prefix = 'test'").update();
    jdbc.sql("delete from checkpoint_schedule").update();
  }

  private Schedule shown(long id) {
    return schedules.all().stream().filter(s -> s.id() == id).findFirst().orElseThrow();
  }

  private NewSchedule nightly(@Nullable Integer keep) {
    return new NewSchedule(vm, null, null, "0 30 2 * * *", keep, null, null);
  }

  @Test
  void tellsWhenTheNextIsDue() {
    assertThat(CheckpointSchedules.next("0 30 2 * * *", Instant.parse("2026-03-01T02:30:00Z")))
        .isEqualTo(Instant.parse("2026-03-02T02:30:00Z"));
    assertThat(CheckpointSchedules.next("0 0 0 30 2 *", Instant.parse("2026-03-01T00:00:00Z")))
        .as("the 30th of February never comes")
        .isNull();
  }

  @Test
  void refusesWhatMakesNoScheduleAndKeepsNothingOfIt() {
    for (var cron : List.of("", "soon", "* * * * *", "0 0 25 * * *")) {
      assertThatThrownBy(
              () -> schedules.add(new NewSchedule(vm, null, null, cron, 7, null, null), AMY))
          .isInstanceOf(Problem.class)
          .hasMessageContaining("is not a time that comes again");
    }
    assertThatThrownBy(
            () ->
                schedules.add(new NewSchedule(vm, null, null, "*/5 * * * * *", 7, null, null), AMY))
        .hasMessageContaining("more than once a minute");
    assertThatThrownBy(
            () ->
                schedules.add(new NewSchedule(vm, null, null, "0 0 0 30 2 *", 7, null, null), AMY))
        .hasMessageContaining("never comes");
    assertThatThrownBy(() -> schedules.add(nightly(0), AMY)).hasMessageContaining("1 to 1000");
    assertThatThrownBy(() -> schedules.add(nightly(null), AMY)).hasMessageContaining("1 to 1000");
    assertThatThrownBy(
            () ->
                schedules.add(
                    new NewSchedule(null, null, null, "0 30 2 * * *", 7, null, null), AMY))
        .hasMessageContaining("one virtual machine or for one virtual cluster");
    assertThatThrownBy(
            () ->
                schedules.add(new NewSchedule(null, -1L, null, "0 30 2 * * *", 7, null, null), AMY))
        .hasMessageContaining("There is no virtual cluster -1");
    assertThat(schedules.all()).isEmpty();
  }

  @Test
  void theMembersOfAClusterAreCapturedAsItSays() {
    var two =
        jdbc
            .sql(
                """
                select v.id from vm v join host h on h.id = v.host_id where v.gone_since is null
                  and h.pool_id = (select pool_id from host order by id limit 1) order by v.id limit 2
                """)
            .query(Long.class)
            .list()
            .stream()
            .map(VmId::new)
            .toList();
    long shop = clusters.add("scheduled shop", two, AMY);
    try {
      var usual = new NewSchedule(null, shop, null, "0 30 2 * * *", 7, null, null);
      assertThat(shown(schedules.add(usual, AMY)).manner()).isEqualTo(Manner.BLOCKING);
      var live = new NewSchedule(null, shop, Manner.BARRIER, "0 30 3 * * *", 7, null, null);
      assertThat(shown(schedules.add(live, AMY)).manner()).isEqualTo(Manner.BARRIER);
      assertThat(shown(schedules.add(nightly(7), AMY)).manner()).isNull();
      assertThatThrownBy(
              () ->
                  schedules.add(
                      new NewSchedule(vm, null, Manner.BARRIER, "0 30 2 * * *", 7, null, null),
                      AMY))
          .hasMessageContaining("no barrier for a single virtual machine");
    } finally {
      jdbc.sql("delete from checkpoint_schedule").update();
      clusters.remove(shop, AMY);
    }
  }

  @Test
  void limitsAreKeptUntilTheyArePutBack() {
    long id = checkpoint(null, 1);
    assertThat(captures.limits(id)).isEmpty();
    // what libvirt calls unlimited
    var unlimited = ByteRate.ofMiB(Long.MAX_VALUE / (1 << 20));
    captures.limited(id, new Limits(Duration.ofMillis(300), unlimited));
    assertThat(captures.limits(id)).contains(new Limits(Duration.ofMillis(300), unlimited));
    captures.unlimited(id);
    assertThat(captures.limits(id)).isEmpty();
  }

  @Test
  void saysWhyNothingWasTakenAndTriesAgainTheNextTime() {
    long id = schedules.add(nightly(7), AMY);
    var before = Instant.now();
    jdbc.sql("update checkpoint_schedule set seen_to_at = now() - interval '3 days' where id = :id")
        .param("id", id)
        .update();
    var seen =
        Await.until(
            "the schedule to be seen to",
            Duration.ofSeconds(20),
            () -> shown(id),
            s -> !s.trouble().isEmpty());
    assertThat(seen.trouble()).startsWith("No checkpoints are taken on ");
    assertThat(seen.next()).as("once, although three nights passed").isAfter(before);
    assertThat(
            jdbc.sql("select count(*) from checkpoint where why like 'By its schedule%'")
                .query(Long.class)
                .single())
        .isZero();
    schedules.remove(id, AMY);
    assertThat(schedules.all()).isEmpty();
  }

  @Test
  void keepsTheNewestAndWhatWasTakenByHand() {
    long id = schedules.add(nightly(2), AMY);
    long byHand = checkpoint(null, 900);
    long oldest = checkpoint(id, 4);
    long older = checkpoint(id, 3);
    long newer = checkpoint(id, 2);
    long newest = checkpoint(id, 1);
    Await.until(
        "those that are too many to go",
        Duration.ofSeconds(20),
        () -> List.of(state(oldest), state(older)),
        states -> states.stream().noneMatch("COMPLETE"::equals));
    assertThat(List.of(state(newer), state(newest), state(byHand))).containsOnly("COMPLETE");
  }

  @Test
  void theNewestStaysHoweverOldItIs() {
    long id = schedules.add(new NewSchedule(vm, null, null, "0 30 2 * * *", 7, 30, null), AMY);
    long old = checkpoint(id, 60);
    long newest = checkpoint(id, 45);
    Await.until(
        "the one that is too old to go",
        Duration.ofSeconds(20),
        () -> state(old),
        state -> !state.equals("COMPLETE"));
    assertThat(state(newest)).isEqualTo("COMPLETE");
  }

  @Test
  void thoseThatTakeTooMuchRoomGoOldestFirstButNotTheNewest() {
    long id = schedules.add(new NewSchedule(vm, null, null, "0 30 2 * * *", 7, null, 2), AMY);
    long oldest = checkpoint(id, 3);
    long newer = checkpoint(id, 2);
    long newest = checkpoint(id, 1);
    jdbc.sql("update checkpoint set memory_bytes = 1024 * 1024 * 1024 where schedule_id = :id")
        .param("id", id)
        .update();
    Await.until(
        "the one that has no room to go",
        Duration.ofSeconds(20),
        () -> state(oldest),
        state -> !state.equals("COMPLETE"));
    assertThat(List.of(state(newer), state(newest))).containsOnly("COMPLETE");
    jdbc.sql("insert into checkpoint_disk values (:id, 'vda', '', '', '', 3::bigint << 30, '')")
        .param("id", newest)
        .update();
    Await.until(
        "the newer one to go too",
        Duration.ofSeconds(20),
        () -> state(newer),
        state -> !state.equals("COMPLETE"));
    assertThat(state(newest)).isEqualTo("COMPLETE");
    assertThatThrownBy(
            () -> schedules.add(new NewSchedule(vm, null, null, "0 30 2 * * *", 7, null, 0), AMY))
        .hasMessageContaining("at least 1 GiB");
  }

  private String state(long checkpoint) {
    return jdbc.sql("select state from checkpoint where id = :id")
        .param("id", checkpoint)
        .query(String.class)
        .single();
  }

  private long checkpoint(@Nullable Long schedule, int daysAgo) {
    return jdbc.sql(
            """
            insert into checkpoint (vm_id, pool_id, host_id, storage, prefix, state, live, why, requested_by,
              finished_at, schedule_id)
            select v.id, h.pool_id, h.id, 'checkpoints', 'test', 'COMPLETE', true, '', 'amy',
              now() - :days * interval '1 day', :schedule
            from vm v join host h on h.id = v.host_id where v.id = :vm returning id
            """)
        .param("vm", vm.value())
        .param("days", daysAgo)
        .param("schedule", schedule)
        .query(Long.class)
        .single();
  }
}
