package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LibvirtUriTest {
  @TempDir Path temp;
  private Path allowed;
  private LibvirtDriver driver;

  @BeforeEach
  void allow() throws IOException {
    allowed = Files.createDirectory(temp.toRealPath().resolve("allowed"));
    driver = new LibvirtDriver(settings(List.of(allowed)), Set::of);
  }

  private static LibvirtSettings settings(List<Path> allowed) {
    var second = Duration.ofSeconds(1);
    return new LibvirtSettings(allowed, List.of(), second, second, second, 3, second, second);
  }

  private String connectString(String uri) {
    return LibvirtUri.parse(URI.create(uri)).connectString(new AllowedPaths(List.of(allowed)));
  }

  private Problem problem(String uri) {
    var problem = catchThrowableOfType(Problem.class, () -> driver.check(URI.create(uri)));
    assertThat(problem).as(uri).isNotNull();
    assertThat(problem.sentence()).endsWith(".");
    if (problem.advice() != null) {
      assertThat(problem.advice()).startsWith("Maybe ");
    }
    return problem;
  }

  @ParameterizedTest
  @CsvSource({
    "qemu+tcp://10.99.0.1/system, qemu+tcp://10.99.0.1/system",
    "qemu+tcp://h1.example.org:16509/system, qemu+tcp://h1.example.org:16509/system",
    "qemu+tls://h1/system, qemu+tls://h1/system",
    "qemu://h1/system, qemu+tls://h1/system",
    "xen+tcp://[2001:db8::1]:16509/system, xen+tcp://[2001:db8::1]:16509/system",
    "qemu+ssh://root@h1/system, qemu+ssh://root@h1/system?no_tty=1",
    "xen+ssh://h1:2222/system, xen+ssh://h1:2222/system?no_tty=1",
    "qemu:///system, qemu+unix:///system",
    "xen+unix:///system, xen+unix:///system",
  })
  void takesTheKnownTransports(String uri, String connect) {
    driver.check(URI.create(uri));
    assertThat(connectString(uri)).isEqualTo(connect);
  }

  @ParameterizedTest
  @CsvSource({
    "qemu+unix:///system?socket=%s/h1/libvirt-sock",
    "qemu+tls://h1/system?pkipath=%s/pki",
    "qemu+ssh://root@h1/system?keyfile=%s/id_ed25519",
  })
  void takesFilesBelowTheAllowedFolders(String uri) {
    var filled = uri.formatted(allowed);
    assertThat(connectString(filled)).startsWith(filled);
  }

  @Test
  void decodesAParameterOnce() {
    assertThat(connectString("qemu+unix:///system?socket=" + allowed + "%2Fh%31-sock"))
        .isEqualTo("qemu+unix:///system?socket=" + allowed + "/h1-sock");
    assertThat(problem("qemu+unix:///system?socket=" + allowed + "/%252e%252e/x").sentence())
        .contains("must be an absolute path");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "test:///default",
        "test+tcp://h1/default",
        "lxc:///system",
        "esx://h1/?no_verify=1",
        "qemu+ext:///system",
        "qemu+ext://h1/system?command=/bin/sh",
        "qemu+libssh2://h1/system",
        "qemu+libssh://h1/system",
        "qemu+vsock://2/system",
        "qemu+TCP://h1/system",
        "qemu+://h1/system",
        "qemu+tcp+ext://h1/system",
        "qemu+unix+ext:///system",
        // which daemon
        "qemu:///session",
        "qemu+tcp://h1/session",
        "qemu+tcp://h1/",
        "qemu+tcp://h1",
        "qemu+tcp://h1/system/",
        "qemu+tcp://h1//system",
        "qemu+tcp://h1/./system",
        "qemu+tcp://h1/%73ystem",
        "qemu+tcp://h1/system#x",
        "qemu+tcp://h1/embed?root=/tmp",
        "qemu:system",
        // host, port and user
        "qemu+tcp:///system",
        "qemu+ssh:///system",
        "qemu+unix://h1/system",
        "qemu+unix://h1/system?socket=/tmp/x",
        "qemu+tcp://h_1/system",
        "qemu+ssh://-oProxyCommand=x/system",
        "qemu+ssh://-h1/system",
        "qemu+tcp://[fe80::1%25eth0]/system",
        "qemu+tcp://h1:0/system",
        "qemu+tcp://h1:65536/system",
        "qemu+tcp://root@h1/system",
        "qemu+tls://root@h1/system",
        "qemu+ssh://root:secret@h1/system",
        "qemu+ssh://-oProxyCommand@h1/system",
        "qemu+ssh://a%20b@h1/system",
        "qemu+ssh://a%0Ab@h1/system",
        "qemu+ssh://a;b@h1/system",
        "qemu+ssh://$(id)@h1/system",
        "qemu+ssh://@h1/system",
        // parameters
        "qemu+ssh://h1/system?command=/bin/sh",
        "qemu+ssh://h1/system?netcat=/bin/sh",
        "qemu+ssh://h1/system?proxy=netcat",
        "qemu+ssh://h1/system?no_verify=1",
        "qemu+ssh://h1/system?no_tty=0",
        "qemu+ssh://h1/system?socket=/tmp/x",
        "qemu+ssh://h1/system?known_hosts=/dev/null",
        "qemu+ssh://h1/system?mode=legacy",
        "qemu+tls://h1/system?no_verify=1",
        "qemu+tls://h1/system?tls_priority=NONE",
        "qemu+tls://h1/system?keyfile=/x",
        "qemu+tls://h1/system?pkipath",
        "qemu+tls://h1/system?pkipath=",
        "qemu+tcp://h1/system?socket=/x",
        "qemu+tcp://h1/system?name=test:///default",
        "qemu+tcp://h1/system?",
        "qemu+tcp://h1/system?&",
        "qemu+unix:///system?SOCKET=/x",
        "qemu+unix:///system?soc%6Bet=/x",
        "qemu+unix:///system?socket=/x&mode=direct",
        "qemu+unix:///system?socket=/x;command=/bin/sh",
        "qemu:///system?authfile=/x",
      })
  void refusesAllElse(String uri) {
    problem(uri);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "relative/sock",
        "~/sock",
        "%s/../allowed/sock",
        "%s/../../etc/shadow",
        "%s/./sock",
        "%s/..",
        "%s/%%2e%%2e/x",
        "%s/a%%20b",
        "%s/a%%00",
        "%s/a%%0Acommand=x",
        "%s/a%%26command=x",
        "%s/a%%3Fb",
        "%s/a%%23b",
        "%s/a%%27b",
        "%s/a%%22b",
        "%s/a'b",
        "%s/a%%5Cb",
        "%s/a%%C3%%A9",
        "%s/a+%%2Fb%%",
        "%s/$(id)",
        "%s",
        "%s/",
        "/",
        "/etc/libvirt/libvirt-sock",
        "/proc/self/root",
      })
  void refusesFilesElsewhereAndStrangeNames(String file) {
    var uri =
        "qemu+unix:///system?socket=" + file.replace("%s", allowed.toString()).replace("%%", "%");
    if (uri.endsWith("%")) {
      return; // java.net.URI itself refuses it
    }
    problem(uri);
  }

  @Test
  void seesThroughLinks() throws IOException {
    var elsewhere = Files.createDirectory(allowed.resolveSibling("elsewhere"));
    Files.createSymbolicLink(allowed.resolve("out"), elsewhere);
    Files.createSymbolicLink(allowed.resolve("dangling"), temp.resolve("nowhere"));
    Files.createSymbolicLink(allowed.resolve("loop"), allowed.resolve("loop"));
    assertThat(problem("qemu+unix:///system?socket=" + allowed + "/out/shadow").sentence())
        .contains("in truth " + elsewhere + "/shadow");
    problem("qemu+unix:///system?socket=" + allowed + "/dangling");
    problem("qemu+unix:///system?socket=" + allowed + "/loop");
    Files.createDirectory(allowed.resolve("h1"));
    Files.createSymbolicLink(allowed.resolve("one"), allowed.resolve("h1"));
    assertThat(connectString("qemu+unix:///system?socket=" + allowed + "/one/sock"))
        .as("libvirt gets the path behind the link")
        .endsWith(allowed + "/h1/sock");
  }

  @Test
  void allowsNoFilesByDefault() {
    var strict = new LibvirtDriver(settings(List.of()), Set::of);
    var problem =
        catchThrowableOfType(
            Problem.class,
            () -> strict.check(URI.create("qemu+unix:///system?socket=/run/libvirt/libvirt-sock")));
    assertThat(problem.sentence())
        .isEqualTo(
            "The parameter 'socket' names /run/libvirt/libvirt-sock, which is not below a folder"
                + " that this console may use.");
    assertThat(problem.advice()).contains("dcbalance.libvirt.allowed-paths");
  }

  @Test
  void namesWhatIsWrong() {
    assertThat(problem("test:///default").sentence())
        .isEqualTo("DCbalance balances QEMU and Xen hosts, not 'test'.");
    assertThat(problem("qemu+ext://h1/system").sentence()).contains("runs a command");
    assertThat(problem("qemu+ssh://h1/system?netcat=/bin/sh").sentence())
        .isEqualTo("The parameter 'netcat' is not allowed in a URI with ssh.");
    assertThat(problem("qemu+ssh://root:secret@h1/system").sentence()).doesNotContain("secret");
    assertThat(problem("qemu:///session").sentence()).contains("must end in /system");
  }

  @Test
  void takesPeersThatOtherHostsCanReach() {
    driver.checkPeer(URI.create("qemu+tcp://10.99.0.2/system"));
    driver.checkPeer(URI.create("xen+ssh://root@h2/system"));
    for (var uri :
        List.of(
            "qemu:///system",
            "qemu+unix:///system?socket=" + allowed + "/sock",
            "qemu+tls://h1/system?pkipath=" + allowed + "/pki",
            "qemu+ssh://h1/system?keyfile=" + allowed + "/key",
            "qemu+ext://h1/system",
            "test:///default")) {
      assertThat(catchThrowableOfType(Problem.class, () -> driver.checkPeer(URI.create(uri))))
          .as(uri)
          .isNotNull();
    }
  }

  @Test
  void handlesWhatLibvirtKnows() {
    assertThat(driver.handles(URI.create("qemu+tcp://h1/system"))).isTrue();
    assertThat(driver.handles(URI.create("test:///default"))).as("to refuse it by name").isTrue();
    assertThat(driver.handles(URI.create("simulated://pool/h1"))).isFalse();
    assertThat(driver.handles(URI.create("qemux+tcp://h1/system"))).isFalse();
  }
}
