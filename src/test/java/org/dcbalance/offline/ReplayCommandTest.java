package org.dcbalance.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.dcbalance.replay.Contender;
import org.dcbalance.replay.RememberedDecisions;
import org.dcbalance.replay.Simulation;
import org.dcbalance.replay.Tally;
import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.DynamicLoadBalancing;
import org.dcbalance.strategy.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayCommandTest {
  private @TempDir Path folder;
  private String printed = "";
  private String complained = "";

  private int replay(String... words) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var all = new String[words.length + 3];
    all[0] = "replay";
    all[1] = "--traces";
    all[2] = folder.toString();
    System.arraycopy(words, 0, all, 3, words.length);
    int status =
        Offline.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            all);
    printed = out.toString(StandardCharsets.UTF_8);
    complained = err.toString(StandardCharsets.UTF_8);
    return status;
  }

  private static Trace steady(String name, double cores, int samples) {
    var asked = new double[samples];
    var used = new double[samples];
    Arrays.fill(asked, cores);
    Arrays.fill(used, 2048);
    return new Trace(name, 2048, asked, used);
  }

  private static Tally play(List<Trace> traces, boolean balanced, int... placement) {
    return play(
        traces,
        new Contender(
            "test",
            balanced ? new DynamicLoadBalancing() : null,
            null,
            Limits.DEFAULTS,
            false,
            TraceRecording.TEMPO,
            Contender.Approval.ALL),
        placement);
  }

  private static Tally play(List<Trace> traces, Contender contender, int... placement) {
    return new Simulation(
            TraceRecording.of(traces, placement, 2, 4, 64 * 1024),
            contender,
            TraceRecording.YARDSTICK)
        .run();
  }

  @Test
  void counts_what_hosts_could_not_give_from_the_third_hour_on() {
    // 5 cores asked of 4 for 48 of 72 samples
    var tally = play(List.of(steady("a", 3, 72), steady("b", 2, 72)), false, 0, 0);
    assertThat(tally.unmetCoreSeconds()).isCloseTo(48 * 300, within(1e-6));
    assertThat(tally.hotSeconds()).isCloseTo(48 * 300, within(1e-6));
    assertThat(tally.fullSeconds()).isCloseTo(48 * 300, within(1e-6));
    assertThat(tally.migrations()).isZero();
    // shares of 1.25 and 0
    assertThat((double) tally.figures().get("imbalanceMean")).isCloseTo(0.625, within(1e-9));
  }

  @Test
  void a_move_takes_as_long_as_its_memory_takes_on_the_link() {
    var hot = steady("a", 3, 48);
    var rising = steady("b", 0, 48);
    // the load comes with sample 30; it is seen and acted on at the start of sample 31
    Arrays.fill(rising.cores(), 30, 48, 2);
    var tally = play(List.of(hot, rising), true, 0, 0);
    assertThat(tally.migrations()).isOne();
    assertThat(tally.gibMoved()).isEqualTo(2);
    // 300 s at 5 of 4 cores, then 2048 MiB at 119.2 MiB/s in ticks of 10 s, at 5 + a tenth of 3
    assertThat(tally.unmetCoreSeconds()).isCloseTo(300 + 20 * 1.3, within(1e-6));
  }

  @Test
  void days_recur_without_being_identical_and_from_the_seed_alone() {
    var traces = List.of(steady("a", 1, 288), steady("b", 2, 288));
    var repeated = Recurrence.repeat(traces, 3, 7);
    var again = Recurrence.repeat(traces, 3, 7);
    var other = Recurrence.repeat(traces, 3, 8);
    assertThat(repeated.getFirst().cores()).hasSize(3 * 288).isEqualTo(again.getFirst().cores());
    assertThat(repeated.getFirst().cores()).isNotEqualTo(other.getFirst().cores());
    assertThat(Arrays.copyOf(repeated.getFirst().cores(), 288)).containsOnly(1);
    assertThat(repeated.getLast().cores()[400]).isBetween(0.9, 2.2).isNotEqualTo(2);
  }

  @Test
  void answers_recurring_load_from_the_record() {
    var a = steady("a", 0.2, 288);
    var b = steady("b", 0.2, 288);
    // the same two guests get busy at the same time, again and again, on whichever host they are
    for (int hour = 3; hour < 24; hour += 3) {
      Arrays.fill(a.cores(), 12 * hour, 12 * hour + 6, 2.2);
      Arrays.fill(b.cores(), 12 * hour, 12 * hour + 6, 1.9);
    }
    var decisions = new RememberedDecisions();
    var tally =
        play(
            List.of(a, b, steady("c", 0.1, 288)),
            new Contender(
                "test",
                new DcBalance(decisions),
                decisions,
                Limits.DEFAULTS,
                true,
                TraceRecording.TEMPO,
                Contender.Approval.ALL),
            0,
            0,
            1);
    assertThat(tally.migrations()).isPositive();
    var recorded = decisions.decisions(2);
    assertThat(recorded).hasSize(tally.migrations());
    // looked back at: the moves are made by then, and hindsight knows their worth
    assertThat(recorded.getLast().choices().getFirst().outcome().ten()).isNotNull();
    assertThat(recorded.getLast().choices().getFirst().outcome().sixty()).isNotNull();
  }

  @Test
  void reads_both_formats_and_prints_a_column_for_each_contender() throws IOException {
    Files.writeString(folder.resolve("vm-1"), "90\n".repeat(60));
    Files.writeString(folder.resolve("vm-2"), "90\n".repeat(60));
    assertThat(replay("--hosts", "2", "--host-cores", "2", "--host-memory", "8")).isZero();
    assertThat(printed)
        .contains("none", "dlb 70 %", "dlb 80 %", "dlb 90 %", "osvd 90 %", "dcbalance")
        .contains("unmetCoreSeconds", "returnsWithinHour");
    Files.delete(folder.resolve("vm-1"));
    Files.delete(folder.resolve("vm-2"));
    var titles = "Timestamp [ms];a;b;c;d;e;f;g;h;i;j\n";
    Files.writeString(
        folder.resolve("1.csv"),
        titles
            + "1000;2;5000;1250;25;8388608;1048576;0;0;0;0\n"
            // two samples are missing and are as the one before
            + "1900;2;5000;2500;50;8388608;1048576;0;0;0;0\n");
    var trace = TraceFiles.read(folder, "bitbrains", 2500).getFirst();
    assertThat(trace.memoryMiB()).isEqualTo(8192);
    assertThat(trace.cores()).containsExactly(0.5, 0.5, 0.5, 1);
  }

  @Test
  void names_what_is_wrong() throws IOException {
    assertThat(replay()).isEqualTo(2);
    assertThat(complained).startsWith("There is no file in ");
    Files.writeString(folder.resolve("vm-1"), "90\nNaN\n");
    assertThat(replay()).isEqualTo(2);
    assertThat(complained).contains("vm-1, line 2, percent: \"NaN\"");
    assertThatThrownBy(() -> TraceFiles.read(folder, "bitbrains", 2500))
        .hasMessageContaining("vm-1, line 2, fields: there are 1 and not 11.");
    Files.writeString(folder.resolve("vm-1"), "90\n90\n");
    assertThat(replay("--host-memory", "1")).isEqualTo(2);
    assertThat(complained).startsWith("There is no room for vm-1.");
    assertThat(replay("--strategies", "magic")).isEqualTo(2);
    assertThat(complained).startsWith("There is no strategy \"magic\".");
    Files.writeString(folder.resolve("vm-2"), "");
    assertThat(replay("--days", "2")).isEqualTo(2);
    assertThat(complained).contains("vm-2 holds no sample.");
  }
}
