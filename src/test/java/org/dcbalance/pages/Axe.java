package org.dcbalance.pages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * Ask axe-core what is wrong with the page that a browser shows: what is serious or critical. It
 * comes with the front end's packages.
 */
final class Axe {
  private static final Path SCRIPT = Path.of("frontend/node_modules/axe-core/axe.min.js");

  private static final List<String> TAGS =
      List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa");

  /** What sticks to an edge lies over things only until somebody scrolls on. */
  private static final String RUN =
      """
      const done = arguments[arguments.length - 1];
      const sticky = [...document.querySelectorAll('body *')].filter(e => getComputedStyle(e).position === 'sticky');
      sticky.forEach(e => e.style.setProperty('position', 'static'));
      axe.run(document, {runOnly: {type: arguments[0], values: arguments[1]}})
        .finally(() => sticky.forEach(e => e.style.removeProperty('position')))
        .then(
          r => done(r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v =>
            v.id + ': ' + v.help + ' at ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(', '))),
          e => done(['axe failed: ' + e]));
      """;

  private final String script;

  Axe() throws IOException {
    script = Files.readString(SCRIPT);
  }

  /** Bring it into a page, before that is asked about. */
  void enter(ChromeDriver web) {
    web.executeScript(script);
  }

  /** Give what is wrong, a sentence each. */
  List<String> wrong(ChromeDriver web) {
    return run(web, "tag", TAGS);
  }

  /** Give what is wrong with the colours alone. */
  List<String> wrongColours(ChromeDriver web) {
    return run(web, "rule", List.of("color-contrast"));
  }

  private static List<String> run(ChromeDriver web, String type, List<String> values) {
    var found = (List<?>) web.executeAsyncScript(RUN, type, values);
    return found.stream().map(String::valueOf).toList();
  }
}
