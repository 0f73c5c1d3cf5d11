package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;

/** Somebody at a real browser, who presses what says something, fills in fields, and reads. */
final class Visitor implements AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(10);

  /** A page whose script listens, and that no form is about to replace. */
  private static final String READY =
      "return document.readyState === 'complete' && !document.querySelector('form[data-js-sent]')";

  private static final int PHONE = 390;
  private static final int THUMB = 40;

  /**
   * What keeps a thumb from something on a phone that is not scrolled sideways; empty if nothing.
   */
  private static final String OUT_OF_REACH =
      """
      const [it, width, thumb] = arguments;
      const box = it.getBoundingClientRect();
      const page = document.documentElement.scrollWidth;
      const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      const found = [];
      if (Math.round(box.height) < thumb) found.push(`it is ${box.height} px high`);
      if (box.left < 0 || box.right > width) found.push(`it goes from ${box.left} to ${box.right} px`);
      if (page > width) found.push(`the page is ${page} px wide`);
      for (let at = it.parentElement; at; at = at.parentElement) if (at.scrollLeft > 0) found.push(`${at.className} is scrolled`);
      if (!it.contains(top)) found.push(`over it lies ${top?.outerHTML.slice(0, 80)}`);
      return found.join(', ');
      """;

  private static final String TEXT =
      "return (arguments[0] ?? document.body).innerText.replace(/\\s+/g, ' ')";

  private final PageBrowser browser;
  private final ChromeDriver web;
  private final String base;
  private boolean onPhone;

  Visitor(int port) throws IOException {
    browser = new PageBrowser();
    web = browser.web();
    base = "http://127.0.0.1:" + port;
  }

  /**
   * Hold a phone from now on: whatever is pressed or filled in has to be within reach of a thumb.
   */
  void takePhone() {
    web.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", PHONE, "height", 844, "deviceScaleFactor", 1, "mobile", true));
    onPhone = true;
  }

  void open(String path) {
    web.get(base + path);
  }

  /** Sign in as the first administrator. */
  void signIn() {
    open("/login");
    fill("Sign in", "username", "admin");
    fill("Sign in", "password", ConsoleTest.PASSWORD);
    press("Sign in");
    at("/");
  }

  /** Press the button or link that says so, or has that label for those who do not see it. */
  void press(String words) {
    on(saying(words), WebElement::click);
  }

  /** See that it can be pressed, and leave it. */
  void reaches(String words) {
    on(saying(words), _ -> {});
  }

  private static By saying(String words) {
    return By.xpath(
        "(//button|//a)[normalize-space()=\"%1$s\" or @aria-label=\"%1$s\"]".formatted(words));
  }

  /** Press what is found by a selector, where what it says is not known beforehand. */
  void pressAt(String selector) {
    on(By.cssSelector(selector), WebElement::click);
  }

  /** See that what a selector finds can be pressed, and leave it. */
  void reachesAt(String selector) {
    on(By.cssSelector(selector), _ -> {});
  }

  /** Put the focus on it, as somebody does who is about to press it. */
  void focus(String selector) {
    on(By.cssSelector(selector), it -> web.executeScript("arguments[0].focus()", it));
  }

  /** Say yes to the question that is asked before something happens. */
  void confirm() {
    pressAt("dialog.confirm[open] button.primary");
  }

  /** Fill a field of the form that a button sends; of a select, choose the value. */
  void fill(String button, String field, String value) {
    on(
        field(button, field),
        input -> {
          if (input.getTagName().equals("select")) {
            input.findElement(By.cssSelector("option[value='" + value + "']")).click();
          } else {
            input.clear();
            if (!value.isEmpty()) {
              input.sendKeys(value);
            }
          }
        });
  }

  /** Tell what a field holds. */
  String held(String button, String field) {
    return find(field(button, field), input -> String.valueOf(input.getDomProperty("value")));
  }

  private static By field(String button, String field) {
    return By.xpath(
        "//form[.//button[normalize-space()=\"%1$s\" or @aria-label=\"%1$s\"]]//*[@name=\"%2$s\"]"
            .formatted(button, field));
  }

  /** Search by the field above every page. */
  void search(String words) {
    on(By.id("search"), input -> input.sendKeys(words, Keys.ENTER));
  }

  private void on(By what, Consumer<WebElement> act) {
    find(
        what,
        element -> {
          // what sticks to an edge of the window must not lie over it
          web.executeScript("arguments[0].scrollIntoView({block: 'center'})", element);
          if (onPhone) {
            Await.until(
                what + " within reach of a thumb at " + web.getCurrentUrl(),
                SOON,
                Duration.ofMillis(50),
                () -> String.valueOf(web.executeScript(OUT_OF_REACH, element, PHONE, THUMB)),
                String::isEmpty);
          }
          act.accept(element);
          return true;
        });
  }

  /** Look for something that is shown until it holds still for what is done with it. */
  private <T> T find(By what, Function<WebElement, T> use) {
    return Await.until(
        what + " at " + web.getCurrentUrl(),
        SOON,
        Duration.ofMillis(50),
        () -> {
          try {
            return Boolean.TRUE.equals(web.executeScript(READY))
                ? web.findElements(what).stream()
                    .filter(WebElement::isDisplayed)
                    .findFirst()
                    .map(use)
                    .orElse(null)
                : null;
          } catch (WebDriverException replacedMeanwhile) {
            return null;
          }
        },
        _ -> true);
  }

  /** Wait until the page says all of this. */
  void sees(String... words) {
    for (var each : words) {
      Await.until(
          "\"%s\" at %s".formatted(each, web.getCurrentUrl()),
          SOON,
          Duration.ofMillis(50),
          () -> text(null),
          text -> text.contains(each));
    }
  }

  /** Wait until there is something that a selector finds. */
  void finds(String selector) {
    find(By.cssSelector(selector), Function.identity());
  }

  /** Tell whether a selector finds something now. */
  boolean has(String selector) {
    return !web.findElements(By.cssSelector(selector)).isEmpty();
  }

  /** Read how the page answers what was asked of it. */
  String notice() {
    return find(By.cssSelector(".main > .banner[role=status]"), it -> String.valueOf(text(it)));
  }

  /** Read the row of a table that is about something. */
  String row(String about) {
    return find(
        By.xpath("//tbody/tr[th//text()[normalize-space()=\"%s\"]]".formatted(about)),
        row -> String.valueOf(text(row)));
  }

  private @Nullable String text(@Nullable WebElement of) {
    try {
      return String.valueOf(web.executeScript(TEXT, of));
    } catch (WebDriverException leaving) {
      return null;
    }
  }

  /** Wait until the page of this address is there. */
  void at(String path) {
    Await.until(path, SOON, Duration.ofMillis(50), this::path, path::equals);
  }

  /** Wait until the page of a thing is there that was not before, and tell its id. */
  long atAnother(String things, long than) {
    var path =
        Await.until(
            "another of " + things,
            SOON,
            Duration.ofMillis(50),
            this::path,
            found -> found.matches(things + "/[0-9]+") && !found.equals(things + "/" + than));
    return Long.parseLong(path.substring(path.lastIndexOf('/') + 1));
  }

  String path() {
    return URI.create(web.getCurrentUrl()).getPath();
  }

  /**
   * See that a form that is not filled in is not sent, and that the browser shows what is missing.
   */
  void isHeldBack(String path) {
    at(path);
    assertThat(web.findElements(By.cssSelector("form :invalid"))).isNotEmpty();
  }

  /**
   * See that an address is answered with why not, and with what the console's log is searched for.
   */
  void isRefused(String path, long status, String sentence) {
    open(path);
    assertThat(
            web.executeScript(
                "return performance.getEntriesByType('navigation')[0].responseStatus"))
        .as(path)
        .isEqualTo(status);
    assertThat(text(null)).as(path).contains(sentence).containsPattern("Request [0-9a-f]{16}");
  }

  /** See that axe-core finds nothing serious on the page as it is now. */
  void isAccessible(Axe axe) {
    List<String> wrong =
        Await.until(
            "what axe-core says of " + web.getCurrentUrl(),
            SOON,
            Duration.ofMillis(50),
            () -> {
              try {
                if (!Boolean.TRUE.equals(web.executeScript(READY))) {
                  return null;
                }
                axe.enter(web);
                return axe.wrong(web);
              } catch (WebDriverException replacedMeanwhile) {
                return null;
              }
            },
            _ -> true);
    assertThat(wrong).as(web.getCurrentUrl()).isEmpty();
  }

  @Override
  public void close() {
    browser.close();
  }
}
