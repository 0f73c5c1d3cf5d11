package org.dcbalance.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.dcbalance.method.QuietMoment.Rest;
import org.dcbalance.method.QuietMoment.Worth;
import org.dcbalance.units.ByteRate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QuietMomentTest {
  private final Cases cases = Cases.qemu();

  QuietMomentTest() {
    cases.dirty = 400.0;
  }

  private @Nullable Worth worth(List<ByteRate> past) {
    return QuietMoment.of(cases.facts(), MethodChoice.of(cases.facts()), past);
  }

  /** In two turns: busy, quiet, busy, quiet. */
  private static List<ByteRate> past(int busy, int quiet) {
    return Stream.of(busy / 2, -(quiet / 2), busy - busy / 2, -(quiet - quiet / 2))
        .flatMap(
            count ->
                Collections.nCopies(Math.abs(count), ByteRate.ofMiB(count > 0 ? 400 : 10)).stream())
        .toList();
  }

  @Test
  void aWriterThatWasOftenQuietIsWorthWaitingFor() {
    assertThat(worth(past(70, 30))).isEqualTo(new Worth(ByteRate.ofMiB(10), 0.3));
  }

  @Test
  void soItIsWhereItCouldBeMovedAtOnceButAtARisk() {
    cases.postCopy = true;
    assertThat(MethodChoice.of(cases.facts()))
        .isInstanceOfSatisfying(
            Choice.Move.class, move -> assertThat(move.method()).isEqualTo(Method.POST_COPY));
    assertThat(worth(past(70, 30))).isNotNull();
  }

  @Test
  void theHighestRateThatDoesIsLowEnough() {
    var mixed = Stream.of(400, 60, 300, 30, 10).map(ByteRate::ofMiB).toList();
    assertThat(worth(mixed)).isEqualTo(new Worth(ByteRate.ofMiB(60), 0.6));
  }

  @Test
  void whatWasHardlyEverQuietIsNotWaitedFor() {
    assertThat(worth(past(95, 5))).isNull();
    assertThat(worth(past(100, 0))).isNull();
    assertThat(worth(List.of())).isNull();
  }

  @Test
  void whatBeganToWorkIsNotExpectedToRest() {
    var idleBefore =
        Stream.concat(
                Collections.nCopies(70, ByteRate.ofMiB(10)).stream(),
                Collections.nCopies(30, ByteRate.ofMiB(400)).stream())
            .toList();
    assertThat(worth(idleBefore)).isNull();
  }

  @Test
  void whatIsQuietNowGoesAtOnce() {
    cases.dirty = 10.0;
    assertThat(worth(past(70, 30))).isNull();
  }

  @Test
  void aGuessIsNotWaitedFor() {
    cases.learnt = false;
    assertThat(worth(past(70, 30))).isNull();
  }

  /** On Xen, 8 busy cores leave more for the pause than is accepted, and 1 does not. */
  private static Cases busyOnXen() {
    var xen = Cases.xen();
    xen.cores = 8;
    return xen;
  }

  private static @Nullable Rest rest(Cases xen, Double... past) {
    return QuietMoment.byCpu(xen.facts(), MethodChoice.of(xen.facts()), List.of(past));
  }

  @Test
  void onXenTheCpuThatItUsesStandsForWhatItChanges() {
    assertThat(rest(busyOnXen(), 8.0, 0.5, 8.0, 1.0, 0.5)).isEqualTo(new Rest(1.0, 0.6));
    assertThat(rest(busyOnXen(), 8.0, 0.5, 0.5)).as("it has hardly turned").isNull();
    assertThat(rest(busyOnXen(), 8.0, 7.0, 8.0, 7.0)).as("it was never quiet").isNull();
    assertThat(rest(busyOnXen())).isNull();
  }

  @Test
  void onXenTooNothingIsWaitedForThatGoesAtOnceOrIsAGuess() {
    var idle = busyOnXen();
    idle.cores = 0.5;
    assertThat(rest(idle, 8.0, 0.5, 8.0, 0.25)).isNull();
    var unknown = busyOnXen();
    unknown.learnt = false;
    assertThat(rest(unknown, 8.0, 0.5, 8.0, 0.5)).isNull();
    assertThat(rest(Cases.qemu(), 8.0, 0.5, 8.0, 0.5)).isNull();
  }

  @Test
  void onXenAGuestIsWaitedForRatherThanCapped() {
    var xen = busyOnXen();
    xen.cap = 10;
    assertThat(MethodChoice.of(xen.facts()))
        .isInstanceOfSatisfying(
            Choice.Move.class, move -> assertThat(move.method()).isEqualTo(Method.CAPPED));
    assertThat(rest(xen, 8.0, 0.5, 8.0, 0.5)).isEqualTo(new Rest(0.5, 0.5));
  }
}
