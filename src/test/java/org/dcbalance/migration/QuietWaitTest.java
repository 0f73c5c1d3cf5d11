package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.testing.NamedOptions.options;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dcbalance.inventory.MoveOptions;
import org.dcbalance.inventory.Vm;
import org.dcbalance.method.Method;
import org.junit.jupiter.api.Test;

/** A guest that writes faster than it can be moved: refused, or moved at a quieter moment. */
class QuietWaitTest extends MigrationFaults {
  @Test
  void aWriterThatOutrunsTheLinkIsNotStartedAndSaysWhy() {
    fastWriter();
    var end = ended(lab.move(lab.vm("web-07"), "kvm-03"));
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence())
        .startsWith("web-07 was not moved, since no method that is allowed does it.")
        .contains("would not end, since it changes memory too fast");
    assertThat(lab.fleet.migrations).hasValue(1);
  }

  @Test
  void isNotRefusedByWhatWasMeasuredLongAgo() {
    fastWriter();
    lab.jdbc.sql("update dirty_measurement set at = now() - interval '5 minutes'").update();
    lab.fleet.host("kvm-02").dirtyRates.addAll(List.of(4e10, 0.0));
    var still = ended(lab.move(lab.vm("web-07"), "kvm-03"));
    assertThat(still.sentence()).contains("would not end, since it changes memory too fast");
    assertThat(lab.fleet.migrations).hasValue(1);
    lab.jdbc.sql("update recommendation set state = 'SETTLED'").update();
    var calmer = ended(lab.move(lab.vm("web-07"), "kvm-03"));
    assertThat(calmer.state()).as(calmer.sentence()).isEqualTo(MigrationState.COMPLETED);
  }

  @Test
  void aWriterWithQuieterMomentsWaitsForOneOfThem() {
    var vm = fastWriter();
    wasQuiet(vm, 3);
    lab.fleet.host("kvm-02").dirtyRates.addAll(List.of(4e10, 4e10, 0.0));
    long id = lab.move(lab.vm("web-07"), "kvm-03");
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    var row = lab.rows.find(id).orElseThrow();
    assertThat(row.method()).isEqualTo(Method.PRE_COPY);
    assertThat(row.waitedMillis()).isGreaterThan(2_000);
    var whole =
        Duration.between(
            Objects.requireNonNull(row.startedAt()), Objects.requireNonNull(row.finishedAt()));
    assertThat(
            Objects.requireNonNull(row.preparedMillis())
                + Objects.requireNonNull(row.waitedMillis()))
        .as("what it waited is no part of what it was prepared")
        .isLessThanOrEqualTo(whole.toMillis());
    assertThat(lab.lines.of(id))
        .extracting(line -> line.sentence())
        .anyMatch(said -> said.contains("as it had in 30 % of the last hour's measurements"))
        .anyMatch(said -> said.startsWith("It changes 0.0 MiB/s now, after"));
  }

  /** Xen tells no dirty rates: there it waits until the VM uses little CPU. */
  @Test
  void aBusyGuestOnXenWaitsUntilItUsesLittleCpu() {
    var vm = fastWriter();
    lab.jdbc.sql("delete from dirty_measurement").update();
    wasQuiet(vm, 3);
    lab.jdbc
        .sql(
            "update vm_sample set cpu_cores = case when dirty_rate = 0 then 0.1 else 500 end, dirty_rate = null where vm_id = :vm")
        .param("vm", vm.id().value())
        .update();
    lab.jdbc
        .sql(
            """
            update host set hypervisor = 'Xen', missing =
              '{"DIRTY_RATE": "no call", "MAX_DOWNTIME": "no call", "AUTO_CONVERGE": "no call", "COMPRESSION": "no call"}'
            """)
        .update();
    allow(lab.vm("web-07"), options(Map.of("downtimeMillis", 10)));
    long id = lab.move(lab.vm("web-07"), "kvm-03");
    MigrationLab.await("a wait", () -> lab.row(id).sentence().startsWith("It is too busy"));
    // it keeps a CPU busy until then
    FaultyFleet.sleep(1_500);
    assertThat(lab.fleet.migrations).hasValue(1);
    lab.fleet.host("kvm-02").standStill = true;
    assertThat(ended(id).state()).isEqualTo(MigrationState.COMPLETED);
    assertThat(lab.rows.find(id).orElseThrow().method()).isEqualTo(Method.PRE_COPY);
    assertThat(lab.lines.of(id))
        .extracting(line -> line.sentence())
        .anyMatch(said -> said.contains("at 0.10 CPUs or less, as it had in 30 %"))
        .anyMatch(said -> said.contains(" CPUs now, after "));
  }

  @Test
  void aQuieterMomentThatDoesNotComeIsNotWaitedForForEver() {
    var vm = fastWriter();
    wasQuiet(vm, 3);
    lab.fleet.host("kvm-02").dirtyRates.add(4e10);
    allow(lab.vm("web-07"), options(Map.of("quietWaitSeconds", 2)));
    long id = lab.move(lab.vm("web-07"), "kvm-03");
    var end = ended(id);
    assertThat(end.state()).isEqualTo(MigrationState.REFUSED);
    assertThat(end.sentence()).contains("would not end, since it changes memory too fast");
    assertThat(lab.lines.of(id))
        .extracting(line -> line.sentence())
        .anyMatch(said -> said.startsWith("No quieter moment came in"));
  }

  @Test
  void waitsNoLongerOnceItsHostIsToBeEmptied() {
    var vm = fastWriter();
    wasQuiet(vm, 3);
    lab.fleet.host("kvm-02").dirtyRates.add(4e10);
    allow(lab.vm("web-07"), options(Map.of("quietWaitSeconds", 600)));
    long id = lab.move(lab.vm("web-07"), "kvm-03");
    MigrationLab.await(
        "a wait", () -> lab.row(id).sentence().startsWith("It changes too much memory"));
    lab.jdbc.sql("update host set maintenance = true where name = 'kvm-02'").update();
    assertThat(ended(id).state()).isEqualTo(MigrationState.REFUSED);
    assertThat(lab.lines.of(id))
        .extracting(line -> line.sentence())
        .anyMatch(said -> said.startsWith("No quieter moment is waited for any longer"));
  }

  /** A guest on kvm-02 that was moved by some hundred MiB/s, and writes thousands. */
  private Vm fastWriter() {
    var vm = guest(MoveOptions.NONE);
    lab.console();
    assertThat(ended(lab.move(vm, "kvm-02")).state()).isEqualTo(MigrationState.COMPLETED);
    lab.jdbc
        .sql(
            """
            update migration set recommendation_id = null, target_id = (select id from host where name = 'kvm-03'),
              source_id = (select id from host where name = 'kvm-02')
            """)
        .update();
    lab.jdbc
        .sql(
            """
            insert into dirty_measurement values (:vm, now(), 1000, 4e10), (:vm, now(), 10000, 3.9e10)
            """)
        .param("vm", vm.id().value())
        .update();
    lab.jdbc.sql("update recommendation set state = 'SETTLED'").update();
    return vm;
  }

  /** So many of ten measurements of the last minutes found it quiet. */
  private void wasQuiet(Vm vm, int quiet) {
    // midnight may come
    for (int day = -1; day <= 1; day++) {
      lab.jdbc
          .sql("select make_sample_partition('vm_sample', current_date + :day)")
          .param("day", day)
          .query()
          .listOfRows();
    }
    for (int i = 0; i < 10; i++) {
      lab.jdbc
          .sql(
              """
              insert into vm_sample
              values (now() - make_interval(secs => :age), :vm, :host, 0, 0, 0, 0, 0, 0, 0, :rate)
              """)
          .param("age", 10 * i)
          .param("vm", vm.id().value())
          .param("host", lab.host("kvm-02").id().value())
          .param("rate", i % 3 == 1 && i / 3 < quiet ? 0 : 4e10)
          .update();
    }
  }
}
