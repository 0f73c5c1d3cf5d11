package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.version;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;

/** Destinations by the pages, as an administrator clicks through them. */
@ConsolePagesTest
class NotificationPagesTest {
  private static final String PAGE = "/settings/notifications";
  private static final Pattern KEY = Pattern.compile("value=\"(dcbw_[A-Za-z0-9_-]{43})\"");

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private PasswordEncoder encoder;
  private SignedIn administrator;

  @BeforeEach
  void signIn() {
    jdbc.sql("delete from notification_destination").update();
    administrator = SignedIn.as(Role.ADMINISTRATOR, port, jdbc, encoder);
  }

  @AfterEach
  void close() {
    jdbc.sql("delete from notification_destination").update();
    administrator.close();
  }

  @Test
  void withoutAnyThePageSaysWhatToDo() {
    assertThat(administrator.page(PAGE)).contains("Nobody is told yet", PAGE + "/new?kind=WEBHOOK");
    assertThat(administrator.fragment(PAGE + "?fragment=state")).contains("Nobody is told yet");
  }

  @Test
  void slackIsAddedTriedAndMadeAWebhookOfOurOwn() throws IOException {
    var bodies = new ConcurrentLinkedQueue<String>();
    var paths = new ConcurrentLinkedQueue<String>();
    var server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 5);
    server.createContext(
        "/",
        exchange -> {
          paths.add(exchange.getRequestURI().getPath());
          bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    try {
      var url = "http://127.0.0.1:" + server.getAddress().getPort() + "/services/T0/B0/key";
      assertThat(administrator.page(PAGE + "/new?kind=WEBHOOK&payload=SLACK"))
          .contains("Add Slack", "Whoever knows it can write to the channel, so it is not shown")
          .containsPattern("value=\"SLACK\" selected");
      var refused = slack(PAGE, url, "SLACK", "a secret that nobody checks");
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body())
          .contains("Slack and Mattermost check no signature")
          .containsPattern("value=\"SLACK\" selected");
      assertThat(slack(PAGE, url, "SLACK", "").statusCode()).isEqualTo(302);
      var list = administrator.page(PAGE);
      assertThat(list)
          .contains("Slack</span> · <span>http://127.0.0.1:", "/…", "<span>address</span> set ")
          .doesNotContain("/services/T0", "signing secret set");
      assertThat(administrator.sendAndFollow(PAGE + "/" + id() + "/test"))
          .contains("The test to night shift arrived");
      assertThat(bodies)
          .singleElement()
          .satisfies(
              body ->
                  assertThat(body)
                      .startsWith("{\"text\":\"*Test* (information)\\npage-administrator tests"));
      assertThat(jdbc.sql("select url from notification_destination").query(String.class).single())
          .isEqualTo("http://127.0.0.1:" + server.getAddress().getPort());
      var edit = administrator.page(PAGE + "/" + id() + "/edit");
      assertThat(edit)
          .contains("empty to keep it", "by <span>page-administrator</span>")
          .doesNotContain("/services/T0");
      var known = administrator.page("/api/v1/notification-destinations/" + id());
      assertThat(known).contains("\"url\":null", "/…").doesNotContain("/services/T0");
      assertThat(slack(PAGE + "/" + id(), "", "SLACK", "").statusCode()).as("kept").isEqualTo(302);
      administrator.sendAndFollow(PAGE + "/" + id() + "/enabled", "enabled", "false");
      administrator.sendAndFollow(PAGE + "/" + id() + "/test");
      assertThat(paths).hasSize(2).containsOnly("/services/T0/B0/key");
      var elsewhere = url.replace("key", "other");
      assertThat(slack(PAGE + "/" + id(), elsewhere, "SLACK", "").statusCode()).isEqualTo(302);
      administrator.sendAndFollow(PAGE + "/" + id() + "/test");
      assertThat(paths).last().isEqualTo("/services/T0/B0/other");
      assertThat(administrator.page("/audit?q=night+shift"))
          .contains("set anew")
          .doesNotContain("/services/T0");
      assertThat(slack(PAGE + "/" + id(), "", "DCBALANCE", "").statusCode())
          .as("a secret does not become an address that is shown")
          .isEqualTo(400);
      var changed = slack(PAGE + "/" + id(), url, "DCBALANCE", "");
      assertThat(KEY.matcher(changed.body()).find()).as("its key is shown").isTrue();
      administrator.sendAndFollow(PAGE + "/" + id() + "/test");
      assertThat(bodies).last().asString().startsWith("{\"version\":1,");
      assertThat(
              jdbc.sql("select count(*) from secret where place = 'notification/' || :id || '/url'")
                  .param("id", id())
                  .query(Long.class)
                  .single())
          .as("it is an address like any other now")
          .isZero();
    } finally {
      server.stop(0);
    }
  }

