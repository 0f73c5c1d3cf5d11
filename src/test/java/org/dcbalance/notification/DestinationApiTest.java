package org.dcbalance.notification;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Map;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.Test;

/** Destinations by the API: what is refused, and what nobody gets to see. */
@ConsoleTest
class DestinationApiTest extends Receiving {
  @Test
  void whatIsAddedByApiIsSeenWithoutItsSecretTriedAndRemoved() {
    var made =
        send(
            "POST",
            "",
            webhook("test api", "/api", "INFO", "HOST_BACK")
                .replace("}", ",\"signingSecret\":\"a secret of sixteen\"}"));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(made.body())
        .contains("\"signingSecret\":null")
        .doesNotContain("a secret of sixteen");
    long id = id("test api");
    assertThat(send("GET", "/" + id, "").body()).contains("\"secretSetBy\":\"token environment\"");
    assertThat(send("POST", "/" + id + "/test", "{}").body())
        .contains("\"delivered\":true", "answered 204");
    assertThat(receiver.at("/api").getFirst().header("X-DCbalance-Event")).isEqualTo("TEST");
    assertThat(
            send("PUT", "/" + id, webhook("test api", "/api2?token=abc", "WARNING", "HOST_BACK"))
                .statusCode())
        .isEqualTo(200);
    assertThat(send("GET", "/" + id + "/deliveries", "").body()).contains("\"items\":[]");
    var audit = browser.get("/api/v1/audit?q=test%20api", "Authorization", BEARER).body();
    assertThat(audit)
        .contains("DESTINATION_ADDED", "DESTINATION_TESTED", "DESTINATION_CHANGED", "/… (")
        .doesNotContain("a secret of sixteen", "token=abc", "/api2");
    assertThat(
            send("PUT", "/" + id, webhook("test api", "/api2?token=xyz", "WARNING", "HOST_BACK"))
                .statusCode())
        .isEqualTo(200);
    assertThat(
            browser
                .get("/api/v1/audit?q=test%20api&act=DESTINATION_CHANGED", "Authorization", BEARER)
                .body()
                .split("DESTINATION_CHANGED", -1))
        .as("another key is another address")
        .hasSize(3);
    assertThat(send("DELETE", "/" + id, "").statusCode()).isEqualTo(204);
    assertThat(send("GET", "/" + id, "").statusCode()).isEqualTo(404);
    assertThat(
            jdbc.sql("select count(*) from secret where place like 'notification/' || :id || '/%'")
                .param("id", id)
                .query(Long.class)
                .single())
        .isZero();
  }

  @Test
  void aSecretAddressOfAnEarlierVersionIsUsedAsItIsAndSealedWhenSaved() {
    var url = receiver.url("/services/T0/key");
    jdbc.sql(
            """
            insert into notification_destination (name, kind, url, payload, events, least_severity, created_by)
            values ('test slack', 'WEBHOOK', :url, 'SLACK', '{HOST_BACK}', 'INFO', 'amy')
            """)
        .param("url", url)
        .update();
    long id = id("test slack");
    assertThat(send("POST", "/" + id + "/test", "{}").body()).contains("\"delivered\":true");
    assertThat(receiver.at("/services/T0/key")).hasSize(1);
    assertThat(send("GET", "/" + id, "").body())
        .contains("\"inClear\":true", "\"url\":null", "\"secretSetAt\":null")
        .doesNotContain("/services/T0");
    assertThat(storedUrl(id)).as("a console of that version still sends").isEqualTo(url);
    var saved =
        send(
            "PUT",
            "/" + id,
            "{\"name\":\"test slack\",\"kind\":\"WEBHOOK\",\"payload\":\"SLACK\",\"events\":[\"HOST_BACK\"]}");
    assertThat(saved.statusCode()).as(saved.body()).isEqualTo(200);
    assertThat(saved.body())
        .contains("\"inClear\":false", "\"secretSetBy\":\"token environment\"")
        .doesNotContain("/services/T0");
    assertThat(storedUrl(id)).isEqualTo(url.replace("/services/T0/key", ""));
    assertThat(send("POST", "/" + id + "/test", "{}").body()).contains("\"delivered\":true");
    assertThat(receiver.at("/services/T0/key")).hasSize(2);
    jdbc.sql("delete from secret where place = 'notification/' || :id || '/url'")
        .param("id", id)
        .update();
    assertThat(send("POST", "/" + id + "/test", "{}").body())
        .contains("\"delivered\":false", "Its address is missing.");
  }

