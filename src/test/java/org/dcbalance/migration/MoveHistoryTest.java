package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.sql.Types;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Facts;
import org.dcbalance.method.Method;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What earlier moves teach about a route. */
class MoveHistoryTest extends MigrationFaults {
  @Test
  void aMoveWithinALimitTeachesNothingAboutItsRoute() {
    var vm = lab.guest("web-07", "kvm-01");
    moved(vm, 10_000, 100, null, 3);
    double free = route().bandwidth().bytesPerSecond();
    assertThat(free).isGreaterThan(90e6);
    moved(vm, 200_000, 40, 6e6, 6);
    assertThat(route().bandwidth().bytesPerSecond()).isEqualTo(free);
    assertThat(route().constant()).as("its pause does").isEqualTo(Duration.ofMillis(40));
    lab.jdbc.sql("update migration set bandwidth_limit = null").update();
    assertThat(route().bandwidth().bytesPerSecond()).isLessThan(free / 2);
  }

  @Test
  void aLimitThatWasNeverReachedHidesNothing() {
    var vm = lab.guest("web-07", "kvm-01");
    moved(vm, 25_000, 100, 1e9, 3);
    assertThat(route().learnt()).isTrue();
    assertThat(route().bandwidth().bytesPerSecond()).isCloseTo(40e6, within(1e6));
  }

  @Test
  void movesAtTheSameTimeTellLessOfTheirRoute() {
    var vm = lab.guest("web-07", "kvm-01");
    moved(vm, 10_000, 100, null, 3);
    double free = route().bandwidth().bytesPerSecond();
    moved(vm, 20_000, 100, null, 4);
    assertThat(route().bandwidth().bytesPerSecond()).isLessThan(0.9 * free);
    lab.jdbc
        .sql(
            "update migration set finished_at = started_at + interval '90 seconds' where total_millis = 20000")
        .update();
    assertThat(route().bandwidth().bytesPerSecond()).isEqualTo(free);
  }

  /** Xen tells no bytes: what the guest had then was sent, however much it has now. */
  @Test
  void whatAGuestHadThenCountsWhereNoBytesAreTold() {
    var vm = lab.guest("web-07", "kvm-01");
    moved(vm, 10_000, 100, null, 3);
    lab.jdbc.sql("update migration set bytes = null, guest_memory_bytes = 500000000").update();
    assertThat(route().bandwidth().bytesPerSecond()).isCloseTo(50e6, within(1e6));
  }

