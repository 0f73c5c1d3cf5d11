package org.dcbalance.access;

import static java.net.URLEncoder.encode;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/** People change the password that they sign in with, if they know it. */
@ConsoleTest
class OwnPasswordTest {
  private static final String PASSWORD = "one for all";
  private static final String OTHER = "another one for all";

  @LocalServerPort private int port;
  @Autowired private Users users;
  @Autowired private JdbcClient jdbc;
  private Browser browser;
  private String name;

  @BeforeEach
  void open() {
    browser = new Browser(port);
    name = "own-" + System.nanoTime();
    users.add(name, PASSWORD, Role.VIEWER);
    browser.signIn(name, PASSWORD);
  }

  @AfterEach
  void close() {
    browser.close();
  }

  @Test
  void aNewPasswordEndsTheOtherSessionsAndIsNoted() {
    try (var elsewhere = new Browser(port)) {
      elsewhere.signIn(name, PASSWORD);
      assertThat(browser.get("/account").body()).contains("with 2 browsers", name, "viewer");
      assertThat(change(PASSWORD, OTHER)).contains("Your password is changed", "with 1 browser<");
      assertThat(elsewhere.get("/api/v1/probe/me").statusCode()).isEqualTo(401);
      assertThat(browser.get("/api/v1/probe/me").statusCode()).isEqualTo(200);
      assertThat(signIn(elsewhere, PASSWORD)).contains("error");
      assertThat(signIn(elsewhere, OTHER)).doesNotContain("login");
    }
    assertThat(
            jdbc.sql("select who from audit_entry where act = 'PASSWORD_SET' and object = :name")
                .param("name", name)
                .query(String.class)
                .list())
        .containsExactly(name);
  }

  @Test
  void nothingIsChangedByAPasswordThatWillNotDo() {
    assertThat(change(PASSWORD, "short")).contains("at least 10 characters");
    assertThat(change(PASSWORD, PASSWORD)).contains("That is the password that you have.");
    assertThat(change("not this", OTHER)).contains("That is not your current password.");
    try (var elsewhere = new Browser(port)) {
      assertThat(signIn(elsewhere, OTHER)).contains("error");
      assertThat(signIn(elsewhere, PASSWORD)).doesNotContain("login");
    }
    assertThat(
            jdbc.sql(
                    "select cast(after as text) from audit_entry where act = 'REFUSED' and who = :name")
                .param("name", name)
                .query(String.class)
                .list())
        .singleElement()
        .asString()
        .contains("the password so far was wrong");
  }

  @Test
  void whoeverFindsABrowserSignedInCannotGuess() {
    for (int i = 0; i < SignInBrake.FREE_FAILURES; i++) {
      assertThat(change("not this", OTHER)).contains("That is not your current password.");
    }
    // on a slow machine a second is over before it is asked again: each failure doubles it
    String said = "";
    for (int i = 0; i < 5 && !said.contains("Too many"); i++) {
      change("not this", OTHER);
      said = change(PASSWORD, OTHER);
    }
    assertThat(said).contains("Too many wrong passwords were given. The next one is looked at in ");
    try (var elsewhere = new Browser(port)) {
      String there = "";
      // fewer sign-ins than are held off for themselves alone
      for (int i = 1; i < SignInBrake.FREE_FAILURES && !there.contains("wait="); i++) {
        change("not this", OTHER);
        there = signIn(elsewhere, "not this");
      }
      assertThat(there).as("one brake for both").contains("wait=");
    }
  }

  private String change(String current, String password) {
    var answer =
        browser.post(
            "/account/password",
            "current=%s&password=%s&_csrf=%s"
                .formatted(
                    encode(current, UTF_8),
                    encode(password, UTF_8),
                    encode(browser.csrf("/account"), UTF_8)));
    assertThat(answer.statusCode()).isEqualTo(302);
    assertThat(answer.headers().firstValue("Location").orElseThrow()).endsWith("/account");
    return browser.get("/account").body();
  }

  private String signIn(Browser elsewhere, String password) {
    return elsewhere.signIn(name, password).headers().firstValue("Location").orElseThrow();
  }
}
