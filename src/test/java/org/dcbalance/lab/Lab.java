package org.dcbalance.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.dcbalance.testing.Needed;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Bring up real hosts with libvirt for a test class, and take them down after it.
 *
 * <p>Use it as a static {@code @RegisterExtension} field. Each lab has a name of its own, so that
 * it disturbs no other. Where something that it needs is missing, or the tests do not run as root,
 * the class is skipped and says what installs it; with {@code DCBALANCE_REQUIRE_ALL=1} it fails
 * instead.
 */
public abstract sealed class Lab extends Needed implements BeforeAllCallback, AfterAllCallback
    permits QemuLab, XenLab {
  private static final Path STATE = Path.of("/var/lib/dcbalance-lab");

  private final String name;
  private final int hosts;
  private final Path scripts;
  private final Duration patience;

  /**
   * Describe a lab.
   *
   * @param kind its folder below {@code lab}, and the part of {@code lab/install} that it needs
   * @param name short, of lower-case letters; names its namespaces
   * @param hosts how many
   * @param patience how long one of its scripts may take
   */
  Lab(String kind, String name, int hosts, Duration patience) {
    super("lab/install --only " + kind);
    this.name = name;
    this.hosts = hosts;
    this.patience = patience;
    scripts = Path.of("lab", kind).toAbsolutePath();
  }

  /** Give what {@code up} is told beside the number of hosts. */
  List<String> options() {
    return List.of();
  }

  /** Give settings of its scripts, beside those that say which lab it is. */
  Map<String, String> settings() {
    return Map.of();
  }

  /** Make what is made once, before hosts come up. */
  void build() {}

  @Override
  public void beforeAll(ExtensionContext context) {
    build();
    script("down");
    var owner = Long.toString(ProcessHandle.current().pid());
    script("up", with(options().toArray(String[]::new), Integer.toString(hosts), "--owner", owner));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    script("down");
  }

  static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** Give the folder below which the hosts' sockets are. */
  public Path folder() {
    return STATE.resolve(name);
  }

  /** Give the URI by which this process reaches a host. */
  public abstract String uri(int host);

  /** Give the URI by which the hosts, and processes in the lab's network, reach a host. */
  public abstract String peerUri(int host);

  /** Give the UUID that this lab gives a guest by its number. */
  public abstract UUID uuid(int number);

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
                scripts.resolve("run").toString()),
            Stream.of(before))
        .toList();
  }

  /** Give the address of a guest by its number, which answers HTTP in the lab's network. */
  public static String guestAddress(int number) {
    return "10.77.0." + (10 + number);
  }

  /** Define and start a guest, and wait until it answers HTTP; see the lab's {@code guest}. */
  public UUID start(int host, String guest, int number, String... options) {
    script(
        "guest", with(options, "start", Integer.toString(host), guest, Integer.toString(number)));
    return uuid(number);
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

  /**
   * Have a guest write to a file that stays open and count in memory ("begin"), end that ("end"),
   * or say how both are.
   */
  public String file(int number, String... what) {
    return script("guest", with(what, "file", Integer.toString(number)));
  }

  /** Change what a guest does; see the lab's {@code guest}. */
  public void load(int number, String... load) {
    script("guest", with(load, "load", Integer.toString(number)));
  }

  /** Have a guest correspond with others; without others, give what it says came of that. */
  public String peers(int number, int... others) {
    var numbers =
        IntStream.concat(IntStream.of(number), IntStream.of(others))
            .mapToObj(Integer::toString)
            .toArray(String[]::new);
    return script("guest", with(numbers, "peers"));
  }

  /** End guests and remove their definitions and disks. */
  public void stop(String... guests) {
    script("guest", with(guests, "stop"));
  }

  /** List the hosts that know a guest, each with the state there, such as "1 running". */
  public List<String> where(String guest) {
    return script("guest", "where", guest).lines().toList();
  }

  /** Give what a guest says of itself: its memory, and the loads that run. */
  public String stat(int number) {
    return script("guest", "stat", Integer.toString(number));
  }

  /** Have a guest compare the memory of its loads with what they wrote, and give what it found. */
  public String verify(int number) {
    return script("guest", "verify", Integer.toString(number));
  }

  /**
   * Give how long a guest has run, by itself. It grows across a migration; a guest that was broken
   * by one boots anew.
   */
  public Duration uptime(int number) {
    var line = stat(number).lines().filter(l -> l.startsWith("uptime ")).findFirst().orElseThrow();
    return Duration.ofMillis(Math.round(1000 * Double.parseDouble(line.substring(7))));
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

  /** Work on a host, such as {@code host("kill", 2)}; see the lab's {@code host}. */
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

  /**
   * Run one of the lab's scripts, and give what it said.
   *
   * @throws AssertionError if it failed or took too long
   */
  private String script(String script, String... arguments) {
    return run(scripts.resolve(script), List.of(arguments)).orThrow();
  }

  /** Run a script on behalf of this lab. */
  Script.Outcome run(Path script, List<String> arguments) {
    var environment = new HashMap<>(settings());
    environment.put("LAB_PREFIX", name);
    environment.put("LAB_DIR", folder().toString());
    return new Script(script, arguments, environment).run(patience);
  }
}
