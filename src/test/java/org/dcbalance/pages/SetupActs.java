package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.testing.ConsoleTest;

/** Signing in, finding one's way, and setting up who may do what and who is told. */
final class SetupActs {
  private static final String NOTIFICATIONS = "/settings/notifications";
  private static final String DESTINATION =
      "select id from notification_destination where name = :name || '-%s'";
  private static final String LIMITS = "select cast(limits as text) from pool where id = :recorded";

  private final ActStage stage;
  private final Visitor visitor;

  SetupActs(ActStage stage) {
    this.stage = stage;
    this.visitor = stage.visitor();
  }

  Map<String, PageActs> table() {
    var table = new LinkedHashMap<String, PageActs>();
    table.put(
        "/login",
        new PageActs(
            () -> {
              visitor.open("/");
              visitor.press("Sign in");
              visitor.isHeldBack("/login");
            },
            () -> {
              visitor.fill("Sign in", "username", "admin");
              visitor.fill("Sign in", "password", "not " + ConsoleTest.PASSWORD);
              visitor.press("Sign in");
              visitor.sees("Name and password do not match.");
            },
            () -> {
              visitor.fill("Sign in", "username", "admin");
              visitor.fill("Sign in", "password", ConsoleTest.PASSWORD);
              visitor.press("Sign in");
              visitor.at("/");
              visitor.sees("admin");
            }));
    table.put(
        "/search",
        new PageActs(
            () -> {
              visitor.search("nothing-is-called-so");
              visitor.sees("No host or virtual machine has this in its name");
            },
            () -> visitor.isRefused("/search/nothing", 404, "There is nothing at /search/nothing."),
            () -> {
              visitor.open("/");
              visitor.search(stage.name() + "-vm");
              visitor.sees("4 hits", stage.vm(1), stage.vm(4), "on " + stage.host(1));
            }));
    table.put(
        "/about",
        new PageActs(
            () -> {
              visitor.open("/about");
              assertThat(visitor.row(stage.host(1))).contains("– 0 of ");
            },
            () -> assertThat(visitor.row(stage.host(1))).contains("Unreachable"),
            () -> {
              visitor.sees("Versions", "Not protected", "Kept for");
              visitor.press(stage.host(1));
              visitor.at("/hosts/" + stage.hostId(1));
            }));
    table.put("/settings/strategy", new PageActs(this::noLimits, this::noHours, this::limits));
    table.put("/settings/access", new PageActs(this::noProvider, this::sameUser, this::access));
    table.put(
        "/account",
        new PageActs(
            () -> {
              visitor.open("/");
              visitor.pressAt("details.menu > summary");
              visitor.press("Your account");
              visitor.at("/account");
              visitor.press("Change the password");
              visitor.isHeldBack("/account");
            },
            () -> {
              visitor.fill("Change the password", "current", "not " + ConsoleTest.PASSWORD);
              visitor.fill("Change the password", "password", "a password for acts");
              visitor.press("Change the password");
              visitor.sees("That is not your current password.");
            },
            () -> {
              // other tests sign in with the first one
              for (var each :
                  List.of(
                      Map.entry(ConsoleTest.PASSWORD, "a password for acts"),
                      Map.entry("a password for acts", ConsoleTest.PASSWORD))) {
                visitor.open("/account");
                visitor.fill("Change the password", "current", each.getKey());
                visitor.fill("Change the password", "password", each.getValue());
                visitor.press("Change the password");
                visitor.sees("Your password is changed");
              }
            }));
    table.put(
        NOTIFICATIONS,
        new PageActs(
            this::nobodyIsTold,
            () -> tests(500, "The test to " + stage.name() + "-hook failed"),
            () -> tests(204, "The test to " + stage.name() + "-hook arrived")));
    table.put(
        NOTIFICATIONS + "/new",
        new PageActs(
            () -> {
              visitor.open(NOTIFICATIONS + "/new");
              visitor.press("Add the webhook");
              visitor.isHeldBack(NOTIFICATIONS + "/new");
            },
            this::forbiddenAddress,
            () -> {
              visitor.fill("Add the webhook", "url", "http://127.0.0.1:9/hook");
              visitor.press("Add the webhook");
              visitor.sees("is shown this once");
              assertThat(stage.id(DESTINATION.formatted("new"))).isPositive();
            }));
    table.put(
        NOTIFICATIONS + "/{id}/edit",
        new PageActs(
            () -> {
              visitor.open(NOTIFICATIONS + "/" + stage.id(DESTINATION.formatted("new")) + "/edit");
              visitor.sees("empty to keep it");
              assertThat(visitor.held("Save", "signingSecret")).isEmpty();
            },
            () ->
                visitor.isRefused(
                    NOTIFICATIONS + "/999999999/edit", 404, "There is no destination 999999999."),
            () -> {
              visitor.open(NOTIFICATIONS + "/" + stage.id(DESTINATION.formatted("new")) + "/edit");
              visitor.fill("Save", "name", stage.name() + "-renamed");
              visitor.press("Save");
              visitor.sees(stage.name() + "-renamed was changed.");
              assertThat(stage.id(DESTINATION.formatted("renamed"))).isPositive();
              // what happens from here on is told to nobody
              visitor.press("Remove " + stage.name() + "-renamed");
              visitor.confirm();
              visitor.sees(stage.name() + "-renamed was removed");
            }));
    return table;
  }

