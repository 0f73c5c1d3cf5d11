package org.dcbalance.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Run a real PostgreSQL of our own below the data folder: durable (fsync on), with a password, on a
 * free port of the loopback interface. A server that a killed console left behind is stopped first.
 */
final class EmbeddedDatabase implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedDatabase.class);
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(30);

  private final DataFolder folder;
  private final EmbeddedPostgres server;
  private final String password;

  private EmbeddedDatabase(DataFolder folder, EmbeddedPostgres server, String password) {
    this.folder = folder;
    this.server = server;
    this.password = password;
  }

  static EmbeddedDatabase start(Path dataFolder) throws IOException {
    var held = DataFolder.hold(dataFolder);
    try {
      var home = dataFolder.resolve("postgresql-18");
      Files.createDirectories(home);
      var passwordFile = home.resolve("password");
      if (!Files.exists(passwordFile)) {
        writeSecret(passwordFile);
      }
      var data = home.resolve("data");
      stopLeftBehind(data);
      var password = Files.readString(passwordFile).strip();
      var server =
          EmbeddedPostgres.builder()
              .setDataDirectory(data.toFile())
              .setCleanDataDirectory(false)
              // Spring closes it as a bean; a second hook made the exit hang
              .setRegisterShutdownHook(false)
              .setOverrideWorkingDirectory(home.resolve("server").toFile())
              .setLocaleConfig("locale", "C")
              .setLocaleConfig("locale-provider", "builtin")
              .setLocaleConfig("builtin-locale", "C.UTF-8")
              .setLocaleConfig("pwfile", passwordFile.toString())
              .setLocaleConfig("auth", "scram-sha-256")
              .setConnectConfig("password", password)
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("full_page_writes", "on")
              .setServerConfig("unix_socket_directories", "''")
              .setServerConfig("max_connections", "100")
              .setServerConfig("shared_buffers", "64MB")
              .setPGStartupWait(Duration.ofSeconds(60))
              .start();
      log.info("The embedded PostgreSQL runs on port {}, its data in {}", server.getPort(), data);
      return new EmbeddedDatabase(held, server, password);
    } catch (IOException | RuntimeException e) {
      held.close();
      throw e;
    }
  }

  String url() {
    return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres";
  }

  String password() {
    return password;
  }

  @Override
  public void close() throws IOException {
    server.close();
    folder.close();
  }

  private static void writeSecret(Path file) throws IOException {
    var bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, HexFormat.of().formatHex(bytes));
  }

  /** A console killed with -9 leaves its server running; we hold the folder, so it is ours. */
  private static void stopLeftBehind(Path data) throws IOException {
    var pidFile = data.resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return;
    }
    long pid = Long.parseLong(Files.readAllLines(pidFile).getFirst().strip());
    var left =
        ProcessHandle.of(pid)
            .filter(p -> p.info().command().filter(c -> c.endsWith("/postgres")).isPresent());
    if (left.isEmpty()) {
      return;
    }
    log.warn(
        "Stopping the PostgreSQL server (process {}) that an earlier console left behind", pid);
    try {
      // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients that are dead
      new ProcessBuilder("kill", "-INT", Long.toString(pid)).start().waitFor();
      left.get().onExit().get(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while the earlier PostgreSQL server was stopping.", e);
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new IOException(
          "The PostgreSQL server (process "
              + pid
              + ") that an earlier console left behind did not stop within "
              + STOP_DEADLINE.toSeconds()
              + " s.",
          e);
    }
  }
}
