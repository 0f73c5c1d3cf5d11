package org.dcbalance.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Nothing in a template runs inline, and nothing is written into a page unescaped. */
class TemplatesTest {
  private static final Map<String, Pattern> FORBIDDEN =
      Map.of(
          "unescaped text", Pattern.compile("th:utext|\\[\\(\\$\\{"),
          "inline script", Pattern.compile("<script(?![^>]*\\ssrc=|[^>]*th:src=)"),
          "event attribute", Pattern.compile("\\s(th:)?on[a-z]+\\s*="),
          "htmx expression", Pattern.compile("hx-on|hx-vals\\s*=\\s*[\"']js:|hx-vars"),
          "inline style", Pattern.compile("\\sstyle\\s*=|<style|th:style"),
          "script address", Pattern.compile("javascript:", Pattern.CASE_INSENSITIVE),
          "another site", Pattern.compile("(src|href|action)=\"(https?:)?//"));

  @Test
  void templatesHoldNothingThatTheContentSecurityPolicyWouldHaveToAllow() throws IOException {
    var found = new ArrayList<String>();
    List<Path> templates;
    try (var files = Files.walk(Path.of("src/main/resources/templates"))) {
      templates = files.filter(file -> file.toString().endsWith(".html")).toList();
    }
    assertThat(templates).hasSizeGreaterThan(20);
    for (var template : templates) {
      var text = Files.readString(template);
      FORBIDDEN.forEach(
          (name, pattern) -> {
            var match = pattern.matcher(text);
            while (match.find()) {
              found.add(template.getFileName() + ": " + name + ": " + match.group());
            }
          });
    }
    assertThat(found).isEmpty();
  }
}
