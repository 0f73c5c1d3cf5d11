package org.dcbalance.story;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import org.dcbalance.lab.Fabric;

/**
 * Ask a guest for its page over and over, as its users would, and note when it answered.
 *
 * <p>Requests are begun every 40 ms whether or not earlier ones were answered, so that one lost
 * packet, which TCP sends again only after a second, does not look like a second of downtime.
 */
final class Caller implements AutoCloseable {
  private static final int THREADS = 40;
  private static final Duration PERIOD = Duration.ofMillis(40);
  private static final byte[] REQUEST =
      "GET /index.html HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final ConcurrentSkipListSet<Long> answers = new ConcurrentSkipListSet<>();
  private final List<CompletableFuture<Void>> loops;
  private volatile boolean ended;

  Caller(Fabric fabric, String address) {
    long begun = System.nanoTime();
    loops =
        java.util.stream.IntStream.range(0, THREADS)
            .mapToObj(
                turn ->
                    fabric.<Void>start(
                        () -> {
                          for (long at = begun + turn * PERIOD.toNanos();
                              !ended;
                              at += THREADS * PERIOD.toNanos()) {
                            long wait = at - System.nanoTime();
                            if (wait > 0) {
                              Thread.sleep(Duration.ofNanos(wait));
                              call(address);
                            }
                          }
                          return null;
                        }))
            .toList();
  }

  private void call(String address) {
    try (var socket = new Socket()) {
      socket.setSoTimeout(3000);
      socket.connect(new InetSocketAddress(address, 80), 3000);
      socket.getOutputStream().write(REQUEST);
      var answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      if (answer.endsWith(" 200")) {
        answers.add(System.nanoTime());
      }
    } catch (IOException unanswered) {
      // what counts is the time without an answer
    }
  }

  int answered() {
    return answers.size();
  }

  /** Give the longest time without an answer, until the last one. */
  Duration longestSilence() {
    long longest = 0;
    Long last = null;
    for (long at : answers) {
      longest = last == null ? longest : Math.max(longest, at - last);
      last = at;
    }
    return Duration.ofNanos(longest);
  }

  /** Give the time since the last answer. */
  Duration silentFor() {
    var last = answers.isEmpty() ? null : answers.last();
    return last == null ? Duration.ofDays(1) : Duration.ofNanos(System.nanoTime() - last);
  }

  @Override
  public void close() {
    ended = true;
    loops.forEach(
        loop -> {
          try {
            loop.join();
          } catch (java.util.concurrent.CompletionException e) {
            throw new AssertionError("A caller could not call.", e.getCause());
          }
        });
  }
}
