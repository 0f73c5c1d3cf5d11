package org.dcbalance.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.openqa.selenium.chrome.ChromeOptions;

/** Need a real browser for a test class, and say how it is to be started. */
public final class ChromiumInstalled extends Needed {
  public static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Path BROWSER = Path.of("/usr/bin/chromium");

  ChromiumInstalled() {
    super("lab/install --only browser");
  }

  @Override
  protected List<String> missing() {
    return Stream.of(BROWSER, DRIVER)
        .filter(program -> !Files.isExecutable(program))
        .map(Path::toString)
        .toList();
  }

  /** Start it without a window, with a profile of its own, and let it call nobody by itself. */
  public static ChromeOptions options(Path profile) {
    var options = new ChromeOptions();
    options.setBinary(BROWSER.toFile());
    return options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1000",
        "--user-data-dir=" + profile);
  }
}
