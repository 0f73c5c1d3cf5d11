package org.dcbalance.notification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.icegreen.greenmail.util.DummySSLServerSocketFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.dcbalance.notification.Destination.Payload;
import org.dcbalance.notification.Destination.Webhook;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Webhooks to a real HTTP server. */
class WebhookSenderTest {
  private static final String KEY = "a key for tests of signatures";
  private static final Message MESSAGE =
      Message.test("amy", Instant.parse("2026-12-01T14:02:00Z"), null);

  private Receiver receiver;
  private WebhookSender sender;
  private WebhookSender hasty;

  @BeforeEach
  void start() {
    receiver = new Receiver();
    sender = sender(AddressGuardTest.guard("127.0.0.1"), 20);
    hasty = sender(AddressGuardTest.guard("127.0.0.1"), 2);
  }

  @AfterEach
  void stop() throws IOException {
    sender.destroy();
    hasty.destroy();
    receiver.close();
  }

  private static WebhookSender sender(AddressGuard guard, int deadlineSeconds) {
    return new WebhookSender(
        guard,
        AddressGuardTest.settings(Duration.ofSeconds(deadlineSeconds)),
        JsonMapper.builder().build(),
        Clock.systemUTC());
  }

  private Outcome sendHastily(String url) {
    return hasty.send(new Webhook(URI.create(url), Payload.DCBALANCE), KEY, MESSAGE);
  }

  private Outcome send(String url) {
    return sender.send(new Webhook(URI.create(url), Payload.DCBALANCE), KEY, MESSAGE);
  }

