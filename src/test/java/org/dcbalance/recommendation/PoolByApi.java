package org.dcbalance.recommendation;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.PoolId;

/** Sets a pool as an administrator does. */
record PoolByApi(int port, PoolId pool) {
  /** Give quiet hours that began long ago and last for long. */
  static String aroundNow() {
    var minute = DateTimeFormatter.ofPattern("HH:mm").withZone(ZoneOffset.UTC);
    var now = Instant.now();
    return minute.format(now.minus(Duration.ofHours(3)))
        + "-"
        + minute.format(now.plus(Duration.ofHours(3)));
  }

  void change(String body) {
    try (var program = new Browser(port)) {
      var request =
          program
              .request("/api/v1/pools/" + pool)
              .header("Content-Type", "application/json")
              .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
              .method("PATCH", HttpRequest.BodyPublishers.ofString(body))
              .build();
      assertThat(program.send(request).statusCode()).as(body).isEqualTo(200);
    }
  }
}
