package org.dcbalance.story;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.dcbalance.lab.Fabric;
import org.dcbalance.lab.Lab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;

/**
 * Run a console as users do, with a data folder of its own: unpacked, as an installation is, or as
 * a newcomer starts the jar. It can be killed and started again.
 *
 * <p>A console in a lab runs inside the lab's network, where it reaches hosts and guests by their
 * addresses and nothing else reaches it; the test speaks to it through a {@link Fabric.Door}.
 */
final class Console implements AutoCloseable {
  static final String PASSWORD = "a password for stories";
  static final String TOKEN = "a-token-for-stories-0123456789abcdef";
  static final Path STORIES = Path.of("target", "stories").toAbsolutePath();
  private static final Path SERVER = STORIES.resolve("postgresql-server");
  private static final Duration STOP = Duration.ofSeconds(45);

  private final String name;
  private final int port;
  private final List<String> wrapper;
  private final Fabric.@Nullable Door door;
  private final Map<String, String> environment = new TreeMap<>();
  private final Path folder;
  private @Nullable Process process;
  private boolean unpacked = true;
  private int starts;

  private Console(String name, int port, List<String> wrapper, Fabric.@Nullable Door door) {
    this.name = name;
    this.port = port;
    this.wrapper = wrapper;
    this.door = door;
    this.folder = STORIES.resolve(name);
    set("DCBALANCE_DATA_DIR", folder.resolve("data").toString());
    set("DCBALANCE_ADMIN_PASSWORD", PASSWORD);
    set("DCBALANCE_ADMIN_TOKEN", TOKEN);
    set("SERVER_PORT", Integer.toString(port));
    delete(folder);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Prepare a console inside a lab's network; the port is there, not here. */
  static Console inside(Lab lab, String name, int port) {
    return new Console(
            // as the lab's hosts: what runs beside the tests takes no time from either
            name, port, lab.inside("nice", "-n", "-5"), lab.fabric().door(port))
        .set("DCBALANCE_SIMULATED_ENABLED", "false");
  }

  /** Prepare a console on this machine's loopback interface. */
  static Console onLoopback(String name) {
    return new Console(name, freePort(), List.of(), null);
  }

  /** Set a variable of its environment, for the next start. */
  Console set(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Set what makes a story short: samples, lists and rounds every few seconds. */
  Console hurried() {
    return set("DCBALANCE_TELEMETRY_PERIOD", "2s")
        .set("DCBALANCE_INVENTORY_PERIOD", "2s")
        .set("DCBALANCE_BALANCING_WINDOW", "16s")
        .set("DCBALANCE_BALANCING_EVERY", "3s")
        .set("DCBALANCE_BALANCING_HOLD_ROUNDS", "2")
        // a machine that runs hosts, guests and console at once misses samples
        .set("DCBALANCE_BALANCING_MINIMUM_COVERAGE", "0.3")
        .set("DCBALANCE_TELEMETRY_DIRTY_RATE_EVERY", "30s")
        .set("DCBALANCE_TELEMETRY_DIRTY_RATE_LONG", "3s");
  }

  /**
   * Be as hurried as emulated Xen hosts let us: they need seconds for what real ones tell at once.
   */
  Console forXen() {
    return hurried()
        .set("DCBALANCE_TELEMETRY_PERIOD", "4s")
        .set("DCBALANCE_BALANCING_WINDOW", "32s")
        // guests of an emulated host may stand still for a second, and would have no usual gap then
        .set("DCBALANCE_MIGRATION_PROBE_BEFORE", "3s")
        .set("DCBALANCE_LIBVIRT_CALL_DEADLINE", "30s");
  }

  /** Start the jar as it is, from now on. */
  Console fromTheJar() {
    unpacked = false;
    return this;
  }

  /** Start it, and wait until it serves its first page. */
  Console start() {
    var program = program();
    var starting = Figures.watch();
    begin(program);
    awaitFirstPage(Duration.ofMinutes(3));
    Figures.seconds(
        "console %s: start %d to the first page, %s"
            .formatted(name, starts, unpacked ? "unpacked, first compiler alone" : "java -jar"),
        starting.passed());
    return this;
  }

  /** Start it and do something else that takes long until it shows its first page. */
  Console start(Runnable meanwhile) {
    begin(program());
    meanwhile.run();
    awaitFirstPage(Duration.ofMinutes(3));
    return this;
  }

  /** Start it without waiting. */
  Console begin() {
    return begin(program());
  }

  private Console begin(List<String> program) {
    starts++;
    if (unpacked) {
      shareServer();
    }
    var command = new ArrayList<>(wrapper);
    command.add(Jar.java());
    command.addAll(program);
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    builder
        .environment()
        .keySet()
        .removeIf(k -> k.startsWith("DCBALANCE_") || k.startsWith("SPRING_"));
    builder.environment().putAll(environment);
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Have PostgreSQL's own files unpacked once for all stories, which takes a processor 15 s. */
  private void shareServer() {
    var server = folder.resolve("data/postgresql-18/server");
    try {
      if (!Files.exists(server)) {
        Files.createDirectories(SERVER);
        Files.createDirectories(server.getParent());
        Files.createSymbolicLink(server, SERVER);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Wait for the sign-in page. */
  void awaitFirstPage(Duration patience) {
    long until = System.nanoTime() + patience.toNanos();
    try (var api = api()) {
      while (!api.answers("/login")) {
        if (!running().isAlive()) {
          throw new AssertionError("The console " + name + " ended: " + said());
        }
        if (System.nanoTime() > until) {
          throw new AssertionError(
              "The console " + name + " shows no page within " + patience + ": " + said());
        }
        Await.pause(Duration.ofMillis(50));
      }
    }
  }

  private List<String> program() {
    if (!Jar.isCurrent()) {
      return Jar.classes();
    }
    return unpacked ? Jar.unpacked() : Jar.itself();
  }

  Api api() {
    return new Api(outerPort(), TOKEN);
  }

  /** Give the port by which this process reaches it. */
  int outerPort() {
    return door == null ? port : door.port();
  }

  /** Give the address of its pages where it runs. */
  String address() {
    return "http://127.0.0.1:" + port;
  }

  Path log() {
    return folder.resolve("console.log");
  }

  /** Give everything that it wrote, of all starts. */
  String said() {
    return read(log());
  }

  static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Process running() {
    if (process == null) {
      throw new IllegalStateException("The console " + name + " was not started.");
    }
    return process;
  }

  /** Kill it with SIGKILL, as a power cut would; its database server lives on. */
  void kill() {
    running().destroyForcibly();
    waitFor(running());
  }

  /** Have it sleep with SIGSTOP, as a paused virtual machine would; its database server goes on. */
  void freeze() {
    signal("-STOP");
  }

  /** Wake it up again, in the middle of what it did. */
  void thaw() {
    signal("-CONT");
  }

  private void signal(String which) {
    try {
      var kill = new ProcessBuilder("kill", which, Long.toString(running().pid())).start();
      if (kill.waitFor() != 0) {
        throw new AssertionError("The console " + name + " took no signal " + which + ".");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted.", e);
    }
  }

  /** Stop it as {@code systemctl stop} would. */
  void stop() {
    running().destroy();
    if (!waitFor(running())) {
      kill();
      throw new AssertionError("The console " + name + " did not stop within " + STOP + ".");
    }
  }

  private static boolean waitFor(Process process) {
    try {
      return process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    if (process != null && process.isAlive()) {
      process.destroy();
      if (!waitFor(process)) {
        process.destroyForcibly();
      }
    }
    endDatabaseLeftBehind();
    if (door != null) {
      door.close();
    }
  }

  private void endDatabaseLeftBehind() {
    var pidFile = folder.resolve("data/postgresql-18/data/postmaster.pid");
    try {
      if (Files.exists(pidFile)) {
        var pid = Long.parseLong(Files.readAllLines(pidFile).getFirst().strip());
        ProcessHandle.of(pid)
            .filter(p -> p.info().command().orElse("").endsWith("/postgres"))
            .ifPresent(ProcessHandle::destroy);
      }
    } catch (IOException goneMeanwhile) {
      // it removes the file when it ends
    }
  }

  static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
