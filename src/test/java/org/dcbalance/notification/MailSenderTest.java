package org.dcbalance.notification;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.Message.RecipientType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.dcbalance.notification.Destination.Mail;
import org.dcbalance.notification.Destination.SmtpSecurity;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** E-mails to a real SMTP server. */
class MailSenderTest {
  private static final GreenMail SERVER =
      new GreenMail(
          new ServerSetup[] {
            new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP),
            new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTPS)
          });

  private final MailSender sender = sender(20);

  private static MailSender sender(int deadlineSeconds) {
    return new MailSender(
        AddressGuardTest.guard("127.0.0.1"),
        AddressGuardTest.settings(Duration.ofSeconds(deadlineSeconds)));
  }

  @BeforeAll
  static void start() {
    SERVER.start();
    SERVER.setUser("dcbalance@example.org", "postbox", "right");
  }

  @AfterAll
  static void stop() {
    SERVER.stop();
  }

  @BeforeEach
  void empty() throws Exception {
    SERVER.purgeEmailFromAllMailboxes();
  }

  private static Mail to(String host, int port, SmtpSecurity security, String user) {
    return new Mail(
        host,
        port,
        security,
        user,
        "dcbalance@example.org",
        List.of("amy@example.org", "ops@example.org"));
  }

  private static Mail plain() {
    return to("127.0.0.1", SERVER.getSmtp().getPort(), SmtpSecurity.NONE, null);
  }

  private static Message message(String sentence) {
    return new Message(
        1,
        UUID.fromString("7f3b1f4e-0000-4000-8000-000000000001"),
        "HOST_UNREACHABLE",
        "Host unreachable",
        Severity.CRITICAL,
        Instant.parse("2026-12-01T14:02:00Z"),
        new Message.About(3, "east-1"),
        sentence,
        URI.create("https://dcbalance.example.org") + "/hosts/2");
  }

  @Test
  void aMessageArrivesForEachRecipient() throws Exception {
    var outcome = sender.send(plain(), null, message("kvm-02 antwortet nicht: Überlast 日本"));
    assertThat(outcome.delivered()).as(outcome.sentence()).isTrue();
    assertThat(outcome.sentence()).endsWith("took it.");
    var arrived = SERVER.getReceivedMessages();
    assertThat(arrived).hasSize(2);
    var mail = arrived[0];
    assertThat(mail.getSubject())
        .isEqualTo("[DCbalance] Host unreachable: kvm-02 antwortet nicht: Überlast 日本");
    assertThat(mail.getFrom()[0].toString()).isEqualTo("dcbalance@example.org");
    assertThat(mail.getRecipients(RecipientType.TO)).hasSize(2);
    assertThat(mail.getHeader("Auto-Submitted")).containsExactly("auto-generated");
    assertThat(mail.getHeader("X-DCbalance-Delivery"))
        .containsExactly("7f3b1f4e-0000-4000-8000-000000000001");
    assertThat(mail.getContent().toString().replace("\r\n", "\n"))
        .isEqualTo(
            """
            kvm-02 antwortet nicht: Überlast 日本

            Severity: Critical
            Pool: east-1
            At: 2026-12-01T14:02:00Z

            https://dcbalance.example.org/hosts/2""");
  }

  @Test
  void namesCannotAddHeadersOrRecipients() throws Exception {
    var evil = "web\r\nBcc: mallory@example.org\r\n\r\nhello\u2028Cc: x@example.org\u0000\u0085";
    assertThat(sender.send(plain(), null, message(evil)).delivered()).isTrue();
    var mail = SERVER.getReceivedMessages()[0];
    assertThat(mail.getHeader("Bcc")).isNull();
    assertThat(mail.getHeader("Cc")).isNull();
    assertThat(mail.getAllRecipients()).hasSize(2);
    assertThat(SERVER.getReceivedMessages()).hasSize(2);
    assertThat(mail.getSubject()).doesNotContain("\r", "\n").contains("web Bcc: mallory");
  }

  @Test
  void userAndPasswordAreTriedAndTheirRefusalIsSaid() {
    var with = to("127.0.0.1", SERVER.getSmtp().getPort(), SmtpSecurity.NONE, "postbox");
    assertThat(sender.send(with, "right", message("x")).delivered()).isTrue();
    var refused = sender.send(with, "wrong-password", message("x"));
    assertThat(refused.delivered()).isFalse();
    assertThat(refused.sentence())
        .contains("refused the user postbox or the password")
        .doesNotContain("wrong-password");
  }

  @Test
  void withoutStarttlsNothingIsSentWhereItIsAskedFor() throws Exception {
    var outcome =
        sender.send(
            to("127.0.0.1", SERVER.getSmtp().getPort(), SmtpSecurity.STARTTLS, "postbox"),
            "right",
            message("x"));
    assertThat(outcome)
        .isEqualTo(
            Outcome.failed(
                "127.0.0.1:%d offers no STARTTLS, and nothing is sent without it."
                    .formatted(SERVER.getSmtp().getPort())));
    assertThat(SERVER.getReceivedMessages()).isEmpty();
  }

  @Test
  void aCertificateThatNobodyVouchesForIsRefused() throws Exception {
    var outcome =
        sender.send(
            to("127.0.0.1", SERVER.getSmtps().getPort(), SmtpSecurity.TLS, "postbox"),
            "right",
            message("x"));
    assertThat(outcome.delivered()).isFalse();
    assertThat(outcome.sentence()).startsWith("The TLS connection to 127.0.0.1");
    assertThat(SERVER.getReceivedMessages()).isEmpty();
  }

  @Test
  void theGuardLooksAtMailServersToo() {
    for (var host : List.of("127.0.0.2", "::1", "169.254.169.254", "2130706434")) {
      assertThat(
              sender
                  .send(
                      to(host, SERVER.getSmtp().getPort(), SmtpSecurity.NONE, null),
                      null,
                      message("x"))
                  .sentence())
          .contains(host, "nothing is sent there");
    }
    assertThat(
            sender
                .send(to("no-such-host.invalid", 25, SmtpSecurity.NONE, null), null, message("x"))
                .sentence())
        .contains("the name has no address");
  }

  @Test
  void aServerThatTricklesIsCutOffAtTheDeadline() throws IOException {
    try (var server = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (var socket = server.accept()) {
                  for (int i = 0; i < 600; i++) {
                    socket
                        .getOutputStream()
                        .write("220-wait\r\n".getBytes(StandardCharsets.US_ASCII));
                    Thread.sleep(100);
                  }
                } catch (IOException | InterruptedException cut) {
                  // as it should be
                }
              });
      var began = System.nanoTime();
      var outcome =
          sender(2)
              .send(
                  to("127.0.0.1", server.getLocalPort(), SmtpSecurity.NONE, null),
                  null,
                  message("x"));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
      assertThat(outcome.sentence()).endsWith("did not finish within 2 s.");
    }
  }

  /** Sent again it would come twice, and again for a day. */
  @Test
  void aServerThatTookTheMessageAndLeavesWithoutAWordHasTakenIt() throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var talk = Thread.ofVirtual().start(() -> takeAndVanish(server));
      var outcome =
          sender.send(
              to("127.0.0.1", server.getLocalPort(), SmtpSecurity.NONE, null), null, message("x"));
      assertThat(outcome.delivered()).as(outcome.sentence()).isTrue();
      talk.join(Duration.ofSeconds(10));
    }
  }

  private static void takeAndVanish(ServerSocket server) {
    try (var client = server.accept();
        var in = new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8))) {
      // closing it resets the connection
      client.setSoLinger(true, 0);
      var out = client.getOutputStream();
      out.write("220 here\r\n".getBytes(UTF_8));
      boolean text = false;
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals("QUIT")) {
          return;
        }
        if (text && !line.equals(".")) {
          continue;
        }
        text = line.equals("DATA");
        out.write((text ? "354 go on\r\n" : "250 fine\r\n").getBytes(UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first address of a name may be that of a machine that is down. */
  @Test
  void anAttemptMayReachAnyOfAServersAddresses() throws Exception {
    try (var server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.2"))) {
      var addresses =
          new InetAddress[] {InetAddress.getByName("127.0.0.3"), server.getInetAddress()};
      boolean reached = false;
      for (int i = 0; i < 40 && !reached; i++) {
        try (var sockets = new PinnedSockets(addresses, Duration.ofSeconds(5));
            var socket = sockets.createSocket("mail.example.org", server.getLocalPort())) {
          reached = socket.isConnected();
        } catch (ConnectException e) {
          assertThat(e).hasMessageContaining("refused");
        }
      }
      assertThat(reached).isTrue();
    }
  }

  /** The system puts first what this machine is thought to reach. */
  @Test
  void noAddressOfAnotherFamilyIsTried() throws Exception {
    try (var server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.2"))) {
      var addresses = new InetAddress[] {server.getInetAddress(), InetAddress.getByName("::1")};
      for (int i = 0; i < 20; i++) {
        try (var sockets = new PinnedSockets(addresses, Duration.ofSeconds(5));
            var socket = sockets.createSocket("mail.example.org", server.getLocalPort())) {
          assertThat(socket.isConnected()).isTrue();
        }
      }
    }
  }
}
