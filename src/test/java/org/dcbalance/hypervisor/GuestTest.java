package org.dcbalance.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A host that means ill chooses names. */
class GuestTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "web\n07",
        "web\r\n07",
        "web\t07",
        "web\u202e07",
        "web\u200b\u200b07",
        "web\u202807"
      })
  void aNameIsOneLineThatReadsAsItIsWritten(String told) {
    assertThat(named(told)).isEqualTo("web 07");
  }

  @ParameterizedTest
  @ValueSource(strings = {"web-07", "Büro ☂ (alt), <b>", "数据库"})
  void otherNamesStayAsTheyAre(String told) {
    assertThat(named(told)).isEqualTo(told);
  }

  @Test
  void aNameIsNoLongerThanThatOfAFile() {
    assertThat(named("x".repeat(4_000_000))).hasSize(255);
  }

  private static String named(String told) {
    return new Guest(
            new UUID(0, 7),
            told,
            1,
            "hvm",
            GuestState.RUNNING,
            1,
            Duration.ZERO,
            Memory.ofMiB(512),
            Memory.ofMiB(512),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            new GuestCpu("", "", "", "", "", null))
        .name();
  }
}