  @Test
  void aProgramUndoesNothingThatItHasNotSeen() {
    send("POST", "", webhook("test seen", "/seen", "INFO", "HOST_BACK"));
    long id = id("test seen");
    assertThat(send("GET", "/" + id, "").body()).contains("\"version\":0");
    var first = webhook("test seen", "/first", "INFO", "HOST_BACK");
    assertThat(send("PUT", "/" + id + "?version=0", first).body()).contains("\"version\":1");
    var second = webhook("test seen", "/second", "INFO", "HOST_BACK");
    var late = send("PUT", "/" + id + "?version=0", second);
    assertThat(late.statusCode()).isEqualTo(409);
    assertThat(late.body()).contains("test seen was changed after you loaded it");
    assertThat(storedUrl(id)).isEqualTo(receiver.url("/first"));
    assertThat(send("PUT", "/" + id + "?version=1", second).statusCode()).isEqualTo(200);
    assertThat(storedUrl(id)).isEqualTo(receiver.url("/second"));
  }

  private String storedUrl(long id) {
    return jdbc.sql("select url from notification_destination where id = :id")
        .param("id", id)
        .query(String.class)
        .single();
  }

  @Test
  void whatMustNotBeIsRefusedWithAReason() {
    for (var wrong :
        Map.of(
                "ftp://hooks.example.org/", "begins with https:// or http://",
                "http://amy:secret@203.0.113.7/", "no user or password",
                "http://169.254.169.254/latest/meta-data", "link-local",
                "http://127.0.0.2/", "loopback",
                "http://[::ffff:127.0.0.2]/", "loopback",
                "http://2852039166/", "link-local",
                "http:///nowhere", "names no host",
                "not an address", "cannot be read")
            .entrySet()) {
      var answer =
          send(
              "POST",
              "",
              "{\"name\":\"test wrong\",\"kind\":\"WEBHOOK\",\"url\":\"%s\",\"events\":[\"HOST_BACK\"]}"
                  .formatted(wrong.getKey()));
      assertThat(answer.statusCode()).as(wrong.getKey()).isBetween(400, 422);
      assertThat(answer.body()).as(wrong.getKey()).contains(wrong.getValue());
    }
    assertThat(send("POST", "", webhook("test wrong", "/x", "INFO")).body())
        .contains("would be told nothing");
    assertThat(mail("\"smtpSecurity\":\"NONE\",\"smtpUser\":\"amy\",\"smtpPassword\":\"x\"").body())
        .contains("could be read on its way");
    assertThat(mail("\"smtpUser\":\"amy\"").body()).contains("The password of amy is missing.");
    assertThat(
            jdbc.sql("select count(*) from notification_destination where name = 'test wrong'")
                .query(Long.class)
                .single())
        .isZero();
  }

  @Test
  void aPasswordIsNotSentToAnotherServerThanItWasGivenFor() {
    var made = mail("\"smtpUser\":\"amy\",\"smtpPassword\":\"correct horse\"");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(made.body()).doesNotContain("correct horse");
    long id = id("test wrong");
    var elsewhere = send("PUT", "/" + id, mailBody("203.0.113.66", "\"smtpUser\":\"amy\""));
    assertThat(elsewhere.statusCode()).isEqualTo(400);
    assertThat(elsewhere.body()).contains("was given for another server or user");
    assertThat(send("PUT", "/" + id, mailBody("203.0.113.7", "\"smtpUser\":\"amy\"")).statusCode())
        .isEqualTo(200);
    assertThat(
            send(
                    "PUT",
                    "/" + id,
                    mailBody(
                        "203.0.113.66", "\"smtpUser\":\"amy\",\"smtpPassword\":\"another horse\""))
                .statusCode())
        .isEqualTo(200);
    assertThat(browser.get("/api/v1/audit?q=test%20wrong", "Authorization", BEARER).body())
        .contains("set anew")
        .doesNotContain("horse");
  }

  private HttpResponse<String> mail(String more) {
    return send("POST", "", mailBody("203.0.113.7", more));
  }

  private static String mailBody(String host, String more) {
    return "{\"name\":\"test wrong\",\"kind\":\"EMAIL\",\"enabled\":false,\"smtpHost\":\"%s\",\"sender\":\"a@example.org\",\"recipients\":[\"b@example.org\"],\"events\":[\"HOST_BACK\"],%s}"
        .formatted(host, more);
  }
}
