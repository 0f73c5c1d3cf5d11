package org.dcbalance.pages;

import static java.net.URLEncoder.encode;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;

/** A browser in which somebody of a given role is signed in. */
final class SignedIn implements AutoCloseable {
  private static final Pattern NOTICE =
      Pattern.compile(
          "<div class=\"banner (ok|warn|bad)\" role=\"status\">(.*?)</div>", Pattern.DOTALL);

  private static final Pattern VERSION = Pattern.compile("name=\"version\" value=\"(\\d+)\"");

  private final Browser browser;

  private SignedIn(Browser browser) {
    this.browser = browser;
  }

  static SignedIn as(Role role, int port, JdbcClient jdbc, PasswordEncoder encoder) {
    var name = "page-" + role.word();
    jdbc.sql(
            """
            insert into app_user (name, password_hash, role) values (?, ?, ?)
            on conflict (name) do nothing
            """)
        .params(name, encoder.encode(ConsoleTest.PASSWORD), role.name())
        .update();
    var browser = new Browser(port);
    assertThat(browser.signIn(name, ConsoleTest.PASSWORD).headers().firstValue("Location"))
        .hasValueSatisfying(to -> assertThat(to).doesNotContain("login"));
    return new SignedIn(browser);
  }

  /** Give how a page answers what was asked of it: "ok", "warn" or "bad", and the sentence. */
  static String notice(String page) {
    var found = NOTICE.matcher(page);
    assertThat(found.find()).as("There is a notice on the page.").isTrue();
    return found.group(1)
        + ": "
        + found.group(2).replaceAll("<[^>]*>", " ").replaceAll("\\s+", " ");
  }

  /** Give the version of what a form shows. */
  static String version(String page) {
    var found = VERSION.matcher(page);
    assertThat(found.find()).as("There is a version in the form.").isTrue();
    return found.group(1);
  }

  HttpResponse<String> get(String path, String... headers) {
    return browser.get(path, headers);
  }

  /** Open a page that has to be there. */
  String page(String path) {
    var answer = get(path);
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    return answer.body();
  }

  /** Fetch a fragment as an open page does; it has to come without a page around it. */
  String fragment(String path) {
    var answer = get(path, "HX-Request", "true");
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    assertThat(answer.body()).as(path).doesNotContain("<html", "<head", "<body");
    return answer.body();
  }

  /** Send a form of names and values, in turn. */
  HttpResponse<String> send(String path, String... fields) {
    var form =
        Stream.iterate(0, i -> i < fields.length, i -> i + 2)
            .map(i -> encode(fields[i], UTF_8) + "=" + encode(fields[i + 1], UTF_8))
            .collect(Collectors.joining("&"));
    return browser.post(path, form + "&_csrf=" + encode(browser.csrf("/"), UTF_8));
  }

  /** Send a form that has to be answered with a redirect, and follow it. */
  String sendAndFollow(String path, String... fields) {
    var answer = send(path, fields);
    assertThat(answer.statusCode()).as(path).isEqualTo(302);
    return page(answer.headers().firstValue("Location").orElseThrow());
  }

  @Override
  public void close() {
    browser.close();
  }
}
