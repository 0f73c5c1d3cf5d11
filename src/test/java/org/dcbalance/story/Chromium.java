package org.dcbalance.story;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.dcbalance.lab.Fabric;
import org.dcbalance.lab.Lab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.remote.RemoteWebDriver;

/**
 * Use a console's pages as a person does, with a headless Chromium. In a lab both the browser and
 * its driver run inside the lab's network, and the test speaks to the driver through a door.
 */
final class Chromium implements AutoCloseable {
  private static final Path SCREENSHOTS = Path.of("target", "screenshots").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Process driver;
  private final Fabric.@Nullable Door door;
  private final RemoteWebDriver web;
  private final String base;
  private final String story;
  private int taken;

  private Chromium(
      String story, String base, List<String> wrapper, int port, Fabric.@Nullable Door door) {
    this.story = story;
    this.base = base;
    this.door = door;
    var profile = Console.STORIES.resolve(story + "-browser");
    Console.delete(profile);
    try {
      Files.createDirectories(profile);
      Files.createDirectories(SCREENSHOTS);
      driver =
          new ProcessBuilder(
                  Stream.concat(
                          wrapper.stream(),
                          Stream.of(ChromiumInstalled.DRIVER.toString(), "--port=" + port))
                      .toList())
              .redirectErrorStream(true)
              .redirectOutput(profile.resolve("driver.log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var options = ChromiumInstalled.options(profile.resolve("profile"));
    var address = URI.create("http://127.0.0.1:" + (door == null ? port : door.port()));
    try {
      Await.until(
          "the browser's driver",
          Duration.ofSeconds(60),
          () -> Console.read(profile.resolve("driver.log")),
          said -> said.contains("started successfully"));
      web = new RemoteWebDriver(address.toURL(), options, false);
    } catch (IOException e) {
      driver.destroy();
      throw new UncheckedIOException(e);
    } catch (RuntimeException | AssertionError e) {
      driver.destroy();
      throw e;
    }
    web.manage().timeouts().pageLoadTimeout(Duration.ofSeconds(60));
  }

  /** Open a browser inside a lab. */
  static Chromium inside(Lab lab, String story, Console console, int port) {
    return new Chromium(story, console.address(), lab.inside(), port, lab.fabric().door(port));
  }

  static Chromium onLoopback(String story, Console console) {
    return new Chromium(story, console.address(), List.of(), Console.freePort(), null);
  }

  void signIn() {
    open("/login");
    type("username", "admin");
    type("password", Console.PASSWORD);
    press("Sign in");
    see("h1", _ -> !path().startsWith("/login"));
  }

  void open(String path) {
    web.get(base + path);
  }

  String path() {
    return URI.create(web.getCurrentUrl()).getPath();
  }

  /** Type into the field of that name. */
  void type(String field, String text) {
    var input = web.findElement(By.name(field));
    input.clear();
    input.sendKeys(text);
  }

  void choose(String field, String value) {
    web.findElement(By.cssSelector("select[name='%s'] option[value='%s']".formatted(field, value)))
        .click();
  }

  /** Press a button or link by what it says, or by the label that it has for those who see less. */
  void press(String words) {
    press(words, PATIENCE);
  }

  void press(String words, Duration patience) {
    var quoted = "\"" + words + "\"";
    var button =
        By.xpath(
            "//button[normalize-space()=%1$s or @aria-label=%1$s]|//a[normalize-space()=%1$s or @aria-label=%1$s]"
                .formatted(quoted));
    Await.until(
        "something to press that says " + words,
        patience,
        () -> {
          try {
            return web.findElements(button).stream()
                .filter(WebElement::isDisplayed)
                .findFirst()
                .map(
                    element -> {
                      element.click();
                      return true;
                    })
                .orElse(null);
          } catch (StaleElementReferenceException replacedMeanwhile) {
            return null;
          }
        },
        _ -> true);
  }

  /** Wait until the text of a part of the page is as wanted, without loading it again. */
  String see(String selector, Duration patience, Predicate<String> wanted) {
    return Await.until(
        selector + " at " + path(),
        patience,
        () -> {
          try {
            var found = web.findElements(By.cssSelector(selector));
            return found.isEmpty() ? null : found.getFirst().getText();
          } catch (StaleElementReferenceException replacedMeanwhile) {
            return null;
          }
        },
        wanted);
  }

  String see(String selector, Predicate<String> wanted) {
    return see(selector, PATIENCE, wanted);
  }

  String see(String words) {
    return see("body", text -> text.contains(words));
  }

  /** Leave a mark on the page that loading another page, or this one again, would wipe away. */
  void mark() {
    web.executeScript("window.stayed = true");
  }

  /** Tell whether it is still the page that was marked. */
  boolean stayed() {
    return Boolean.TRUE.equals(web.executeScript("return window.stayed === true"));
  }

  /**
   * Open the table below a chart and give its lines, each the cells of one instant; it holds what
   * the chart draws.
   */
  List<List<String>> table(String chart) {
    var lines =
        web.executeScript(
            """
            const figure = document.getElementById(arguments[0]);
            figure.scrollIntoView();
            figure.querySelector('details').open = true;
            return [...figure.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.textContent));
            """,
            chart);
    return ((List<?>) lines)
        .stream().map(line -> ((List<?>) line).stream().map(String::valueOf).toList()).toList();
  }

  /** Tell how many points of a chart's canvas are painted. */
  long painted(String chart) {
    var count =
        web.executeScript(
            """
            const canvas = document.querySelector('#' + arguments[0] + ' canvas');
            if (!canvas) return 0;
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            let painted = 0;
            for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted += 1;
            return painted;
            """,
            chart);
    return ((Number) count).longValue();
  }

  /** Tell whether the page has something now. */
  boolean has(String selector) {
    return !web.findElements(By.cssSelector(selector)).isEmpty();
  }

  /** Keep a picture of what is on screen, for people. */
  void picture(String name) {
    taken++;
    try {
      Files.write(
          SCREENSHOTS.resolve("%s-%02d-%s.png".formatted(story, taken, name)),
          web.getScreenshotAs(OutputType.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      web.quit();
    } finally {
      driver.destroy();
      try {
        driver.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (door != null) {
        door.close();
      }
    }
  }
}
