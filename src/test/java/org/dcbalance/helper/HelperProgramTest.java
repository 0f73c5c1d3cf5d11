package org.dcbalance.helper;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.dcbalance.testing.PythonInstalled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runs the tests of the program that administrators install, which are in its own language. */
@ExtendWith(PythonInstalled.class)
class HelperProgramTest {
  private static final Path TESTS = Path.of("src/test/host-helper/helper_test.py");

  @Test
  @Timeout(300)
  void refusesHostileNamesAndSplitsWhatQemuWrites() throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(PythonInstalled.PYTHON.toString(), TESTS.toString())
            .redirectErrorStream(true)
            .start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    assertThat(said).contains("OK").doesNotContain("Ran 0 tests");
  }
}