  @Test
  void theBodyIsSignedAsTheDocumentSaysAndHasTheFormOfTheDocument() throws Exception {
    var outcome = send(receiver.url("/hook?key=of-the-receiver"));
    assertThat(outcome.delivered()).as(outcome.sentence()).isTrue();
    assertThat(outcome.sentence())
        .isEqualTo("127.0.0.1:%d answered 204.".formatted(receiver.port()));
    var taken = receiver.at("/hook").getFirst();
    var body = new String(taken.body(), StandardCharsets.UTF_8);
    assertThat(body)
        .isEqualTo(
            """
            {"version":1,"id":"%s","event":"TEST","title":"Test","severity":"INFO",\
            "at":"2026-12-01T14:02:00Z","pool":null,\
            "sentence":"amy tests whether messages of DCbalance arrive here. They do.","link":null}"""
                .formatted(MESSAGE.id()));
    var time = taken.header("X-DCbalance-Timestamp");
    assertThat(Long.parseLong(time)).isCloseTo(Instant.now().getEpochSecond(), within(60L));
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(KEY.getBytes(StandardCharsets.UTF_8), "any"));
    assertThat(taken.header("X-DCbalance-Signature"))
        .isEqualTo(
            "v1="
                + HexFormat.of()
                    .formatHex(mac.doFinal((time + "." + body).getBytes(StandardCharsets.UTF_8))));
    assertThat(taken.header("Content-Type")).startsWith("application/json");
    assertThat(taken.header("X-DCbalance-Event")).isEqualTo("TEST");
    assertThat(taken.header("X-DCbalance-Delivery")).isEqualTo(MESSAGE.id().toString());
    assertThat(taken.method()).isEqualTo("POST");
  }

  @Test
  void slackGetsATextThatNobodyWhoNamesAVmCanAbuse() {
    var names =
        "<!channel> & @all @here <@U012AB3CD> ![x](http://evil.example/) moved\nto \"kvm-1\".";
    var message =
        new Message(
            1,
            MESSAGE.id(),
            "MIGRATION_FAILED",
            "Migration failed",
            Severity.WARNING,
            MESSAGE.at(),
            new Message.About(3, "east<1>"),
            names,
            "https://console.example/migrations/7?a=1&b=2");
    var outcome =
        sender.send(
            new Webhook(URI.create(receiver.url("/services/T0/B0/key")), Payload.SLACK),
            null,
            message);
    assertThat(outcome.delivered()).as(outcome.sentence()).isTrue();
    assertThat(outcome.sentence()).doesNotContain("T0");
    var taken = receiver.at("/services/T0/B0/key").getFirst();
    assertThat(taken.header("Content-Type")).startsWith("application/json");
    assertThat(taken.header("X-DCbalance-Signature")).as("nobody would check one").isEmpty();
    var body = JsonMapper.shared().readTree(taken.body());
    assertThat(body.propertyNames()).containsExactly("text");
    assertThat(body.get("text").asString())
        .isEqualTo(
            "*Migration failed* (warning)\n"
                + "&lt;!channel&gt; &amp; @\u200ball @\u200bhere &lt;@\u200bU012AB3CD&gt;"
                + " ![x]\u200b(http://evil.example/) moved to \"kvm-1\".\n"
                + "Pool east&lt;1&gt; · <https://console.example/migrations/7?a=1&amp;b=2|Open in DCbalance>");
  }

  @Test
  void aTextForSlackIsNeverTooLong() {
    var message =
        new Message(
            1,
            MESSAGE.id(),
            "HOST_BACK",
            "Host back",
            Severity.INFO,
            MESSAGE.at(),
            null,
            "🖥".repeat(50_000),
            null);
    var text = SlackBody.of(message).text();
    assertThat(text).hasSizeLessThan(4000).endsWith("🖥…");
  }

  @Test
  void theSignatureIsTheOneThatOthersCompute() {
    // printf '1764597720.{}' | openssl dgst -sha256 -hmac 'a key for tests of signatures'
    assertThat(Signature.of(KEY, 1764597720L, "{}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("v1=10487ffaf2e23a9ee4022ffa75046c4d8882924c7db9bd1002a53b9fc256c67c");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void redirectsAreNotFollowed(int status) {
    receiver.answer(
        "/moved",
        exchange -> {
          exchange.getResponseHeaders().set("Location", receiver.url("/elsewhere"));
          exchange.sendResponseHeaders(status, -1);
        });
    var outcome = send(receiver.url("/moved"));
    assertThat(outcome.delivered()).isFalse();
    assertThat(outcome.sentence()).contains("answered " + status, "not followed");
    assertThat(receiver.at("/elsewhere")).isEmpty();
    assertThat(receiver.at("/moved")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 410, 429, 500, 503})
  void otherAnswersFailWithTheirStatusAndNothingElse(int status) {
    receiver.answer(
        "/no",
        exchange -> {
          var secret = "inner details of the receiver".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, secret.length);
          exchange.getResponseBody().write(secret);
        });
    var outcome = send(receiver.url("/no"));
    assertThat(outcome)
        .isEqualTo(Outcome.failed("127.0.0.1:%d answered %d.".formatted(receiver.port(), status)));
    assertThat(receiver.at("/no")).as("not tried again behind one's back").hasSize(1);
  }

  @Test
  void anEndlessAnswerIsCutOff() {
    var written = new AtomicLong();
    receiver.answer(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          var block = new byte[64 * 1024];
          for (int i = 0; i < 4000; i++) {
            exchange.getResponseBody().write(block);
            written.addAndGet(block.length);
          }
        });
    var began = System.nanoTime();
    assertThat(send(receiver.url("/endless")).delivered()).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    assertThat(written.get()).as("what the sockets' buffers hold").isLessThan(64 * 1024 * 1024);
  }

  @Test
  void aBodyThatDripsIsNotWaitedForLongerThanTheDeadline() throws IOException {
    receiver.answer(
        "/drip",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          for (int i = 0; i < 300; i++) {
            exchange.getResponseBody().write('.');
            exchange.getResponseBody().flush();
            Thread.sleep(100);
          }
        });
    // so that a busy machine has sent the status by then
    var patient = sender(AddressGuardTest.guard("127.0.0.1"), 8);
    try {
      var began = System.nanoTime();
      var outcome =
          patient.send(
              new Webhook(URI.create(receiver.url("/drip")), Payload.DCBALANCE), KEY, MESSAGE);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
      assertThat(outcome.delivered()).as("the status had come").isTrue();
    } finally {
      patient.destroy();
    }
  }

  @Test
  void headersThatDripEndAtTheDeadline() throws IOException {
    try (var server = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (var socket = server.accept()) {
                  var out = socket.getOutputStream();
                  out.write("HTTP/1.1 200 OK\r\nX-Drip: ".getBytes(StandardCharsets.US_ASCII));
                  for (int i = 0; i < 200; i++) {
                    out.write('.');
                    Thread.sleep(100);
                  }
                } catch (IOException | InterruptedException cut) {
                  // as it should be
                }
              });
      var began = System.nanoTime();
      assertThat(sendHastily("http://127.0.0.1:" + server.getLocalPort()).sentence())
          .endsWith("did not finish within 2 s.");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(12));
    }
  }

  @Test
  void aCertificateThatNobodyVouchesForIsRefused() throws IOException {
    // a key pair that signs itself, as GreenMail brings one along
    try (var server =
        new DummySSLServerSocketFactory()
            .createServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (var socket = server.accept()) {
                  socket.getInputStream().readAllBytes();
                } catch (IOException refused) {
                  // as it should be
                }
              });
      var outcome = send("https://127.0.0.1:" + server.getLocalPort());
      assertThat(outcome.delivered()).isFalse();
      assertThat(outcome.sentence()).startsWith("The TLS connection to 127.0.0.1").contains("PKIX");
    }
  }

  @Test
  void aSilentReceiverAndNoneAtAllAreSaidToBe() throws IOException {
    try (var silent = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      assertThat(sendHastily("http://127.0.0.1:" + silent.getLocalPort()).sentence())
          .endsWith("did not finish within 2 s.");
    }
    int free;
    try (var socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    assertThat(send("http://127.0.0.1:" + free).sentence()).contains("nothing answers there");
    assertThat(send("http://no-such-host.invalid/").sentence()).contains("the name has no address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.2", "2130706434", "[::1]", "[::ffff:127.0.0.2]", "0.0.0.0"})
  void whatTheGuardRefusesIsNotConnectedTo(String host) {
    var outcome = send("http://" + host + ":" + receiver.port() + "/inside");
    assertThat(outcome.delivered()).isFalse();
    assertThat(outcome.sentence()).contains("nothing is sent there");
    assertThat(receiver.at("/inside")).isEmpty();
  }

  @Test
  void aNameIsLookedUpOnceAndTheConnectionGoesToThatAddress() throws IOException {
    var asked = new AtomicInteger();
    var rebinding =
        new AddressGuard(AddressGuardTest.settings(Duration.ofSeconds(20))) {
          @Override
          InetAddress[] addresses(String host) throws UnknownHostException {
            assertThat(host).isEqualTo("rebinding.invalid");
            return asked.incrementAndGet() == 1
                ? new InetAddress[] {InetAddress.ofLiteral("127.0.0.1")}
                : new InetAddress[] {InetAddress.ofLiteral("169.254.169.254")};
          }
        };
    var pinned = sender(rebinding, 20);
    try {
      var outcome =
          pinned.send(
              new Webhook(
                  URI.create("http://rebinding.invalid:" + receiver.port() + "/pinned"),
                  Payload.DCBALANCE),
              KEY,
              MESSAGE);
      assertThat(outcome.delivered()).as(outcome.sentence()).isTrue();
    } finally {
      pinned.destroy();
    }
    assertThat(asked).hasValue(1);
    assertThat(receiver.at("/pinned").getFirst().header("Host"))
        .isEqualTo("rebinding.invalid:" + receiver.port());
  }
}
