package org.dcbalance.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuietHoursTest {
  @Test
  void last_over_midnight_in_their_own_zone() {
    var night = QuietHours.parse("22:00-06:00 Europe/Berlin");
    assertThat(night.contain(Instant.parse("2026-03-02T20:59:59Z"))).isFalse();
    assertThat(night.contain(Instant.parse("2026-03-02T21:00:00Z"))).isTrue();
    assertThat(night.contain(Instant.parse("2026-03-03T04:59:59Z"))).isTrue();
    assertThat(night.contain(Instant.parse("2026-03-03T05:00:00Z"))).isFalse();
    // summer time
    assertThat(night.contain(Instant.parse("2026-07-03T04:00:00Z"))).isFalse();
  }

  @Test
  void are_read_as_they_are_written() {
    var noon = QuietHours.parse(" 11:30 - 13:00 ");
    assertThat(noon).hasToString("11:30-13:00 UTC");
    assertThat(QuietHours.parse(noon.toString())).isEqualTo(noon);
    assertThat(noon.contain(Instant.parse("2026-03-02T12:59:00Z"))).isTrue();
    assertThat(noon.contain(Instant.parse("2026-03-02T13:00:00Z"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"22-6", "25:00-06:00", "22:00-06:00 Mars/Olympus", "06:00-06:00", "night"})
  void are_refused_when_they_are_none(String text) {
    assertThatThrownBy(() -> QuietHours.parse(text))
        .isInstanceOf(Problem.class)
        .hasMessageContaining(text);
  }
}
