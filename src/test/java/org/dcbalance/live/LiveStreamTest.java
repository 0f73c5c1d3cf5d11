package org.dcbalance.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class LiveStreamTest {
  @Test
  @Timeout(60)
  void aSilentStreamBeatsByAnEventThatPagesSee() throws Exception {
    var stream = new LiveStream(Duration.ofMillis(5));
    var page = new PageUntil(stream, "beat");
    stream.writeTo(page, 1000);
    // a browser drops a comment, and an event that has no line of data
    assertThat(page.text()).endsWith("\n\nevent: beat\ndata:\n\n");
  }

  @Test
  @Timeout(60)
  void aSignalIsSignOfLifeEnough() throws Exception {
    var stream = new LiveStream(Duration.ofSeconds(60));
    stream.offer(new Signal("samples", 0));
    var page = new PageUntil(stream, "samples");
    stream.writeTo(page, 1000);
    assertThat(page.text()).contains("event: signal\ndata: {").doesNotContain("beat");
  }

  @Test
  @Timeout(60)
  void aStreamThatIsAskedBeatsAtOnce() throws Exception {
    var stream = new LiveStream(Duration.ofMinutes(10));
    stream.beat();
    var page = new PageUntil(stream, "beat");
    stream.writeTo(page, 1000);
    assertThat(page.text()).endsWith("\n\nevent: beat\ndata:\n\n");
  }

  /** A page that is closed once it got some text. */
  private static final class PageUntil extends ByteArrayOutputStream {
    private final LiveStream stream;
    private final String last;

    PageUntil(LiveStream stream, String last) {
      this.stream = stream;
      this.last = last;
    }

    @Override
    public void flush() {
      if (text().contains(last)) {
        stream.close();
      }
    }

    String text() {
      return toString(StandardCharsets.UTF_8);
    }
  }
}
