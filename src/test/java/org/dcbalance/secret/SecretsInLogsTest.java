package org.dcbalance.secret;

import static java.net.URLEncoder.encode;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.Route;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/** What must stay secret is said nowhere, however much the console is asked to tell. */
@ConsoleTest
@ExtendWith(OutputCaptureExtension.class)
class SecretsInLogsTest {
  private static final List<String> TALKATIVE =
      List.of("org.dcbalance", "org.springframework.security", "org.springframework.jdbc");
  private static final Pattern TOKEN = Pattern.compile("value=\"(dcb_[A-Za-z0-9_-]{43})\"");

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private List<RequestMappingInfoHandlerMapping> mappings;
  private final String user = "whisper-" + UUID.randomUUID();
  private final List<String> secrets = new ArrayList<>();
  private Browser administrator;

  @BeforeEach
  void talk() {
    administrator = new Browser(port);
    administrator.signIn("admin", ConsoleTest.PASSWORD);
    level(LogLevel.TRACE);
  }

  @AfterEach
  void beQuiet() {
    level(null);
    administrator.close();
    jdbc.sql("delete from app_user where name = :name").param("name", user).update();
    jdbc.sql("delete from api_token where name = :name").param("name", user).update();
    jdbc.sql("delete from notification_destination where name like :name")
        .param("name", user + "%")
        .update();
  }

  private static void level(@Nullable LogLevel level) {
    var logging = LoggingSystem.get(SecretsInLogsTest.class.getClassLoader());
    TALKATIVE.forEach(logger -> logging.setLogLevel(logger, level));
  }

  @Test
  void noneIsInTheLogOnAPageOrInTheAuditLog(CapturedOutput output) {
    signInRightAndWrong();
    useAToken();
    sendMail();
    signAMessage();
    nameAHost();
    assertThat(secrets).hasSizeGreaterThanOrEqualTo(8).doesNotHaveDuplicates();

    for (var page : Route.all(mappings)) {
      if (page.page() && !page.ofOneThing()) {
        silent(page.path(), administrator.get(page.path()).body());
      }
    }
    for (var id : destinations()) {
      silent("its form", administrator.get("/settings/notifications/" + id + "/edit").body());
    }
    silent("the audit log", administrator.get("/api/v1/audit.csv").body());
    var said = output.getAll();
    assertThat(said).as("it talks, of parameters too").contains("parameter value [" + user + "]");
    silent("the log", said);
    for (var secret : secrets) {
      assertThat(
              jdbc.sql(
                      "select count(*) from audit_entry e where position(:secret in cast(e as text)) > 0")
                  .param("secret", secret)
                  .query(Long.class)
                  .single())
          .isZero();
    }
  }

  private void silent(String where, String text) {
    // a failure that prints all of it would say less
    assertThat(secrets.stream().filter(text::contains).toList()).as(where).isEmpty();
  }

  private void signInRightAndWrong() {
    var password = secret("right");
    assertThat(
            send("/settings/access/users", "name", user, "password", password, "role", "OPERATOR")
                .statusCode())
        .isEqualTo(302);
    try (var browser = new Browser(port)) {
      assertThat(at(browser.signIn(user, secret("wrong")))).contains("error");
      assertThat(at(browser.signIn(user, password))).doesNotContain("login");
    }
  }

  private void useAToken() {
    var made = send("/settings/access/tokens", "name", user, "role", "VIEWER", "days", "1").body();
    var token = TOKEN.matcher(made);
    assertThat(token.find()).isTrue();
    secrets.add(token.group(1));
    for (var each : List.of(token.group(1), secret("unknown"))) {
      assertThat(administrator.get("/api/v1/hosts", "Authorization", "Bearer " + each).statusCode())
          .isEqualTo(each.equals(token.group(1)) ? 200 : 401);
    }
  }

