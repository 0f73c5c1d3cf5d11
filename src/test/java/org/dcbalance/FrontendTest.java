package org.dcbalance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.dcbalance.testing.NodeModules;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Hold the front end to its own gates: types, lint, unit tests, and a committed build that is its
 * own.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
@ExtendWith(NodeModules.class)
class FrontendTest {
  private static final Path FRONTEND = NodeModules.FRONTEND;
  private static final Path BUILT = Path.of("target/frontend/app").toAbsolutePath();

  @BeforeAll
  static void install() throws Exception {
    NodeModules.install();
  }

  @Test
  void types_and_lint_are_clean() throws Exception {
    NodeModules.run("npx", "tsc", "--noEmit");
    NodeModules.run("npm", "run", "--silent", "lint");
  }

  @Test
  void unit_tests_pass() throws Exception {
    NodeModules.run("npm", "run", "--silent", "test");
  }

  @Test
  void the_committed_build_is_what_the_sources_give() throws Exception {
    NodeModules.run(
        "npx",
        "vite",
        "build",
        "--logLevel",
        "warn",
        "--outDir",
        BUILT.toString(),
        "--emptyOutDir");
    assertThat(files(BUILT)).isEqualTo(files(FRONTEND.resolve("dist/app")));
  }

  private static Map<String, String> files(Path folder) throws IOException {
    var found = new TreeMap<String, String>();
    try (var walk = Files.walk(folder)) {
      for (var file : walk.filter(Files::isRegularFile).toList()) {
        found.put(
            folder.relativize(file).toString(),
            Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return found;
  }
}