  @Test
  void anAddressInClearIsMarkedAndNotShownUntilItIsSealed() {
    jdbc.sql(
            """
            insert into notification_destination (name, kind, url, payload, events, least_severity, created_by)
            values ('night shift', 'WEBHOOK', 'http://127.0.0.1:9/services/key', 'SLACK', '{HOST_BACK}', 'INFO', 'amy')
            """)
        .update();
    var path = PAGE + "/" + id();
    var mark = "stored in clear text: save it again to seal it";
    assertThat(administrator.page(PAGE)).contains(mark).doesNotContain("/services/key");
    assertThat(administrator.page(path + "/edit"))
        .contains(mark, "empty to keep it")
        .doesNotContain("/services/key");
    assertThat(slack(path, "", "SLACK", "").statusCode()).isEqualTo(302);
    assertThat(administrator.page(PAGE))
        .contains("<span>address</span> set ")
        .doesNotContain(mark, "/services/key");
    assertThat(administrator.page(path + "/edit")).doesNotContain(mark, "/services/key");
    assertThat(jdbc.sql("select url from notification_destination").query(String.class).single())
        .isEqualTo("http://127.0.0.1:9");
  }

  private HttpResponse<String> slack(String path, String url, String payload, String secret) {
    return administrator.send(
        path,
        "name",
        "night shift",
        "kind",
        "WEBHOOK",
        "payload",
        payload,
        "enabled",
        "true",
        "url",
        url,
        "signingSecret",
        secret,
        "events",
        "HOST_BACK",
        "leastSeverity",
        "INFO");
  }

  @Test
  void whatSomebodyChangedMeanwhileIsNotUndoneByAnOlderForm() {
    assertThat(slack(PAGE, "http://127.0.0.1:9/services/key", "SLACK", "").statusCode())
        .isEqualTo(302);
    var path = PAGE + "/" + id();
    var old = version(administrator.page(path + "/edit"));
    administrator.sendAndFollow(path + "/enabled", "enabled", "false");
    var late = renamed(path, old);
    assertThat(late.statusCode()).isEqualTo(409);
    assertThat(late.body())
        .contains("night shift was changed after you loaded it, last by page-administrator")
        .contains("enabled from yes to no", "value=\"day shift\"");
    assertThat(stored()).isEqualTo("night shift, off");
    assertThat(renamed(path, version(late.body())).statusCode()).isEqualTo(302);
    assertThat(stored()).isEqualTo("day shift, on");
  }

  private HttpResponse<String> renamed(String path, String version) {
    return administrator.send(
        path,
        "version",
        version,
        "name",
        "day shift",
        "kind",
        "WEBHOOK",
        "payload",
        "SLACK",
        "enabled",
        "true",
        "url",
        "http://127.0.0.1:9/services/key",
        "events",
        "HOST_BACK",
        "leastSeverity",
        "INFO");
  }

  private String stored() {
    return jdbc.sql(
            "select name || case when enabled then ', on' else ', off' end from notification_destination")
        .query(String.class)
        .single();
  }

