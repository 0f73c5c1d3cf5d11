package org.dcbalance.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.mock.web.MockHttpServletRequest;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * docs/api.md lists the operations that the running console describes, with the roles that it asks
 * for.
 *
 * <p>To write them anew: {@code ./mvnw test -Dtest=ApiPageTest -Dwrite=true}.
 */
@ConsoleTest
class ApiPageTest {
  private static final boolean WRITE = Boolean.getBoolean("write");
  private static final Path PAGE = Path.of("docs/api.md");
  private static final String BEGINNING = "-Dtest=ApiPageTest -Dwrite=true -->\n";
  private static final String PREFIX = "/api/v1";

  /** What only tests can ask. */
  private static final Pattern PROBES = Pattern.compile("/probe(/|$)");

  private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");

  @LocalServerPort private int port;
  @Autowired private JsonMapper json;
  private final AccessRules rules = new AccessRules();

  private record Line(String method, String path, Role role, String summary) {
    String text() {
      return "| `%s` | `%s` | %s | %s |\n"
          .formatted(
              method.toUpperCase(Locale.ROOT),
              path.substring(PREFIX.length()),
              role.word(),
              summary.replace("|", "\\|"));
    }
  }

  @Test
  void thePageOfTheApiListsEveryOperation() throws IOException {
    var page = Files.readString(PAGE);
    var head = page.substring(0, page.indexOf(BEGINNING) + BEGINNING.length());
    var wanted = head + operations(lines());
    if (WRITE) {
      Files.writeString(PAGE, wanted);
    } else {
      assertThat(page)
          .as("docs/api.md; write it with ./mvnw test -Dtest=ApiPageTest -Dwrite=true")
          .isEqualTo(wanted);
    }
  }

  @Test
  void everyOperationSaysInASentenceWhatItDoes() {
    assertThat(lines()).hasSizeGreaterThan(50).allMatch(line -> line.summary().endsWith("."));
  }

  private static String operations(List<Line> lines) {
    var groups = new TreeMap<String, StringBuilder>();
    for (var line : lines) {
      groups.computeIfAbsent(group(line.path()), _ -> new StringBuilder()).append(line.text());
    }
    var text = new StringBuilder();
    groups.forEach(
        (name, table) ->
            text.append("\n### ")
                .append(name)
                .append("\n\n| method | below /api/v1 | role | what it does |\n|---|---|---|---|\n")
                .append(table));
    return text.toString();
  }

  /** Name the group by the path's first part: what hangs below a host is the host's. */
  private static String group(String path) {
    var words = path.split("/")[3].replaceAll("\\..*", "").replace('-', ' ');
    return Character.toUpperCase(words.charAt(0)) + words.substring(1);
  }

  private List<Line> lines() {
    var lines = new ArrayList<Line>();
    for (var path : paths().properties()) {
      if (!PROBES.matcher(path.getKey()).find()) {
        for (var method : METHODS) {
          var operation = path.getValue().get(method);
          if (operation != null) {
            lines.add(line(method, path.getKey(), operation));
          }
        }
      }
    }
    lines.sort((a, b) -> a.path().compareTo(b.path()));
    return lines;
  }

  private Line line(String method, String path, JsonNode operation) {
    var summary = operation.get("summary");
    var request =
        new MockHttpServletRequest(
            method.toUpperCase(Locale.ROOT), path.replaceAll("\\{[^}]*}", "7"));
    return new Line(
        method,
        path,
        rules.needed(request).orElseThrow(),
        summary == null ? "" : summary.asString());
  }

  private JsonNode paths() {
    try (var program = new Browser(port)) {
      var answer = program.get("/v3/api-docs", "Authorization", "Bearer " + ConsoleTest.TOKEN);
      assertThat(answer.statusCode()).isEqualTo(200);
      return json.readTree(answer.body()).get("paths");
    }
  }
}
