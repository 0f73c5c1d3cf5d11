package org.dcbalance.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A script of the lab with its arguments, and what it adds to the environment. */
record Script(Path path, List<String> arguments, Map<String, String> environment) {
  /** Tell how a script ended and all that it said. */
  record Outcome(Script script, int status, String said) {
    String orThrow() {
      if (status != 0) {
        throw new AssertionError(script.words() + " failed: " + said);
      }
      return said;
    }
  }

  /**
   * Run to the end.
   *
   * @throws AssertionError if it cannot be run or takes too long
   */
  Outcome run(Duration patience) {
    try {
      var output = Files.createTempFile("dcbalance-lab-", ".txt");
      try {
        var builder = new ProcessBuilder(command()).redirectErrorStream(true);
        // to a file, since what a script leaves running would keep a pipe open
        builder.redirectOutput(output.toFile()).redirectInput(Path.of("/dev/null").toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
          process.destroy();
          throw new AssertionError(
              "The lab did not finish: " + words() + "\n" + Files.readString(output));
        }
        return new Outcome(this, process.exitValue(), Files.readString(output));
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new AssertionError(words() + " cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted in " + words(), e);
    }
  }

  private List<String> command() {
    return Stream.concat(Stream.of(path.toString()), arguments.stream()).toList();
  }

  private String words() {
    return String.join(" ", command());
  }
}
