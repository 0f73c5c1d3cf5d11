package org.dcbalance.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Send ICMP echo requests every period. Java sends them only where the process may open raw
 * sockets; elsewhere there are no answers, and the words say so.
 */
final class EchoProbe implements ProbeMethod {
  private static final int CAP_NET_RAW = 13;

  private final String address;
  private final DowntimeProbe.Resolver names;
  private final boolean permitted = permitted();
  private final ScheduledExecutorService clockwork =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("echo").factory());
  // platform threads: the native call blocks its carrier, and lost attempts must not hold up others
  private final ExecutorService attempts =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("echo-", 0).factory());
  private volatile @Nullable String trouble;

  EchoProbe(String address, DowntimeProbe.Resolver names) {
    this.address = address;
    this.names = names;
  }

  @Override
  public void start(LongConsumer answered) {
    if (!permitted) {
      trouble = "ICMP is not permitted to this process: it needs CAP_NET_RAW";
      return;
    }
    var _ =
        clockwork.scheduleAtFixedRate(
            () -> attempts.execute(() -> attempt(answered)),
            0,
            DowntimeProbe.PERIOD.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void attempt(LongConsumer answered) {
    try {
      if (names.resolve(address).isReachable((int) DowntimeProbe.PATIENCE.toMillis())) {
        answered.accept(System.nanoTime());
      }
    } catch (IOException | Problem e) {
      trouble = String.valueOf(e.getMessage());
    }
  }

  /** Tell whether this process may open raw sockets; where Linux does not tell, assume it may. */
  private static boolean permitted() {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(l -> l.startsWith("CapEff:"))
          .map(l -> Long.parseUnsignedLong(l.substring("CapEff:".length()).strip(), 16))
          .allMatch(mask -> (mask >> CAP_NET_RAW & 1) == 1);
    } catch (IOException e) {
      return true;
    }
  }

  @Override
  public String words() {
    return "ICMP echo to " + address;
  }

  @Override
  public @Nullable String trouble() {
    return trouble;
  }

  @Override
  public void close() {
    clockwork.shutdownNow();
    attempts.shutdownNow();
  }
}
