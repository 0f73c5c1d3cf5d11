package org.dcbalance.notification;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.SocketFactory;

/**
 * Make sockets that go to addresses which were looked at before, whatever the name behind them says
 * by then, and that are cut off at a deadline, however slowly the other side goes on.
 *
 * <p>TLS is put on top of them by whoever asks for them, and checks the name as ever.
 */
final class PinnedSockets extends SocketFactory implements AutoCloseable {
  private final InetAddress address;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final Thread alarm;
  private volatile boolean late;

  PinnedSockets(InetAddress[] addresses, Duration deadline) {
    // a socket that failed to connect cannot try another one: the next attempt may; the system
    // puts first the family that this machine is thought to reach
    var alike =
        Arrays.stream(addresses).filter(a -> a.getClass() == addresses[0].getClass()).toList();
    this.address = alike.get(ThreadLocalRandom.current().nextInt(alike.size()));
    this.alarm = Thread.ofVirtual().name("mail-deadline").start(() -> cutOffAfter(deadline));
  }

  private void cutOffAfter(Duration deadline) {
    try {
      Thread.sleep(deadline);
    } catch (InterruptedException inTime) {
      return;
    }
    late = true;
    closeAll();
  }

  /** Tell whether the deadline has passed. */
  boolean late() {
    return late;
  }

  @Override
  public Socket createSocket() {
    var socket =
        new Socket() {
          @Override
          public void connect(SocketAddress asked, int millis) throws IOException {
            super.connect(
                new InetSocketAddress(address, ((InetSocketAddress) asked).getPort()), millis);
          }

          @Override
          public void connect(SocketAddress asked) throws IOException {
            connect(asked, 0);
          }
        };
    open.add(socket);
    return socket;
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    var socket = createSocket();
    socket.connect(InetSocketAddress.createUnresolved(host, port));
    return socket;
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return createSocket(host, port);
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return createSocket(host.getHostName(), port);
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return createSocket(host, port);
  }

  private void closeAll() {
    for (var socket : open) {
      try {
        socket.close();
      } catch (IOException e) {
        // it is gone either way
      }
    }
  }

  @Override
  public void close() {
    alarm.interrupt();
    closeAll();
  }
}
