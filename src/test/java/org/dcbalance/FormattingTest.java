package org.dcbalance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/**
 * Keep every source in google-java-format's layout, with the JDK that compiles it.
 *
 * <p>To lay them out: {@code ./mvnw test -Dtest=FormattingTest -Dformat=apply}.
 */
class FormattingTest {
  private static final boolean APPLY = "apply".equals(System.getProperty("format"));

  @Test
  void every_source_is_laid_out_alike() throws IOException {
    var differing = new ArrayList<Path>();
    for (var root : new String[] {"src/main/java", "src/test/java"}) {
      try (var files = Files.walk(Path.of(root))) {
        for (var file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
          var source = Files.readString(file);
          var wanted = layOut(file, source);
          if (!wanted.equals(source)) {
            differing.add(file);
            if (APPLY) {
              Files.writeString(file, wanted);
            }
          }
        }
      }
    }
    if (!APPLY) {
      assertThat(differing)
          .as("sources to lay out with ./mvnw test -Dtest=FormattingTest -Dformat=apply")
          .isEmpty();
    }
  }

  private static String layOut(Path file, String source) {
    try {
      return new Formatter()
          .formatSource(
              ImportOrderer.reorderImports(
                  RemoveUnusedImports.removeUnusedImports(source),
                  JavaFormatterOptions.Style.GOOGLE));
    } catch (FormatterException e) {
      throw new AssertionError(file + " cannot be parsed: " + e.getMessage(), e);
    }
  }
}
