package org.dcbalance;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/**
 * Unpack the jar into a folder and record one start of it, so that later starts are about twice as
 * fast: {@code java -jar dcbalance.jar unpack FOLDER}.
 *
 * <p>The folder then holds the program, its libraries, and {@code dcbalance.aot}, the JVM's ahead-
 * of-time cache (JEP 483, 514, 515): classes as they are once loaded and linked, with profiles. It
 * is of use to the JVM that made it and to the unpacked files as they are; any other combination
 * starts as if it were not there. The recorded start has a database and a data folder of its own,
 * which are removed.
 */
final class Unpack {
  /** A busy machine may take this long to start, and about as long to write the cache. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final String USAGE = "Usage: java -jar dcbalance.jar unpack FOLDER";

  private final Path jar;
  private final Path folder;

  private Unpack(Path jar, Path folder) {
    this.jar = jar;
    this.folder = folder;
  }

  /**
   * Run the command.
   *
   * @param args "unpack" and the folder
   * @return the exit code: 0 if done, 1 if it failed, 2 if it was called in a wrong way
   */
  static int run(String[] args, PrintStream out, PrintStream err) {
    if (args.length != 2) {
      err.println(USAGE);
      return 2;
    }
    try {
      var folder = Path.of(args[1]).toAbsolutePath().normalize();
      new Unpack(runningJar(), folder).unpack(out);
      return 0;
    } catch (Problem e) {
      err.println(e.sentence());
      if (e.advice() != null) {
        err.println(e.advice());
      }
      return 1;
    } catch (IOException e) {
      err.println("Unpacking failed: " + e.getMessage());
      return 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private static Path runningJar() {
    var path = Path.of(System.getProperty("java.class.path", ""));
    if (!path.toString().endsWith(".jar") || !Files.isRegularFile(path)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "Only the packaged program can be unpacked.",
          "Maybe: ./mvnw -DskipTests package, then java -jar target/dcbalance.jar unpack FOLDER");
    }
    return path.toAbsolutePath();
  }

  private void unpack(PrintStream out) throws IOException, InterruptedException {
    if (Files.exists(folder)) {
      try (var inside = Files.list(folder)) {
        if (inside.findAny().isPresent()) {
          throw new Problem(
              ErrorCode.BAD_REQUEST,
              folder + " is not empty.",
              "Maybe name a folder that does not exist yet.");
        }
      }
    }
    var extraction =
        new ProcessBuilder(
                java(),
                "-Djarmode=tools",
                "-jar",
                jar.toString(),
                "extract",
                "--destination",
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (extraction.waitFor() != 0) {
      throw new Problem(
          ErrorCode.INTERNAL,
          "The jar could not be unpacked into " + folder + ".",
          "Maybe the folder cannot be written, or its disk is full.");
    }
    var program = folder.resolve(jar.getFileName());
    var cache = folder.resolve("dcbalance.aot");
    record(program, cache);
    out.println("Unpacked. Start it with:");
    out.println("java -XX:AOTCache=%s -jar %s".formatted(cache, program));
  }

  /** Start the unpacked program, have it serve a page, and stop it as an operator would. */
  private void record(Path program, Path cache) throws IOException, InterruptedException {
    var scratch =
        Files.createTempDirectory(
            "dcbalance-recording",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    var log = folder.resolve("recording.log");
    var port = freePort();
    var command =
        new ProcessBuilder(java(), "-XX:AOTCacheOutput=" + cache, "-jar", program.toString());
    command.redirectErrorStream(true).redirectOutput(log.toFile());
    var environment = command.environment();
    environment
        .keySet()
        .removeIf(name -> name.startsWith("DCBALANCE_") || name.startsWith("SPRING_"));
    environment.put("DCBALANCE_DATA_DIR", scratch.toString());
    environment.put("DCBALANCE_ADMIN_TOKEN", UUID.randomUUID().toString());
    environment.put("SERVER_ADDRESS", "127.0.0.1");
    environment.put("SERVER_PORT", Integer.toString(port));
    var console = command.start();
    try {
      if (!served(console, URI.create("http://127.0.0.1:" + port + "/login"))) {
        throw failed("showed no page", log);
      }
      console.destroy();
      // the JVM writes the cache while it ends
      if (!console.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || !Files.exists(cache)) {
        throw failed("left no recording", log);
      }
      Files.delete(log);
    } finally {
      console.destroyForcibly();
      delete(scratch);
    }
  }

  private static boolean served(Process console, URI page)
      throws IOException, InterruptedException {
    var until = Instant.now().plus(PATIENCE);
    try (var client = HttpClient.newHttpClient()) {
      while (console.isAlive() && Instant.now().isBefore(until)) {
        try {
          var request = HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(30)).build();
          if (client.send(request, BodyHandlers.discarding()).statusCode() == 200) {
            return true;
          }
        } catch (IOException notYet) {
          Thread.sleep(100);
        }
      }
    }
    return false;
  }

  private static Problem failed(String what, Path log) {
    return new Problem(
        ErrorCode.INTERNAL,
        "The program was unpacked, but its recorded start " + what + ".",
        "Maybe " + log + " says why; without a recording it starts as slowly as the jar.");
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
