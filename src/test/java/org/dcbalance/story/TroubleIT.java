package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes wrong around a console: each is said in a clear sentence, and nothing is lost. */
@Timeout(900)
@TestMethodOrder(OrderAnnotation.class)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = "both processors", mode = ResourceAccessMode.READ)
@ResourceLock("TroubleIT")
@Order(2)
class TroubleIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("trb", 2);
  private static final int PORT = 8084;

  private static @Nullable Postgres database;
  private static @Nullable Console console;
  private static @Nullable Api connected;

  @BeforeAll
  static void prepare() {
    database = Postgres.inside(LAB, "trouble-database", 5498);
    console = database.serve(Console.inside(LAB, "trouble", PORT).hurried());
    connected = console.api();
  }

  @AfterAll
  static void end() {
    if (connected != null) {
      connected.close();
    }
    if (console != null) {
      console.close();
    }
    if (database != null) {
      database.close();
    }
  }

  private static Api api() {
    return Objects.requireNonNull(connected);
  }

  private static Console console() {
    return Objects.requireNonNull(console);
  }

  private static Fleet fleet() {
    return new Fleet(LAB, api());
  }

  @Test
  @Order(1)
  void aDatabaseThatIsAwayAtTheStartIsWaitedFor() {
    console().begin();
    Await.until(
        "the console to say what it waits for",
        Duration.ofSeconds(90),
        console()::said,
        said -> said.contains("The database does not answer yet"));
    Objects.requireNonNull(database).start();
    console().awaitFirstPage(Duration.ofMinutes(2));
    fleet().addAll(2);
    fleet().tryNothingAgain();
    LAB.start(1, "web-01", 1);
    LAB.start(1, "web-02", 2);
    fleet().vm("web-01");
    fleet().vm("web-02");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          502 | qemu+tcp://10.99.0.77/system                        | could not connect to 10.99.0.77
          400 | kvm 9                                               | is not a URI
          400 | qemu+tcp://10.99.0.2/session                        | must end in /system
          400 | qemu+tcp://127.0.0.1/system                         | is a loopback address
          422 | qemu+ext://10.99.0.2/system                         | runs a command on the console
          422 | qemu+ssh://root@10.99.0.2/system?command=/bin/sh    | is not allowed in a URI with ssh
          422 | qemu+tls://10.99.0.2/system?no_verify=1             | is not allowed in a URI with tls
          422 | qemu+unix:///system?socket=/run/libvirt/libvirt-sock | not below a folder that this console may use
          422 | test:///default                                     | DCbalance balances QEMU and Xen hosts, not
          422 | esx://10.99.0.2/system                              | DCbalance balances QEMU and Xen hosts, not
          400 | http://10.99.0.2/system                             | knows no hypervisor of the kind
          409 | qemu+tcp://10.99.0.2/system                         | already has a host with this URI: kvm-02
          409 | qemu+tcp://10.99.0.2:16509/system                   | already has a host with the same host UUID
          """)
  @Order(2)
  void aHostThatCannotBeAddedIsRefusedWithTheReason(int status, String uri, String sentence) {
    var watch = Figures.watch();
    for (var path : List.of("/api/v1/hosts/test", "/api/v1/hosts")) {
      var answer = api().ask("POST", path, Map.of("name", "kvm-09", "uri", uri));
      assertThat(answer.problem()).contains(sentence).endsWith(".");
      assertThat(answer.status()).as(answer.problem()).isEqualTo(status);
    }
    assertThat(watch.passed()).as("two attempts").isLessThan(Duration.ofSeconds(90));
    assertThat(api().items("/api/v1/hosts")).as("nothing was added").hasSize(2);
  }

  @Test
  @Order(3)
  void aNameThatIsTakenIsRefused() {
    var answer =
        api().ask("POST", "/api/v1/hosts", Map.of("name", "kvm-01", "uri", LAB.peerUri(9)));
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.problem()).contains("already has a host with the name kvm-01");
  }

  @Test
  @Order(4)
  void aPortInUseEndsTheStartWithASentence() throws Exception {
    try (var second =
        Objects.requireNonNull(database).serve(Console.inside(LAB, "same-port", PORT)).begin()) {
      assertThat(second.running().waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(second.running().exitValue()).isNotZero();
      assertThat(second.said()).contains("Port " + PORT + " was already in use");
    }
    assertThat(api().answers("/login")).isTrue();
  }

  @Test
  @Order(5)
  void aGuestThatOthersMoveIsFollowed() {
    LAB.host(
        "virsh",
        1,
        "migrate",
        "--live",
        "--p2p",
        "--persistent",
        "--undefinesource",
        "web-02",
        LAB.peerUri(2));
    Await.until(
        "web-02 on kvm-02 in the inventory",
        Duration.ofSeconds(20),
        () -> fleet().vm("web-02"),
        vm -> vm.get("host").asString().equals("kvm-02"));
    saidOnThePage("web-02 moved to kvm-02 outside DCbalance.");
  }

  @Test
  @Order(6)
  void aGuestThatOthersDeleteIsGoneButNotForgotten() {
    var vm = fleet().vm("web-02");
    LAB.stop("web-02");
    Await.until(
        "web-02 to be gone", Duration.ofSeconds(20), () -> fleet().named("web-02"), List::isEmpty);
    saidOnThePage("web-02 vanished from kvm-02 without DCbalance.");
    var kept = api().get("/api/v1/vms/" + vm.get("id").asLong());
    assertThat(kept.get("goneSince").isNull()).as("it is still known").isFalse();
    var refused =
        api()
            .ask(
                "POST",
                "/api/v1/vms/" + vm.get("id").asLong() + "/migrations",
                Map.of("targetHostId", fleet().host(1).get("id").asLong()));
    assertThat(refused.status()).as(refused.problem()).isEqualTo(422);
  }

  @Test
  @Order(7)
  void aMigrationWhoseTargetDiesLeavesTheGuestWhereItWas() {
    LAB.limitLink(1, 4);
    long id = fleet().move("web-01", 2);
    Await.until(
        "copying",
        Duration.ofSeconds(60),
        () -> api().get("/api/v1/migrations/" + id),
        m -> m.get("phase").asString().equals("COPYING") && m.path("progress").isObject());
    LAB.host("kill", 2);
    var down =
        Await.until(
            "kvm-02 to be called down",
            Duration.ofSeconds(60),
            () -> fleet().host(2),
            h -> h.get("state").asString().equals("DOWN"));
    assertThat(down.get("stateDetail").asString()).endsWith(".");
    saidOnThePage("kvm-02 does not answer");
    assertThat(LAB.where("web-01")).containsExactly("1 running");
    assertThat(api().get("/api/v1/migrations/" + id).get("state").asString())
        .as("a host that does not answer is unknown, never absent")
        .isIn("RUNNING", "LOST", "FAILED");

    Await.pause(Duration.ofSeconds(10));
    LAB.host("start", 2);
    LAB.unlimitLink(1);
    Await.until(
        "kvm-02 to be up",
        Duration.ofSeconds(60),
        () -> fleet().host(2),
        h -> h.get("state").asString().equals("UP"));
    saidOnThePage("kvm-02 answers again.");
    var ended = fleet().ended(id, Duration.ofSeconds(60));
    assertThat(ended.get("state").asString()).isEqualTo("FAILED");
    assertThat(ended.get("sentence").asString()).contains("web-01").contains("kvm-01");
    assertThat(LAB.where("web-01")).containsExactly("1 running");
    var again = fleet().ended(fleet().move("web-01", 2), Duration.ofSeconds(60));
    assertThat(again.get("state").asString())
        .as("nothing of the failed move is in the way: " + again.get("sentence").asString())
        .isEqualTo("COMPLETED");
  }

  @Test
  @Order(8)
  void aDatabaseThatIsAwayForHalfAMinuteIsMissedAndFoundAgain() {
    var before = counts();
    Objects.requireNonNull(database).stop();
    var away = Figures.watch();
    var refused = api().send("GET", "/api/v1/hosts", null);
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.problem()).contains("database").endsWith(".");
    try (var browser = new Browser(console().outerPort())) {
      assertThat(browser.get("/").statusCode()).isIn(302, 503);
    }
    assertThat(api().send("GET", "/actuator/health", null).status()).isEqualTo(503);
    Await.pause(Duration.ofSeconds(30).minus(away.passed()));
    assertThat(console().running().isAlive()).isTrue();
    Objects.requireNonNull(database).start();
    Await.until(
        "an answer",
        Duration.ofSeconds(40),
        () -> api().send("GET", "/api/v1/hosts", null).status(),
        status -> status == 200);
    assertThat(counts()).as("nothing is lost").containsAllEntriesOf(before);
    var seen = fleet().host(1).get("lastSeen").asString();
    Await.until(
        "the fleet to be read again",
        Duration.ofSeconds(40),
        () -> fleet().host(1).get("lastSeen").asString(),
        now -> now.compareTo(seen) > 0);
    var moved = fleet().ended(fleet().move("web-01", 1), Duration.ofSeconds(60));
    assertThat(moved.get("state").asString())
        .as(moved.get("sentence").asString())
        .isEqualTo("COMPLETED");
  }

  private static Map<String, Integer> counts() {
    var counts = new HashMap<String, Integer>();
    for (var what : List.of("hosts", "pools", "vms", "migrations")) {
      counts.put(what, api().items("/api/v1/" + what).size());
    }
    return counts;
  }

  /** What happened is on the first page, in a sentence. */
  private static void saidOnThePage(String sentence) {
    try (var browser = new Browser(console().outerPort())) {
      browser.signIn("admin", Console.PASSWORD);
      Await.until(
          sentence,
          Duration.ofSeconds(20),
          () -> browser.get("/").body(),
          page -> page.contains(sentence));
    }
  }
}
