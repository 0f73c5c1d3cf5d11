package org.dcbalance.pages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsoleTest;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;

/** A real browser with a profile of its own. */
public final class PageBrowser implements AutoCloseable {
  private final Path profile;
  private final ChromeDriver web;

  public PageBrowser() throws IOException {
    profile = Files.createTempDirectory("pages");
    var options =
        ChromiumInstalled.options(profile)
            // a colour half-way to another one has no contrast of its own
            .addArguments("--force-prefers-reduced-motion");
    web =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(ChromiumInstalled.DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
    web.manage().timeouts().scriptTimeout(Duration.ofSeconds(60));
  }

  public ChromeDriver web() {
    return web;
  }

  /** Sign in as the first administrator of a console, by its form. */
  public void signIn(int port) {
    web.get("http://127.0.0.1:" + port + "/login");
    web.findElement(By.name("username")).sendKeys("admin");
    web.findElement(By.name("password")).sendKeys(ConsoleTest.PASSWORD);
    web.findElement(By.cssSelector("form button")).click();
    Await.until(
        "the page after the sign-in",
        Duration.ofSeconds(10),
        web::getCurrentUrl,
        url -> !url.contains("/login"));
  }

  @Override
  public void close() {
    web.quit();
  }
}
