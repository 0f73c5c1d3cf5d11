package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.LocalDate;
import java.util.List;
import org.dcbalance.console.Format;
import org.dcbalance.reporting.DowntimeReport.Spread;
import org.dcbalance.reporting.MoveReport.Ends;
import org.dcbalance.reporting.Stretch;
import org.junit.jupiter.api.Test;

/** Where the charts of the reports put what they show. */
class ReportChartsTest {
  private static final LocalDate FIRST = LocalDate.of(2026, 11, 1);

  @Test
  void daysWithoutAMoveKeepTheirPlace() {
    var chart =
        MovesChart.of(
            FIRST,
            FIRST.plusDays(9),
            Stretch.DAY,
            List.of(
                new Ends(FIRST.plusDays(2), 3, 1, 1, 0, 2),
                new Ends(FIRST.plusDays(9), 1, 0, 0, 0, 0)));
    assertThat(chart.bars()).hasSize(10);
    var third = chart.bars().get(2);
    assertThat(third.left()).isCloseTo(0.2 + 0.014, within(1e-9));
    // of an axis to 8
    assertThat(chart.counts())
        .extracting(Axis.Tick::words)
        .containsExactly("0", "2", "4", "6", "8");
    assertThat(third.completed()).isEqualTo(3 / 8.0);
    assertThat(third.failedTop()).isEqualTo(1 - 5 / 8.0);
    assertThat(third.lostTop()).isEqualTo(1 - 7 / 8.0);
    assertThat(chart.bars().get(3)).extracting("completed", "failed", "lost").containsOnly(0.0);
    assertThat(chart.names()).hasSizeLessThanOrEqualTo(5);
    assertThat(chart.sentence())
        .isEqualTo(
            "Moves per day from 2026-11-01 to 2026-11-10: 4 completed, 2 failed, aborted or refused,"
                + " 2 lost; most, 7, on 2026-11-03.");
  }

  @Test
  void aLostMoveIsSeenBesideAThousandOthers() {
    var chart =
        MovesChart.of(FIRST, FIRST, Stretch.DAY, List.of(new Ends(FIRST, 1000, 0, 0, 0, 1)));
    assertThat(chart.bars().getFirst().lost()).isGreaterThan(0.01);
  }

  @Test
  void longRangesAreCountedByLongerStretches() {
    assertThat(Stretch.of(FIRST, FIRST.plusDays(30))).isEqualTo(Stretch.DAY);
    assertThat(Stretch.of(FIRST, FIRST.plusDays(62))).isEqualTo(Stretch.WEEK);
    assertThat(Stretch.of(FIRST, FIRST.plusYears(2))).isEqualTo(Stretch.MONTH);
    var from = LocalDate.of(1, 1, 1);
    var to = LocalDate.of(9000, 1, 1);
    assertThat(Stretch.of(from, to)).isEqualTo(Stretch.YEAR);
    assertThat(
            MovesChart.of(
                    from,
                    to,
                    Stretch.YEAR,
                    List.of(new Ends(LocalDate.of(2026, 1, 1), 1, 0, 0, 0, 0)))
                .bars())
        .hasSize(1);
    assertThat(MovesChart.of(to, from, Stretch.DAY, List.of()).bars()).isEmpty();
  }

  @Test
  void anAxisIsLogarithmicOnlyWhereALinearOneWouldHideSomething() {
    var calm = chart(spread(80, 100, 400));
    assertThat(calm.axis().logarithmic()).isFalse();
    assertThat(calm.axis().ticks())
        .extracting(Axis.Tick::words)
        .containsExactly("0", "0.10 s", "0.20 s", "0.30 s", "0.40 s");
    assertThat(calm.lanes().getFirst().median()).isEqualTo(0.25);
    var stopped = chart(spread(80, 100, 400), spread(20_000, 25_000, 31_000));
    assertThat(stopped.axis().logarithmic()).isTrue();
    assertThat(stopped.axis().ticks())
        .extracting(Axis.Tick::words)
        .containsExactly("0.01 s", "0.10 s", "1.00 s", "10 s", "1 min 40 s");
    assertThat(stopped.lanes().getFirst().median()).isCloseTo(0.25, within(1e-9));
    assertThat(chart().lanes()).isEmpty();
    assertThat(chart(spread(0, 0, 0)).lanes().getFirst().longest()).isZero();
  }

  private static PausesChart chart(Spread... spreads) {
    return PausesChart.of("Downtime", List.of(spreads), _ -> "Pre-copy", new Format());
  }

  private static Spread spread(long shortest, double median, long longest) {
    return new Spread(
        null,
        null,
        "PRE_COPY",
        "IDLE",
        9,
        shortest,
        median,
        median,
        median,
        longest,
        longest,
        List.of());
  }
}
