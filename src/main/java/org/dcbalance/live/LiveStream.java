package org.dcbalance.live;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Carry signals to one page. The page's own thread writes them, so that a slow page delays nobody
 * else; what repeats within 250 ms is sent once.
 */
final class LiveStream {
  /** Pages give a stream up after 40 s of silence, and proxies wait for 60 s. */
  static final Duration HEARTBEAT = Duration.ofSeconds(15);

  static final Duration GATHERING = Duration.ofMillis(250);

  /** An event, since pages never see a comment; without a line of data they would not see it. */
  private static final String BEAT = "event: beat\ndata:\n\n";

  /** A page this far behind is told to start afresh. */
  private static final int MOST_WAITING = 1000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final LinkedHashSet<Signal> waiting = new LinkedHashSet<>();
  private final Duration heartbeat;
  private boolean closed;
  private boolean asked;

  /** Prepare a stream that says after each heartbeat's time of silence that it is still there. */
  LiveStream(Duration heartbeat) {
    this.heartbeat = heartbeat;
  }

  /** Take a signal over for the page; never waits for the page. */
  void offer(Signal signal) {
    lock.lock();
    try {
      waiting.add(signal);
      closed |= waiting.size() > MOST_WAITING;
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Say at once that it is still there: that a page has gone shows only once it is written to. */
  void beat() {
    lock.lock();
    try {
      asked = true;
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  /** End the stream; the page reconnects and fetches everything again, if it may. */
  void close() {
    lock.lock();
    try {
      closed = true;
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Write until the stream is closed.
   *
   * @param retryMillis how long the page waits before it reconnects
   * @throws IOException when the page has gone
   */
  void writeTo(OutputStream page, int retryMillis) throws IOException, InterruptedException {
    send(page, "retry: " + retryMillis + "\n: open\n\n");
    while (true) {
      var signals = next();
      if (signals == null) {
        return;
      }
      var text = new StringBuilder();
      for (var signal : signals) {
        text.append("event: signal\ndata: ").append(signal.json()).append("\n\n");
      }
      send(page, signals.isEmpty() ? BEAT : text.toString());
      if (!signals.isEmpty()) {
        Thread.sleep(GATHERING);
      }
    }
  }

  /** Wait for signals: none after a heartbeat's time or when asked to beat, null once closed. */
  private @Nullable List<Signal> next() throws InterruptedException {
    lock.lock();
    try {
      long left = heartbeat.toNanos();
      while (!closed && waiting.isEmpty() && !asked && left > 0) {
        left = news.awaitNanos(left);
      }
      if (closed) {
        return null;
      }
      var signals = List.copyOf(waiting);
      waiting.clear();
      asked = false;
      return signals;
    } finally {
      lock.unlock();
    }
  }

  private static void send(OutputStream page, String text) throws IOException {
    page.write(text.getBytes(StandardCharsets.UTF_8));
    page.flush();
  }
}
