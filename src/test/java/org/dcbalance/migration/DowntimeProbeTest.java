package org.dcbalance.migration;

import static java.util.concurrent.CompletableFuture.delayedExecutor;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.dcbalance.inventory.ProbeAddresses;
import org.junit.jupiter.api.Test;

/** Probes loopback servers that go away for a while. */
class DowntimeProbeTest {

  /** Answers while it is open; refuses while it is closed; drops attempts while it is deaf. */
  private static final class Server implements AutoCloseable {
    private volatile ServerSocket socket;
    private volatile boolean deaf;
    private volatile boolean ended;
    private final int port;

    Server() throws IOException {
      socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      port = socket.getLocalPort();
      Thread.ofPlatform().daemon().start(this::accept);
    }

    private void accept() {
      while (!ended) {
        try {
          if (deaf) {
            Thread.sleep(1);
          } else {
            socket.accept().close();
          }
        } catch (IOException | InterruptedException e) {
          Thread.onSpinWait();
        }
      }
    }

    /** Give up the port, so that attempts are refused. */
    void away(long millis) throws IOException, InterruptedException {
      socket.close();
      Thread.sleep(millis);
      var again = new ServerSocket();
      again.setReuseAddress(true);
      again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
      socket = again;
    }

    /** Accept nothing: the kernel drops attempts once its queue is full, as a paused guest does. */
    void deaf(long millis) throws InterruptedException {
      deaf = true;
      Thread.sleep(millis);
      deaf = false;
    }

    @Override
    public void close() throws IOException {
      ended = true;
      socket.close();
    }
  }

  @Test
  void seesHowLongAServerWasAway() throws Exception {
    try (var server = new Server();
        var probe = DowntimeProbe.start("127.0.0.1", server.port, InetAddress::getByName)) {
      Thread.sleep(400);
      probe.moveBegins();
      Thread.sleep(200);
      server.away(300);
      Thread.sleep(600);
      var seen = probe.finish();
      assertThat(Objects.requireNonNull(seen.downtime()).toMillis()).isBetween(290L, 420L);
      assertThat(seen.words())
          .startsWith("TCP 127.0.0.1:" + server.port + " every 10 ms; gaps of up to ");
    }
  }

  @Test
  void saysThatAGuestStaysSilentUntilItAnswersAgain() throws Exception {
    try (var server = new Server();
        var probe = DowntimeProbe.start("127.0.0.1", server.port, InetAddress::getByName)) {
      assertThat(probe.silent()).as("nothing is known yet").isFalse();
      Thread.sleep(400);
      probe.moveBegins();
      var silent = CompletableFuture.supplyAsync(probe::silent, delayedExecutor(1, SECONDS));
      server.away(1500);
      assertThat(silent.get()).isTrue();
      Thread.sleep(600);
      assertThat(probe.silent()).isFalse();
      var seen = probe.finish();
      assertThat(Objects.requireNonNull(seen.downtime()).toMillis()).isBetween(1400L, 2000L);
    }
  }

  @Test
  void saysForHowLongAGuestWasSilentAtTheEnd() throws Exception {
    var server = new Server();
    try (var probe = DowntimeProbe.start("127.0.0.1", server.port, InetAddress::getByName)) {
      Thread.sleep(400);
      probe.moveBegins();
      server.close();
      Thread.sleep(1200);
      var seen = probe.finish();
      assertThat(seen.downtime()).isNull();
      assertThat(seen.words()).containsPattern("no answer in the last 1\\.[1-5] s");
    }
  }

  @Test
  void doesNotWaitForRetransmissionsOfLostAttempts() throws Exception {
    try (var server = new Server();
        var probe = DowntimeProbe.start("127.0.0.1", server.port, InetAddress::getByName)) {
      Thread.sleep(400);
      probe.moveBegins();
      Thread.sleep(200);
      server.deaf(300);
      Thread.sleep(600);
      var seen = probe.finish();
      // a client that waits for the first retransmission sees a second and more
      assertThat(Objects.requireNonNull(seen.downtime()).toMillis()).isBetween(200L, 420L);
    }
  }

  @Test
  void doesNotCountTheUsualGapsOfASlowServer() throws Exception {
    try (var server = new Server();
        var probe = DowntimeProbe.start("127.0.0.1", server.port, InetAddress::getByName)) {
      Thread.sleep(100);
      server.away(400);
      Thread.sleep(200);
      probe.moveBegins();
      Thread.sleep(700);
      var seen = probe.finish();
      assertThat(Objects.requireNonNull(seen.downtime()).toMillis()).isZero();
      assertThat(seen.words()).endsWith("none longer during it");
    }
  }

  @Test
  void saysThatAGuestDidNotAnswerBeforeItsMove() throws Exception {
    int nobody;
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = taken.getLocalPort();
    }
    try (var probe = DowntimeProbe.start("127.0.0.1", nobody, InetAddress::getByName)) {
      Thread.sleep(200);
      probe.moveBegins();
      Thread.sleep(200);
      var seen = probe.finish();
      assertThat(seen.downtime()).isNull();
      assertThat(seen.words()).contains("no answer before the move (").contains("refused");
    }
  }

  @Test
  void probesByEchoWhereThatIsPermitted() throws Exception {
    assumeTrue(
        Files.readString(Path.of("/proc/self/status")).contains("CapEff:\t000001ffffffffff")
            || InetAddress.getByName("127.0.0.1").isReachable(100),
        "ICMP needs CAP_NET_RAW: run the tests as root, or grant it to java with setcap");
    try (var probe = DowntimeProbe.start("127.0.0.1", null, InetAddress::getByName)) {
      Thread.sleep(500);
      probe.moveBegins();
      Thread.sleep(700);
      var seen = probe.finish();
      assertThat(Objects.requireNonNull(seen.downtime()).toMillis()).isLessThan(200);
      assertThat(seen.words()).startsWith("ICMP echo to 127.0.0.1 every 10 ms");
    }
  }

  @Test
  void anAddressThatMustNotBeProbedIsNot() throws Exception {
    try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var probe =
            DowntimeProbe.start("localhost", server.getLocalPort(), ProbeAddresses::resolve)) {
      server.setSoTimeout(500);
      assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(server::accept);
      probe.moveBegins();
      assertThat(probe.finish().words()).contains("no answer before the move", "loopback");
    }
  }
}