  @Test
  void aWebhookIsAddedTriedChangedSwitchedOffAndRemoved() throws IOException {
    var hits = new AtomicInteger();
    var server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 5);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(hits.incrementAndGet() == 1 ? 204 : 500, -1);
          exchange.close();
        });
    server.start();
    try {
      var url = "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
      var answer =
          administrator.send(
              PAGE,
              "name",
              "chat <b>7</b>",
              "kind",
              "WEBHOOK",
              "enabled",
              "true",
              "url",
              url,
              "events",
              "HOST_BACK",
              "events",
              "HOST_UNREACHABLE",
              "leastSeverity",
              "WARNING");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Cache-Control").orElseThrow()).contains("no-store");
      var key = KEY.matcher(answer.body());
      assertThat(key.find()).isTrue();
      long id = id();
      assertThat(administrator.page(PAGE))
          .contains(
              "chat &lt;b&gt;7&lt;/b&gt;",
              url,
              "2 events",
              "warnings and worse",
              "by <span class=\"breaks\">page-administrator</span>")
          .doesNotContain("<b>7", key.group(1));

      assertThat(administrator.sendAndFollow(PAGE + "/" + id + "/test"))
          .contains("The test to chat &lt;b&gt;7&lt;/b&gt; arrived", "answered 204.");
      assertThat(administrator.sendAndFollow(PAGE + "/" + id + "/test"))
          .contains("failed: ", "answered 500.");

      assertThat(administrator.page(PAGE + "/" + id + "/edit"))
          .contains(
              "empty to keep it", "by <span>page-administrator</span>", "value=\"" + url + "\"")
          .doesNotContain(key.group(1));
      assertThat(
              administrator.sendAndFollow(
                  PAGE + "/" + id,
                  "name",
                  "chat",
                  "kind",
                  "WEBHOOK",
                  "enabled",
                  "true",
                  "url",
                  url + "?key=abc",
                  "events",
                  "HOST_BACK",
                  "leastSeverity",
                  "INFO"))
          .contains("chat was changed.", "1 event", "/hook?…")
          .doesNotContain("key=abc");
      assertThat(administrator.sendAndFollow(PAGE + "/" + id + "/enabled", "enabled", "false"))
          .contains("chat is told nothing for now", "Switched off");
      assertThat(administrator.sendAndFollow(PAGE + "/" + id + "/delete"))
          .contains("chat was removed", "Nobody is told yet");
      assertThat(administrator.get(PAGE + "/" + id + "/edit").statusCode()).isEqualTo(404);
      assertThat(administrator.page("/audit?q=chat"))
          .contains(
              "Destination added",
              "Destination tested",
              "Destination changed",
              "Destination removed")
          .doesNotContain(key.group(1), "key=abc");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void anEmailIsTriedAtARealServer() throws Exception {
    var server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    server.start();
    try {
      assertThat(
              administrator.sendAndFollow(
                  PAGE,
                  "name",
                  "mail",
                  "kind",
                  "EMAIL",
                  "smtpHost",
                  "127.0.0.1",
                  "smtpPort",
                  "" + server.getSmtp().getPort(),
                  "smtpSecurity",
                  "NONE",
                  "sender",
                  "dcbalance@example.org",
                  "recipients",
                  "a@example.org\r\nb@example.org",
                  "events",
                  "HOST_BACK",
                  "leastSeverity",
                  "INFO"))
          .contains("mail was added. Maybe send a test.", "a@example.org, b@example.org");
      assertThat(administrator.sendAndFollow(PAGE + "/" + id() + "/test")).contains("took it.");
      assertThat(server.getReceivedMessages()).hasSize(2);
      assertThat(server.getReceivedMessages()[0].getSubject())
          .startsWith("[DCbalance] Test: page-administrator tests");
    } finally {
      server.stop();
    }
  }

  @Test
  void whatIsRefusedComesBackWithWhatWasTypedButNoSecret() {
    var answer =
        administrator.send(
            PAGE,
            "name",
            "metadata",
            "kind",
            "WEBHOOK",
            "url",
            "http://169.254.169.254/x",
            "signingSecret",
            "a secret of sixteen",
            "events",
            "HOST_BACK",
            "leastSeverity",
            "CRITICAL");
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body())
        .contains(
            "a link-local address",
            "value=\"metadata\"",
            "value=\"http://169.254.169.254/x\"",
            "<option value=\"CRITICAL\" selected")
        .doesNotContain("a secret of sixteen");
    answer =
        administrator.send(
            PAGE,
            "name",
            "mail",
            "kind",
            "EMAIL",
            "smtpHost",
            "203.0.113.7",
            "smtpUser",
            "amy",
            "smtpPassword",
            "correct horse",
            "sender",
            "nobody",
            "recipients",
            "x",
            "events",
            "HOST_BACK");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .contains("The sender is no mail address.", "value=\"nobody\"")
        .doesNotContain("correct horse");
    assertThat(
            administrator
                .send(PAGE, "name", "x", "kind", "WEBHOOK", "url", "https://203.0.113.7/")
                .body())
        .contains("would be told nothing");
  }

  @Test
  void whatBecameOfMessagesIsShown() {
    long id =
        jdbc.sql(
                """
                insert into notification_destination (name, kind, enabled, url, events, least_severity, created_by)
                values ('chat', 'WEBHOOK', false, 'https://hooks.example.org/', '{HOST_BACK}', 'INFO', 'amy') returning id
                """)
            .query(Long.class)
            .single();
    assertThat(administrator.page(PAGE)).contains("Nothing was to be told yet", "Switched off");
    jdbc.sql(
            """
            insert into notification_delivery (destination_id, event_id, event, severity, sentence, path, state, attempts, outcome)
            select :id, gen_random_uuid(), 'HOST_BACK', 'INFO', '<i>kvm</i> ' || n, '/hosts', 'GIVEN_UP', 20, 'It answered 410.'
            from generate_series(1, 60) n
            """)
        .param("id", id)
        .update();
    var page = administrator.page(PAGE);
    assertThat(page)
        .contains(
            "Given up",
            "20 attempts",
            "It answered 410.",
            "&lt;i&gt;kvm&lt;/i&gt; 60",
            "Older messages")
        .doesNotContain("<i>kvm");
    var older = Pattern.compile("href=\"(" + PAGE + "\\?before=[0-9]+)\"").matcher(page);
    assertThat(older.find()).isTrue();
    assertThat(administrator.page(older.group(1)))
        .contains("kvm&lt;/i&gt; 1<")
        .doesNotContain("kvm&lt;/i&gt; 60<", "Older messages");
  }

  private long id() {
    return jdbc.sql("select max(id) from notification_destination").query(Long.class).single();
  }
}
