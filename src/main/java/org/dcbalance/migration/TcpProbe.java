package org.dcbalance.migration;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Connect to a TCP port every period, many attempts at once, from one thread. */
final class TcpProbe implements ProbeMethod {
  private final String address;
  private final int port;
  private final DowntimeProbe.Resolver names;
  private volatile boolean closed;
  private volatile @Nullable String trouble;

  TcpProbe(String address, int port, DowntimeProbe.Resolver names) {
    this.address = address;
    this.port = port;
    this.names = names;
  }

  @Override
  public void start(LongConsumer answered) {
    Thread.ofPlatform().daemon().name("probe-" + address).start(() -> run(answered));
  }

  private void run(LongConsumer answered) {
    try (var selector = Selector.open()) {
      // resolved once: a look-up per attempt would be measured as well
      var to = new InetSocketAddress(names.resolve(address), port);
      long next = System.nanoTime();
      while (!closed) {
        long now = System.nanoTime();
        if (now - next >= 0) {
          attempt(selector, to, answered);
          next =
              Math.max(next + DowntimeProbe.PERIOD.toNanos(), now - DowntimeProbe.PERIOD.toNanos());
          forgetOld(selector, now);
        }
        long left = (next - System.nanoTime() + 999_999) / 1_000_000;
        selector.select(key -> finish(key, answered), Math.max(1, left));
      }
      selector.keys().forEach(TcpProbe::drop);
    } catch (IOException | RuntimeException e) {
      trouble = String.valueOf(e.getMessage());
    }
  }

  private void attempt(Selector selector, InetSocketAddress to, LongConsumer answered) {
    try {
      var channel = SocketChannel.open();
      channel.configureBlocking(false);
      // reset instead of waiting: a hundred closed connections a second would fill the port range
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      if (channel.connect(to)) {
        answered.accept(System.nanoTime());
        channel.close();
      } else {
        channel.register(selector, SelectionKey.OP_CONNECT, System.nanoTime());
      }
    } catch (IOException e) {
      trouble = String.valueOf(e.getMessage());
    }
  }

  private void finish(SelectionKey key, LongConsumer answered) {
    try {
      if (((SocketChannel) key.channel()).finishConnect()) {
        answered.accept(System.nanoTime());
      }
    } catch (IOException e) {
      trouble = String.valueOf(e.getMessage());
    } finally {
      drop(key);
    }
  }

  private static void forgetOld(Selector selector, long now) {
    for (var key : selector.keys()) {
      if (now - (long) key.attachment() > DowntimeProbe.PATIENCE.toNanos()) {
        drop(key);
      }
    }
  }

  private static void drop(SelectionKey key) {
    try {
      key.channel().close();
    } catch (IOException e) {
      // a socket that cannot be closed is gone already
    }
  }

  @Override
  public String words() {
    return "TCP " + (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
  }

  @Override
  public @Nullable String trouble() {
    return trouble;
  }

  @Override
  public void close() {
    closed = true;
  }
}
