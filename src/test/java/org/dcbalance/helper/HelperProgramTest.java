package org.dcbalance.helper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs the tests of the program that administrators install, which are in its own language. */
class HelperProgramTest {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final Path TESTS = Path.of("src/test/host-helper/helper_test.py");

  @Test
  @Timeout(300)
  void refusesHostileNamesAndSplitsWhatQemuWrites() throws IOException, InterruptedException {
    assumeTrue(
        Files.isExecutable(PYTHON) || "1".equals(System.getenv("DCBALANCE_REQUIRE_ALL")),
        "needs " + PYTHON);
    var process =
        new ProcessBuilder(PYTHON.toString(), TESTS.toString()).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    assertThat(said).contains("OK").doesNotContain("Ran 0 tests");
  }
}
