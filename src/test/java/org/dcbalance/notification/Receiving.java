package org.dcbalance.notification;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Collectors;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What tests of destinations on a running console share: a receiver, and the API. */
abstract class Receiving {
  static final String BEARER = "Bearer " + ConsoleTest.TOKEN;

  @LocalServerPort int port;
  @Autowired JdbcClient jdbc;
  Receiver receiver;
  Browser browser;

  @BeforeEach
  void start() {
    receiver = new Receiver();
    browser = new Browser(port);
    // of hosts that other tests left it is found out at any time that they do not answer, and told
    jdbc.sql(
            "update host set state = 'DOWN' where removed_at is null"
                + " and pool_id in (select id from pool where not simulated)")
        .update();
  }

  @AfterEach
  void stop() {
    jdbc.sql("delete from notification_destination where name like 'test %'").update();
    browser.close();
    receiver.close();
  }

  final String webhook(String name, String path, String least, String... events) {
    return "{\"name\":\"%s\",\"kind\":\"WEBHOOK\",\"url\":\"%s\",\"leastSeverity\":\"%s\",\"events\":[%s]}"
        .formatted(
            name,
            receiver.url(path),
            least,
            List.of(events).stream().map(e -> "\"" + e + "\"").collect(Collectors.joining(",")));
  }

  final HttpResponse<String> send(String method, String path, String body) {
    return browser.send(
        browser
            .request("/api/v1/notification-destinations" + path)
            .header("Content-Type", "application/json")
            .header("Authorization", BEARER)
            .method(method, BodyPublishers.ofString(body))
            .build());
  }

  final long id(String name) {
    return jdbc.sql("select id from notification_destination where name = ?")
        .param(name)
        .query(Long.class)
        .single();
  }
}
