package org.dcbalance.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Bring up real hosts with libvirt and QEMU for a test class, and take them down after it.
 *
 * <p>Use it as a static {@code @RegisterExtension} field. Each lab has a name of its own, so that
 * it disturbs no other. Where libvirt or QEMU is missing, or the tests do not run as root, the
 * class is skipped and says what installs them; with {@code DCBALANCE_REQUIRE_ALL=1} it fails
 * instead.
 */
public final class QemuLab implements BeforeAllCallback, AfterAllCallback {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Path SCRIPTS = Path.of("lab", "qemu").toAbsolutePath();
  private static final Path STATE = Path.of("/var/lib/dcbalance-lab");

  private final String name;
  private final int hosts;

  /**
   * Describe a lab.
   *
   * @param name short, of lower-case letters; names its namespaces
   * @param hosts 1 to 16
   */
  public QemuLab(String name, int hosts) {
    this.name = name;
    this.hosts = hosts;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    var missing = missing();
    if (!missing.isEmpty()) {
      var words = "%s is missing: run lab/install".formatted(String.join(", ", missing));
      if ("1".equals(System.getenv("DCBALANCE_REQUIRE_ALL"))) {
        throw new AssertionError(words);
      }
      Assumptions.abort(words);
    }
    script("down");
    script("up", Integer.toString(hosts), "--owner", Long.toString(ProcessHandle.current().pid()));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (missing().isEmpty()) {
      script("down");
    }
  }

  private static List<String> missing() {
    var missing = new ArrayList<String>();
    if (!"root".equals(System.getProperty("user.name"))) {
      missing.add("root (for network namespaces)");
    }
    if (!Files.isExecutable(Path.of("/usr/sbin/libvirtd"))) {
      missing.add("libvirtd");
    }
    if (Stream.of("/usr/bin", "/bin", "/usr/local/bin")
        .noneMatch(dir -> Files.isExecutable(Path.of(dir, "qemu-system-x86_64")))) {
      missing.add("qemu-system-x86_64");
    }
    return missing;
  }

  /** Give the folder below which the hosts' sockets are. */
  public Path folder() {
    return STATE.resolve(name);
  }

  /** Give the URI by which this process reaches a host. */
  public String uri(int host) {
    return "qemu+unix:///system?socket=%s/h%d/run/libvirt/libvirt-sock".formatted(folder(), host);
  }

  /** Give the URI by which the hosts, and processes in the lab's network, reach a host. */
  public String peerUri(int host) {
    return "qemu+tcp://10.99.0.%d/system".formatted(host);
  }

  /** Give the network from which hosts and guests can be reached. */
  public Fabric fabric() {
    return new Fabric(name + "-net");
  }

  /** Give what to put before a command so that it runs in the lab's network, as that process. */
  public List<String> inside(String... before) {
    return Stream.concat(
            Stream.of(
                "env",
                "LAB_PREFIX=" + name,
                "LAB_DIR=" + folder(),
                SCRIPTS.resolve("run").toString()),
            Stream.of(before))
        .toList();
  }

  /** Give the UUID that the lab gives a guest by its number. */
  public static UUID guestUuid(int number) {
    return UUID.fromString("00000000-0000-4000-9000-%012d".formatted(number));
  }

  /** Give the address of a guest by its number, which answers HTTP in the lab's network. */
  public static String guestAddress(int number) {
    return "10.77.0." + (10 + number);
  }

  /** Define and start a guest, and wait until it answers HTTP; see {@code lab/qemu/guest}. */
  public UUID start(int host, String guest, int number, String... options) {
    script(
        "guest", with(options, "start", Integer.toString(host), guest, Integer.toString(number)));
    return guestUuid(number);
  }

  /** Wait until guests that were started with {@code --no-wait} answer HTTP. */
  public void await(int... numbers) {
    script(
        "guest",
        with(IntStream.of(numbers).mapToObj(Integer::toString).toArray(String[]::new), "wait"));
  }

  /** Have a guest write a word to its disk; without one, give what it reads there. */
  public String disk(int number, String... word) {
    return script("guest", with(word, "disk", Integer.toString(number)));
  }

  /** Change what a guest does; see {@code lab/qemu/guest}. */
  public void load(int number, String... load) {
    script("guest", with(load, "load", Integer.toString(number)));
  }

  /** End guests and remove their definitions and disks. */
  public void stop(String... guests) {
    script("guest", with(guests, "stop"));
  }

  /** List the hosts that know a guest, each with the state there, such as "1 running". */
  public List<String> where(String guest) {
    return script("guest", "where", guest).lines().toList();
  }

  /** Limit what a host sends to the others. */
  public void limitLink(int host, int megabitsPerSecond) {
    script("link", "limit", Integer.toString(megabitsPerSecond), Integer.toString(host));
  }

  /** Lift the limit of a host. */
  public void unlimitLink(int host) {
    script("link", "unlimit", Integer.toString(host));
  }

  /** Pull a host's network cable. */
  public void cutLink(int host) {
    script("link", "cut", Integer.toString(host));
  }

  /** Plug a host's network cable in again. */
  public void restoreLink(int host) {
    script("link", "restore", Integer.toString(host));
  }

  /** Work on a host, such as {@code host("kill", 2)}; see {@code lab/qemu/host}. */
  public String host(String verb, int host, String... more) {
    return script("host", with(more, verb, Integer.toString(host)));
  }

  /** Run a command where hosts and guests can be reached by their addresses. */
  public String run(String... command) {
    return script("run", command);
  }

  private static String[] with(String[] more, String... first) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
  }

  private String script(String script, String... arguments) {
    var command = new ArrayList<String>();
    command.add(SCRIPTS.resolve(script).toString());
    command.addAll(List.of(arguments));
    Path output = null;
    try {
      output = Files.createTempFile("dcbalance-lab-", ".txt");
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      // to a file, since what a script leaves running would keep a pipe open
      builder.redirectOutput(output.toFile()).redirectInput(Path.of("/dev/null").toFile());
      builder.environment().putAll(Map.of("LAB_PREFIX", name, "LAB_DIR", folder().toString()));
      var process = builder.start();
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroy();
        throw new AssertionError("The lab did not finish: " + String.join(" ", command));
      }
      var said = Files.readString(output, StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new AssertionError(String.join(" ", command) + " failed: " + said);
      }
      return said;
    } catch (IOException e) {
      throw new AssertionError("The lab's script " + script + " cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted in the lab's script " + script, e);
    } finally {
      delete(output);
    }
  }

  private static void delete(@org.jspecify.annotations.Nullable Path file) {
    if (file != null) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        file.toFile().deleteOnExit();
      }
    }
  }
}
