package org.dcbalance.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatTest {
  private static final Instant NOW = Instant.parse("2025-11-23T14:02:50Z");
  private final Format format = new Format(Clock.fixed(NOW, ZoneOffset.UTC));

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "512, 512 B",
    "1023, 1023 B",
    "1024, 1.0 KiB",
    "2147483648, 2.0 GiB",
    "1073741823, 1.0 GiB",
    "104857600, 100 MiB",
    "9878424780, 9.2 GiB",
  })
  void bytesHaveABinaryPrefixAndASpace(long bytes, String text) {
    assertThat(format.bytes(bytes)).isEqualTo(text);
    assertThat(format.bytes(new Memory(bytes))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.00 s",
    "312, 0.31 s",
    "9994, 9.99 s",
    "9996, 10 s",
    "24000, 24 s",
    "59600, 1 min",
    "110000, 1 min 50 s",
    "11100000, 3 h 5 min",
    "187200000, 2 d 4 h",
  })
  void durationsChangeTheirUnitAsTheyGrow(long millis, String text) {
    assertThat(format.duration(Duration.ofMillis(millis))).isEqualTo(text);
  }

  @Test
  void numbersStayWithTheirUnits() {
    assertThat(format.tied("kvm-01 CPU at 36 % for 10 min, above 8.5 % of 2 VMs, 3 days ago."))
        .isEqualTo(
            "kvm-01 CPU at 36\u00a0% for 10\u00a0min, above 8.5\u00a0% of 2 VMs, 3 days ago.");
    assertThat(format.tied(null)).isNull();
  }

  @Test
  void sharesAreWholePercents() {
    assertThat(format.percent(0.914)).isEqualTo("91 %");
    assertThat(format.change(0.91, 0.604)).isEqualTo("91 → 60 %");
  }

  @Test
  void ratesArePerSecond() {
    assertThat(format.rate(ByteRate.ofMiB(180))).isEqualTo("180 MiB/s");
  }

  @Test
  void clocksNameTheDayUnlessItIsToday() {
    assertThat(format.clock(NOW)).isEqualTo("14:02");
    assertThat(format.clockSeconds(NOW)).isEqualTo("14:02:50");
    assertThat(format.clock(NOW.minus(Duration.ofDays(1)))).isEqualTo("2025-11-22 14:02");
    assertThat(format.moment(NOW)).isEqualTo("14:02:50 Z");
  }

  @Test
  void figuresDoNotFollowALanguage() {
    assertThat(format.decimal(0.9149, 2)).isEqualTo("0.91");
  }

  @Test
  void agesAreCoarse() {
    assertThat(format.age(NOW.minusSeconds(40))).isEqualTo("40 s");
    assertThat(format.age(NOW.minusSeconds(240))).isEqualTo("4 min");
    assertThat(format.age(NOW.plusSeconds(3))).isEqualTo("0 s");
    assertThat(format.until(NOW.plusSeconds(120))).isEqualTo("in 2 min");
    assertThat(format.until(NOW)).isEqualTo("now");
  }

  @Test
  void whatIsNotKnownIsADash() {
    assertThat(format.bytes((Memory) null)).isEqualTo("–");
    assertThat(format.duration(null)).isEqualTo("–");
    assertThat(format.percent(null)).isEqualTo("–");
    assertThat(format.clock(null)).isEqualTo("–");
  }

  @Test
  void barsNeverLeaveTheirFrame() {
    assertThat(format.length(0.914)).isEqualTo("91.4");
    assertThat(format.length(1.3)).isEqualTo("100.0");
    assertThat(format.length(-0.1)).isEqualTo("0.0");
  }

  @Test
  void theZoneOfDaysIsNamedByItsId() {
    var berlin = new Format(Clock.fixed(NOW, ZoneId.of("Europe/Berlin")));
    assertThat(berlin.zone()).isEqualTo("Europe/Berlin");
    var installed = new Format(Clock.fixed(NOW, ZoneId.of("Etc/UTC")));
    assertThat(installed.zone()).isEqualTo("UTC");
  }

  @Test
  void thousandsAreSetApartAndNounsAgree() {
    assertThat(format.count(1842L)).isEqualTo("1\u202f842");
    assertThat(format.plural(1, "move", "moves")).isEqualTo("1 move");
    assertThat(format.plural(3, "move", "moves")).isEqualTo("3 moves");
  }
}