  @Test
  void whatAGuestHasWhenItsCopyIsOrderedIsRecorded() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(
            lab.jdbc
                .sql("select guest_memory_bytes from migration where id = :id")
                .param("id", id)
                .query(Long.class)
                .single())
        .isEqualTo(512L << 20);
  }

  @Test
  void theLimitOfAMoveIsRecorded() {
    var vm = lab.guest("web-07", "kvm-01");
    lab.jdbc
        .sql("update pool set move_options = :options::jsonb where name = 'lab'")
        .param("options", "{\"bandwidthMiB\": 64}")
        .update();
    lab.console();
    long id = lab.move(vm, "kvm-02");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(
            lab.jdbc
                .sql("select bandwidth_limit from migration where id = :id")
                .param("id", id)
                .query(Double.class)
                .single())
        .isEqualTo(64.0 * (1 << 20));
  }

  @Test
  void aPreCopyThatWasSwitchedToPostCopySaysNothingOfWhatPreCopySends() {
    var vm = lab.guest("web-07", "kvm-01");
    foreseen(vm);
    var history = new MoveHistory(lab.jdbc);
    assertThat(history.forecasts(vm)).hasSize(3);
    lab.jdbc.sql("update migration set switched_at = now()").update();
    assertThat(history.forecasts(vm)).isEmpty();
    lab.jdbc.sql("update migration set method = 'POST_COPY'").update();
    assertThat(history.forecasts(vm)).hasSize(3);
  }

  @Test
  void whereTheModelFoundNoEndNothingIsLearntOfIt() {
    var vm = lab.guest("web-07", "kvm-01");
    foreseen(vm);
    var history = new MoveHistory(lab.jdbc);
    lab.jdbc.sql("update migration set guest_memory_bytes = 2000000000").update();
    assertThat(history.forecasts(vm)).hasSize(3);
    lab.jdbc.sql("update migration set expected_bytes = 9000000000").update();
    assertThat(history.forecasts(vm)).isEmpty();
  }

  /** A window in which all of the working set changed does not tell how often it did. */
  @Test
  void memoryThatChangesAllTheTimeMayChangeManyTimesFaster() {
    var vm = lab.guest("web-07", "kvm-01");
    measured(vm, 1000, 80);
    measured(vm, 10_000, 60);
    assertThat(atMost(vm)).isLessThan(150);
    measured(vm, 10_000, 8);
    assertThat(atMost(vm)).isEqualTo(800);
  }

  private double atMost(Vm vm) {
    var estimate = Objects.requireNonNull(new MoveHistory(lab.jdbc).dirtied(vm));
    return estimate.atMost().bytesPerSecond() / (1 << 20);
  }

  private void measured(Vm vm, int windowMillis, double mib) {
    lab.jdbc
        .sql(
            """
            insert into dirty_measurement (vm_id, at, window_millis, bytes_per_second)
            values (:vm, now(), :window, :rate)
            on conflict (vm_id, window_millis) do update set bytes_per_second = :rate
            """)
        .param("vm", vm.id().value())
        .param("window", windowMillis)
        .param("rate", mib * (1 << 20))
        .update();
  }

  /**
   * Whatever its method: capped ones on Xen may be ballooned, throttled ones on QEMU compressed.
   */
  @Test
  void whatWasBalloonedOrCompressedSaysNothingOfWhatIsSentOtherwise() {
    var vm = lab.guest("web-07", "kvm-01");
    foreseen(vm);
    var history = new MoveHistory(lab.jdbc);
    lab.jdbc.sql("update migration set ballooned = true, method = 'CAPPED'").update();
    assertThat(history.forecasts(vm)).isEmpty();
    lab.jdbc
        .sql("update migration set ballooned = false, compressed = true, method = 'AUTO_CONVERGE'")
        .update();
    assertThat(history.forecasts(vm)).isEmpty();
    lab.jdbc.sql("update migration set compressed = false").update();
    assertThat(history.forecasts(vm)).hasSize(3);
  }

  @Test
  void compressionThatPostCopyHadToEndDidNotDo() {
    var vm = lab.guest("web-07", "kvm-01");
    moved(vm, 10_000, 100, null, 1);
    lab.jdbc.sql("update migration set method = 'XBZRLE'").update();
    var history = new MoveHistory(lab.jdbc);
    assertThat(history.tried(vm)).isEqualTo(new Facts.Tried(Map.of(), true));
    lab.jdbc.sql("update migration set switched_at = now()").update();
    assertThat(history.tried(vm))
        .isEqualTo(new Facts.Tried(Map.of(Method.XBZRLE, ByteRate.ZERO), false));
    // switched to keep a deadline it shows neither
    lab.jdbc.sql("update migration set end_by = now()").update();
    assertThat(history.tried(vm)).isEqualTo(Facts.Tried.NOTHING);
    lab.jdbc
        .sql(
            "update migration set end_by = null, started_at = now() - interval '9 min', finished_at = now(),"
                + " allowed_until = now() + interval '1 min'")
        .update();
    assertThat(history.tried(vm)).as("its time was over").isEqualTo(Facts.Tried.NOTHING);
    lab.jdbc.sql("update migration set allowed_until = now() + interval '1 hour'").update();
    assertThat(history.tried(vm)).as("its time was not").isNotEqualTo(Facts.Tried.NOTHING);
    lab.jdbc
        .sql("update migration set method = 'PRE_COPY', end_by = null, allowed_until = null")
        .update();
    assertThat(history.tried(vm)).as("it ended in time").isEqualTo(Facts.Tried.NOTHING);
  }

  /** Three moves of which something else was expected than came of them. */
  private void foreseen(Vm vm) {
    moved(vm, 10_000, 100, null, 3);
    lab.jdbc
        .sql("update migration set expected_bytes = 4000000000, expected_millis = 40000")
        .update();
  }

  private Facts.Route route() {
    return new MoveHistory(lab.jdbc).route(lab.host("kvm-01"), lab.host("kvm-02"));
  }

  private void moved(Vm vm, int millis, int pause, @Nullable Double limit, int times) {
    lab.jdbc
        .sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, method, why, requested_by,
              created_at, started_at, finished_at, downtime_millis, total_millis, bytes, bandwidth_limit)
            select s.pool_id, :vm, s.id, t.id, 'COMPLETED', 'DONE', 'PRE_COPY', 'Asked for by hand.', 'amy',
              now(), now() + m.ended + (n - 1) * interval '1 second', now() + m.ended + n * interval '1 second',
              :pause, :millis, 1000000000, :limit
            from host s join host t on t.id = :target cross join generate_series(1, :times) n
              cross join (select count(*) * interval '1 second' as ended from migration) m
            where s.id = :source
            """)
        .param("vm", vm.id().value())
        .param("millis", millis)
        .param("pause", pause)
        .param("limit", limit, Types.DOUBLE)
        .param("times", times)
        .param("source", lab.host("kvm-01").id().value())
        .param("target", lab.host("kvm-02").id().value())
        .update();
  }
}
