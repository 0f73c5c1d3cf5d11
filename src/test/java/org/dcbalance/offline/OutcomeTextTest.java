package org.dcbalance.offline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class OutcomeTextTest {
  @Test
  void numbers_read_as_a_formatter_would_write_them() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      double number = random.nextDouble(-1000, 1000) / Math.pow(10, random.nextInt(6));
      int decimals = random.nextInt(9);
      assertThat(Double.parseDouble(new Lines().add(number, decimals).toString()))
          .isEqualTo(
              Double.parseDouble(String.format(Locale.ROOT, "%." + decimals + "f", number)) + 0.0);
    }
    assertThat(new Lines().add("x").to(4).right(1.005, 1, 6).right(-0.001, 2, 6))
        .hasToString("x      1.0  0.00");
  }

  @Test
  void json_is_what_other_programs_read() {
    var map = new LinkedHashMap<String, Object>();
    map.put("a \"quoted\" name\n", List.of(1, 2.5, true));
    map.put("nothing", null);
    map.put("empty", List.of());
    map.put("control", "\u0001\u001f\t\\");
    map.put("not finite", Double.NaN);
    map.put("inner", new LinkedHashMap<>(java.util.Map.of("tiny", 1.0e-12)));
    var read = JsonMapper.builder().build().readTree(Json.of(map));
    assertThat(read.get("a \"quoted\" name\n").get(1).asDouble()).isEqualTo(2.5);
    assertThat(read.get("nothing").isNull()).isTrue();
    assertThat(read.get("not finite").isNull()).isTrue();
    assertThat(read.get("control").asString()).isEqualTo("\u0001\u001f\t\\");
    assertThat(read.get("inner").get("tiny").asDouble()).isEqualTo(1.0e-12);
    assertThat(new ArrayList<>(read.propertyNames())).hasSameElementsAs(map.keySet());
  }
}
