package org.dcbalance.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Need Node for a test class, and have the front end's packages installed. */
public final class NodeModules extends Needed {
  public static final Path FRONTEND = Path.of("frontend").toAbsolutePath();

  NodeModules() {
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

  /** Install the packages that the lock file names, unless they are there; one at a time. */
  public static synchronized void install() throws IOException, InterruptedException {
    var installed = FRONTEND.resolve("node_modules/.package-lock.json");
    var wanted = FRONTEND.resolve("package-lock.json");
    if (!Files.exists(installed)
        || Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(wanted)) < 0) {
      run("npm", "ci", "--no-audit", "--no-fund");
    }
  }

  /** Run a command in the front end's folder; it must succeed. */
  public static void run(String... command) throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(command).directory(FRONTEND.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command) + "\n" + output).isZero();
  }
}
