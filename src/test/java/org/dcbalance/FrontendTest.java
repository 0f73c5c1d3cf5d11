package org.dcbalance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.dcbalance.testing.Needed;
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
@ExtendWith(FrontendTest.Node.class)
class FrontendTest {
  private static final Path FRONTEND = Path.of("frontend").toAbsolutePath();
  private static final Path BUILT = Path.of("target/frontend/app").toAbsolutePath();

  @BeforeAll
  static void install() throws Exception {
    if (!Files.exists(FRONTEND.resolve("node_modules/.package-lock.json"))) {
      run("npm", "ci", "--no-audit", "--no-fund");
    }
  }

  @Test
  void types_and_lint_are_clean() throws Exception {
    run("npx", "tsc", "--noEmit");
    run("npm", "run", "--silent", "lint");
  }

  @Test
  void unit_tests_pass() throws Exception {
    run("npm", "run", "--silent", "test");
  }

  @Test
  void the_committed_build_is_what_the_sources_give() throws Exception {
    run(
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

  static final class Node extends Needed {
    Node() {
      super("lab/install --only node");
    }

    @Override
    protected List<String> missing() {
      return isNewEnough() ? List.of() : List.of("Node.js 20.19 or newer");
    }

    private static boolean isNewEnough() {
      try {
        var process = new ProcessBuilder("node", "--version").redirectErrorStream(true).start();
        var version = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var parts = version.strip().substring(1).split("\\.");
        int major = Integer.parseInt(parts[0]);
        return major > 20 || (major == 20 && Integer.parseInt(parts[1]) >= 19);
      } catch (IOException missing) {
        return false;
      }
    }
  }

  private static void run(String... command) throws Exception {
    var process =
        new ProcessBuilder(command).directory(FRONTEND.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command) + "\n" + output).isZero();
  }
}
