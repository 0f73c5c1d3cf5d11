package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcbalance.testing.ChromiumInstalled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A page stays open while its console is stopped and started again, as for an upgrade. */
@Timeout(900)
@ExtendWith(ChromiumInstalled.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = "both processors", mode = ResourceAccessMode.READ)
@ResourceLock("RestartedConsoleIT")
class RestartedConsoleIT {
  private static final String LIVE = "#live-state .word";

  @Test
  void aPageThatStaysOpenGoesOnByItself() {
    try (var console = Console.onLoopback("restarted").start();
        var browser = Chromium.onLoopback("restarted", console)) {
      browser.signIn();
      browser.see(LIVE, "Live"::equals);
      seesNewSamples(browser);
      browser.mark();
      console.stop();
      browser.see(LIVE, word -> word.startsWith("Stale since "));
      console.start();
      browser.see(LIVE, "Live"::equals);
      seesNewSamples(browser);
      assertThat(browser.stayed()).as("It is the same page.").isTrue();
      // its forms and whoever is signed in are known to the new console, too
      browser.press("Pause balancing");
      browser.see("is paused");
    }
  }

  private static void seesNewSamples(Chromium browser) {
    browser.see("#newest", text -> text.matches("Newest sample [0-4] s ago"));
  }
}