  private void noLimits() {
    visitor.open("/settings/strategy?pool=" + stage.recorded());
    visitor.sees("An empty field keeps to the default.");
    assertThat(visitor.held("Save", "gainPercent")).isEmpty();
  }

  private void noHours() {
    visitor.fill("Save", "gainPercent", "12");
    visitor.fill("Save", "quietHours", "at night");
    visitor.press("Save");
    visitor.sees("Not saved", "is no time of day");
    assertThat(visitor.held("Save", "quietHours")).isEqualTo("at night");
    assertThat(visitor.held("Save", "gainPercent")).isEqualTo("12");
    assertThat(stage.word(LIMITS)).isEqualTo("{}");
  }

  private void limits() {
    visitor.fill("Save", "quietHours", "22:00-06:00 UTC");
    visitor.press("Save");
    visitor.sees("The strategy of " + stage.name() + " is saved.");
    assertThat(stage.word(LIMITS)).contains("0.12");
  }

  private void noProvider() {
    visitor.open("/settings/access");
    visitor.sees("People sign in with passwords of this console.");
  }

  private void sameUser() {
    visitor.fill("Add the user", "name", "admin");
    visitor.fill("Add the user", "password", "a password for acts");
    visitor.press("Add the user");
    visitor.sees("There is a user named admin already.");
    assertThat(visitor.held("Add the user", "name")).isEqualTo("admin");
  }

  private void access() {
    visitor.fill("Add the user", "name", stage.name());
    visitor.fill("Add the user", "password", "a password for acts");
    visitor.fill("Add the user", "role", "OPERATOR");
    visitor.press("Add the user");
    visitor.sees(stage.name() + " can sign in as operator now.");
    assertThat(stage.word("select role from app_user where name = :name")).isEqualTo("OPERATOR");
    visitor.fill("Make the token", "name", stage.name());
    visitor.press("Make the token");
    visitor.sees("The token " + stage.name() + " is shown this once.");
    assertThat(stage.word("select role from api_token where name = :name")).isEqualTo("VIEWER");
  }

  private void nobodyIsTold() {
    stage.update("delete from notification_destination");
    visitor.open(NOTIFICATIONS);
    visitor.sees("Nobody is told yet");
  }

  private void tests(int status, String outcome) throws IOException {
    var receiver =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 5);
    receiver.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    receiver.start();
    try {
      stage.update(
          """
          insert into notification_destination (name, kind, enabled, url, payload, events, least_severity, created_by)
          values (:name || '-hook', 'WEBHOOK', true, 'http://127.0.0.1:%d/', 'SLACK', '{OBSERVE_ONLY}', 'INFO', 'amy')
          on conflict (name) do update set url = excluded.url
          """
              .formatted(receiver.getAddress().getPort()));
      visitor.open(NOTIFICATIONS);
      visitor.press("Send a test to " + stage.name() + "-hook");
      visitor.sees(outcome);
    } finally {
      receiver.stop(0);
    }
  }

  private void forbiddenAddress() {
    visitor.fill("Add the webhook", "name", stage.name() + "-new");
    visitor.fill("Add the webhook", "url", "http://169.254.169.254/latest");
    visitor.press("Add the webhook");
    visitor.sees("Refused", "a link-local address");
    assertThat(visitor.held("Add the webhook", "name")).isEqualTo(stage.name() + "-new");
    assertThat(visitor.held("Add the webhook", "url")).isEqualTo("http://169.254.169.254/latest");
  }
}
