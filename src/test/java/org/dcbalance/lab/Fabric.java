package org.dcbalance.lab;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/**
 * Let this process take part in a lab's network.
 *
 * <p>Linux keeps the network namespace per thread, and a socket stays in the one where it was made.
 * So a thread enters the lab, makes a socket, and hands it out: no helper process, nothing to clean
 * up, and the rest of this process stays where it is.
 */
public final class Fabric {
  private static final int NEW_NETWORK = 0x40000000;
  private static final Linux LINUX = Native.load("c", Linux.class);

  private final Path namespace;

  /** Name a network namespace that exists, or will when it is used. */
  public Fabric(String name) {
    namespace = Path.of("/run/netns", name);
  }

  /** The calls of Linux that Java lacks. */
  public interface Linux extends Library {
    int open(String path, int flags) throws LastErrorException;

    int setns(int descriptor, int kind) throws LastErrorException;

    int close(int descriptor) throws LastErrorException;
  }

  /** Run something in the lab's network on a thread of its own, and wait for it. */
  public <T> T inside(Callable<T> work) throws IOException {
    try {
      return start(work).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted.", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
  }

  /** Start something in the lab's network on a thread of its own. */
  public <T> CompletableFuture<T> start(Callable<T> work) {
    var result = new CompletableFuture<T>();
    // a virtual thread shares its carrier with others, which would enter as well
    Thread.ofPlatform()
        .daemon()
        .name("inside-" + namespace.getFileName())
        .start(
            () -> {
              try {
                enter();
                result.complete(work.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private void enter() throws IOException {
    try {
      int descriptor = LINUX.open(namespace.toString(), 0);
      try {
        LINUX.setns(descriptor, NEW_NETWORK);
      } finally {
        LINUX.close(descriptor);
      }
    } catch (LastErrorException e) {
      throw new IOException("The network " + namespace + " cannot be entered.", e);
    }
  }

  /** Connect to a port of the lab's network. */
  public Socket connect(String address, int port, int timeoutMillis) throws IOException {
    return inside(
        () -> {
          var socket = new Socket();
          try {
            socket.connect(new InetSocketAddress(address, port), timeoutMillis);
            return socket;
          } catch (IOException e) {
            socket.close();
            throw e;
          }
        });
  }

  /** Make a port on the lab's loopback interface reachable from outside, at another port. */
  public Door door(int port) {
    try {
      return new Door(port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A port of this machine's loopback interface behind which is one of the lab's. */
  public final class Door implements AutoCloseable {
    private final int inner;
    private final ServerSocket outer;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private Door(int inner) throws IOException {
      this.inner = inner;
      outer = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      Thread.ofVirtual().start(this::accept);
    }

    public int port() {
      return outer.getLocalPort();
    }

    private void accept() {
      while (!outer.isClosed()) {
        try {
          var caller = outer.accept();
          Thread.ofVirtual().start(() -> join(caller));
        } catch (IOException closed) {
          return;
        }
      }
    }

    private void join(Socket caller) {
      open.add(caller);
      try (caller;
          var called = connect("127.0.0.1", inner, 5000)) {
        open.add(called);
        caller.setTcpNoDelay(true);
        called.setTcpNoDelay(true);
        var back = Thread.ofVirtual().start(() -> copy(called, caller));
        copy(caller, called);
        back.join();
        open.remove(called);
      } catch (IOException nobodyThere) {
        // the caller sees its connection closed, as it would without a door
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        open.remove(caller);
      }
    }

    private static void copy(Socket from, Socket to) {
      try {
        from.getInputStream().transferTo(to.getOutputStream());
        to.shutdownOutput();
      } catch (IOException ended) {
        // one side went away: let the other know
        close(from);
        close(to);
      }
    }

    private static void close(Socket socket) {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      try {
        outer.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      open.forEach(Door::close);
    }
  }
}
