package org.dcbalance.migration;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/**
 * Measure what a guest's users see of its move: the longest time between two answers to attempts
 * that are made every 10 ms and overlap, so that one lost packet costs 10 ms and not a
 * retransmission; and all such times together.
 *
 * <p>The resolution is the period, or the usual gap of the guest where that is longer. A gap no
 * longer than those seen before the move is not counted.
 */
final class DowntimeProbe implements AutoCloseable {
  static final Duration PERIOD = Duration.ofMillis(10);
  static final Duration PATIENCE = Duration.ofMillis(500);

  private final ProbeMethod method;
  private final ConcurrentSkipListSet<Long> answers = new ConcurrentSkipListSet<>();
  private final long begun = System.nanoTime();
  private volatile long moveBegun = Long.MAX_VALUE;

  private DowntimeProbe(ProbeMethod method) {
    this.method = method;
  }

  /**
   * What was seen.
   *
   * @param downtime the longest gap; zero if none was longer than before the move; null if the
   *     guest did not answer before or after it
   * @param silent all gaps together that were longer than before the move; null as the downtime
   * @param words how it was measured, with what is to be known about it
   */
  record Seen(@Nullable Duration downtime, @Nullable Duration silent, String words) {}

  /** Looks up what is probed, and refuses what must not be. */
  @FunctionalInterface
  interface Resolver {
    InetAddress resolve(String name) throws UnknownHostException;
  }

  /** Begin to probe: a TCP port, or by ICMP echo where the port is null. */
  static DowntimeProbe start(String address, @Nullable Integer port, Resolver names) {
    var probe =
        new DowntimeProbe(
            port == null ? new EchoProbe(address, names) : new TcpProbe(address, port, names));
    probe.method.start(probe::answered);
    return probe;
  }

  private void answered(long atNanos) {
    answers.add(atNanos - begun);
  }

  /** Say that the move begins now; what came before is the guest's usual behaviour. */
  void moveBegins() {
    moveBegun = System.nanoTime() - begun;
  }

  /**
   * Tell whether a guest that answered before the move does not answer now: the gap goes on. Before
   * the move nothing is known of it.
   */
  boolean silent() {
    return moveBegun != Long.MAX_VALUE
        && answeredBefore()
        && !answeredLately(System.nanoTime() - begun);
  }

  private boolean answeredBefore() {
    return !answers.headSet(moveBegun).isEmpty();
  }

  private boolean answeredLately(long now) {
    return answers.higher(Math.max(moveBegun, now - PATIENCE.toNanos())) != null;
  }

  /** Stop, and say what was seen since the move began. */
  Seen finish() {
    long end = System.nanoTime() - begun;
    method.close();
    long usual = Silence.between(answers, 0, Math.min(moveBegun, end), 0).longest();
    var name = method.words() + " every " + PERIOD.toMillis() + " ms";
    if (!answeredBefore()) {
      return new Seen(null, null, name + ": no answer before the move" + because());
    }
    if (!answeredLately(end)) {
      var silent = (end - answers.last()) / 1e9;
      return new Seen(
          null,
          null,
          String.format(
              Locale.ROOT, "%s: no answer in the last %.1f s%s", name, silent, because()));
    }
    var silence = Silence.between(answers, moveBegun, end, usual);
    var note = String.format(Locale.ROOT, "; gaps of up to %d ms before the move", millis(usual));
    return new Seen(
        Duration.ofNanos(silence.longest()),
        Duration.ofNanos(silence.inAll()),
        silence.longest() == 0 ? name + note + ", none longer during it" : name + note);
  }

  private String because() {
    var trouble = method.trouble();
    return trouble == null ? "" : " (" + trouble + ")";
  }

  private static long millis(long nanos) {
    return Math.round(nanos / 1e6);
  }

  @Override
  public void close() {
    method.close();
  }
}