  /** Nothing listens at this port, so neither message arrives. */
  private void sendMail() {
    var answer =
        send(
            "/settings/notifications",
            "name",
            user + " by mail",
            "kind",
            "EMAIL",
            "enabled",
            "true",
            "smtpHost",
            "127.0.0.1",
            "smtpPort",
            "9",
            "smtpSecurity",
            "STARTTLS",
            "smtpUser",
            "dcbalance",
            "smtpPassword",
            secret("smtp"),
            "sender",
            "dcbalance@example.org",
            "recipients",
            "ops@example.org",
            "events",
            "HOST_BACK",
            "leastSeverity",
            "INFO");
    assertThat(followed(answer)).contains(user + " by mail was added.");
    fails(user + " by mail");
  }

  private void signAMessage() {
    var hook =
        new String[] {
          "name",
          user + " by hook",
          "kind",
          "WEBHOOK",
          "payload",
          "DCBALANCE",
          "enabled",
          "true",
          "signingSecret",
          secret("signing-of-sixteen"),
          "events",
          "HOST_BACK",
          "leastSeverity",
          "INFO",
          "url",
          ""
        };
    hook[hook.length - 1] = "https://somebody:" + secret("hook") + "@203.0.113.7/";
    assertThat(send("/settings/notifications", hook).statusCode()).isEqualTo(400);
    hook[hook.length - 1] = "http://127.0.0.1:9/hook";
    assertThat(followed(send("/settings/notifications", hook)))
        .contains(user + " by hook was added.");
    fails(user + " by hook");
    assertThat(
            followed(
                send(
                    "/settings/notifications",
                    "name",
                    user + " by Slack",
                    "kind",
                    "WEBHOOK",
                    "payload",
                    "SLACK",
                    "enabled",
                    "true",
                    "url",
                    "http://127.0.0.1:9/services/" + secret("slack"),
                    "events",
                    "HOST_BACK",
                    "leastSeverity",
                    "INFO")))
        .contains(user + " by Slack was added.");
    fails(user + " by Slack");
  }

  private void fails(String destination) {
    long id =
        jdbc.sql("select id from notification_destination where name = :name")
            .param("name", destination)
            .query(Long.class)
            .single();
    assertThat(followed(send("/settings/notifications/" + id + "/test")))
        .contains("The test to " + destination + " failed");
  }

  private void nameAHost() {
    for (var scheme : List.of("qemu+tls", "qemu+ssh")) {
      var uri = "%s://root:%s@127.0.0.1/system".formatted(scheme, secret(scheme));
      for (var action : List.of("test", "save")) {
        assertThat(send("/hosts", "name", user, "uri", uri, "action", action).statusCode())
            .isBetween(400, 499);
      }
      var asked =
          administrator
              .request("/api/v1/hosts/test")
              .header("Content-Type", "application/json")
              .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
              .POST(
                  BodyPublishers.ofString("{\"name\":\"%s\",\"uri\":\"%s\"}".formatted(user, uri)));
      assertThat(administrator.send(asked.build()).statusCode()).isBetween(400, 499);
    }
  }

  private List<Long> destinations() {
    return jdbc.sql("select id from notification_destination where name like :name")
        .param("name", user + "%")
        .query(Long.class)
        .list();
  }

  private String secret(String of) {
    var secret = of + "-" + UUID.randomUUID();
    secrets.add(secret);
    return secret;
  }

  private String followed(HttpResponse<String> answer) {
    return administrator.get(at(answer)).body();
  }

  private static String at(HttpResponse<String> answer) {
    return answer.headers().firstValue("Location").orElseThrow();
  }

  private HttpResponse<String> send(String path, String... fields) {
    var form =
        Stream.iterate(0, i -> i < fields.length, i -> i + 2)
            .map(i -> encode(fields[i], UTF_8) + "=" + encode(fields[i + 1], UTF_8))
            .collect(Collectors.joining("&"));
    return administrator.post(path, form + "&_csrf=" + encode(administrator.csrf("/login"), UTF_8));
  }
}
