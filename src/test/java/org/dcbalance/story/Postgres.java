package org.dcbalance.story;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.dcbalance.lab.Lab;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL beside the consoles, which keeps its port and its data when it is stopped. */
final class Postgres implements AutoCloseable {
  private final Path folder;
  private final @Nullable Lab lab;
  private final int port;
  private @Nullable EmbeddedPostgres server;

  private Postgres(String name, @Nullable Lab lab, int port) {
    this.folder = Console.STORIES.resolve(name);
    this.lab = lab;
    this.port = port;
    Console.delete(folder);
  }

  /** Prepare one in a lab's network: a process is born where the thread is that starts it. */
  static Postgres inside(Lab lab, String name, int port) {
    return new Postgres(name, lab, port);
  }

  static Postgres onLoopback(String name) {
    return new Postgres(name, null, Console.freePort());
  }

  Postgres start() {
    Callable<EmbeddedPostgres> start =
        () ->
            EmbeddedPostgres.builder()
                .setPort(port)
                .setDataDirectory(folder.resolve("data").toFile())
                .setCleanDataDirectory(false)
                .setOverrideWorkingDirectory(folder.resolve("server").toFile())
                .setRegisterShutdownHook(false)
                // a busy machine takes longer than the 10 s that are usual
                .setPGStartupWait(Duration.ofSeconds(60))
                .start();
    try {
      server = lab == null ? start.call() : lab.fabric().inside(start);
    } catch (Exception e) {
      throw new AssertionError("PostgreSQL does not start.", e);
    }
    return this;
  }

  void stop() {
    if (server != null) {
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      server = null;
    }
  }

  /** Have a console use it, as a second one may at the same time. */
  Console serve(Console console) {
    return console
        .set("SPRING_DATASOURCE_URL", "jdbc:postgresql://127.0.0.1:" + port + "/postgres")
        .set("SPRING_DATASOURCE_USERNAME", "postgres")
        .set("SPRING_DATASOURCE_PASSWORD", "postgres");
  }

  @Override
  public void close() {
    stop();
  }
}
