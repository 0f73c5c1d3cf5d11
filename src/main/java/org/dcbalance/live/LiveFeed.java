package org.dcbalance.live;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;

/**
 * Stream signals to a page: {@code event: signal}, data {@code {"name":…,"id":…}}; and {@code
 * event: beat} without content after silence.
 */
@Controller
class LiveFeed {
  private static final int LEAST_RETRY_MILLIS = 1000;
  private static final int MOST_RETRY_MILLIS = 3000;

  private final OpenStreams streams;

  LiveFeed(OpenStreams streams) {
    this.streams = streams;
  }

  /**
   * Stay for as long as the page does: requests run on virtual threads, so that waiting is free.
   */
  @GetMapping("/live")
  void follow(CurrentOperator me, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    var stream =
        streams
            .open(request.getSession().getId(), me.name())
            .orElseThrow(
                () ->
                    new Problem(
                        ErrorCode.UNAVAILABLE,
                        "This console hears no signals: the database does not answer.",
                        "Maybe wait a moment: the page tries again by itself."));
    response.setContentType("text/event-stream");
    response.setCharacterEncoding("UTF-8");
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    response.setHeader("X-Accel-Buffering", "no");
    try {
      stream.writeTo(
          response.getOutputStream(),
          ThreadLocalRandom.current().nextInt(LEAST_RETRY_MILLIS, MOST_RETRY_MILLIS));
    } catch (IOException gone) {
      // the page was closed
    } finally {
      streams.forget(stream);
    }
  }
}
