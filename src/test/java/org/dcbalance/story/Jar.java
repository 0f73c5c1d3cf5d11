package org.dcbalance.story;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dcbalance.testing.Figures;

/** Tell how the packaged program is started: what follows {@code java} on the command line. */
final class Jar {
  private static final Path JAR = Path.of("target", "dcbalance.jar").toAbsolutePath();
  private static final Path UNPACKED = Path.of("target", "unpacked").toAbsolutePath();

  private Jar() {}

  /** Tell whether there is a jar; one older than the classes would be an earlier console. */
  static boolean isCurrent() {
    return newer(
        JAR, Path.of("target", "classes", "org", "dcbalance", "DcBalanceApplication.class"));
  }

  /** As a newcomer starts it. */
  static List<String> itself() {
    return List.of("-jar", JAR.toString());
  }

  /** As an installation starts it: unpacked, with a recorded start. */
  static synchronized List<String> unpacked() {
    var cache = UNPACKED.resolve("dcbalance.aot");
    if (!newer(cache, JAR)) {
      Console.delete(UNPACKED);
      var unpacking = Figures.watch();
      run(itself(), "unpack", UNPACKED.toString());
      Figures.seconds("unpacking the jar and recording a start", unpacking.passed());
    }
    return List.of(
        "-XX:AOTCache=" + cache,
        // consoles that live for minutes do not earn back what the second compiler takes from hosts
        "-XX:TieredStopAtLevel=1",
        "-jar",
        UNPACKED.resolve(JAR.getFileName()).toString());
  }

  /** Without a jar, such as from an editor. */
  static List<String> classes() {
    var path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return List.of(
        "--enable-native-access=ALL-UNNAMED", "-cp", path, "org.dcbalance.DcBalanceApplication");
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static void run(List<String> program, String... arguments) {
    var command = new ArrayList<String>();
    command.add(java());
    command.addAll(program);
    command.addAll(List.of(arguments));
    try {
      var process = new ProcessBuilder(command).inheritIO().start();
      if (process.waitFor() != 0) {
        throw new AssertionError(command + " failed.");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted.", e);
    }
  }

  private static boolean newer(Path file, Path other) {
    try {
      return Files.exists(file)
          && Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(other)) >= 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
