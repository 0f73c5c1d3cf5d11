package org.dcbalance.pages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.dcbalance.testing.ChromiumInstalled;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;

/** A real browser with a profile of its own. */
final class PageBrowser implements AutoCloseable {
  private final Path profile;
  private final ChromeDriver web;

  PageBrowser() throws IOException {
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

  ChromeDriver web() {
    return web;
  }

  @Override
  public void close() {
    web.quit();
  }
}
