package org.dcbalance.helper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelperAccessTest {
  private static final String KEY =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMC0K3m1x2n3o4p5q6r7s8t9u0v1w2x3y4z5A6B7C8D9";

  private static HelperAccess access(String address, String user, String file, String key) {
    return new HelperAccess(address, 22, user, file, key);
  }

  @Test
  void takesWhatAdministratorsCopyFromHosts() {
    var access =
        access(" kvm-01.example.org ", "root", "/etc/dcbalance/key", KEY + " root@kvm-01\n");
    assertThat(access.address()).isEqualTo("kvm-01.example.org");
    assertThat(access.hostKey()).as("without its comment").isEqualTo(KEY);
    assertThat(access("fe80::1", "root", "/k", KEY).address()).isEqualTo("fe80::1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-oProxyCommand=id",
        "kvm 01",
        "kvm-01;id",
        "root@kvm-01",
        "a/b",
        "$(id)",
        "[::1]"
      })
  void refusesWhatIsNoAddress(String address) {
    assertThatThrownBy(() -> access(address, "root", "/k", KEY))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("is not an address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-l", "ro ot", "root;id", "%r"})
  void refusesWhatIsNoUser(String user) {
    assertThatThrownBy(() -> access("kvm-01", user, "/k", KEY))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("is not a user");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "key", "/a b", "/a%h", "/a\nProxyCommand id", "~/.ssh/id"})
  void refusesWhatIsNoFile(String file) {
    assertThatThrownBy(() -> access("kvm-01", "root", file, KEY))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("path of a key");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ssh-ed25519",
        "ssh-dss AAAAB3NzaC1kc3MAAACBAJ0000000000000000000000000000000000000000",
        "* ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMC0K3m1x2n3o4p5q6r7s8t9u0v1w2x3y4z5A6B7C8D9",
        "@cert-authority * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMC0K3m1x2n3o4p5q6r7s8t9"
      })
  void refusesWhatPinsNoKey(String key) {
    assertThatThrownBy(() -> access("kvm-01", "root", "/k", key))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("public key of an SSH server");
  }

  @Test
  void refusesWhatIsNoPort() {
    assertThatThrownBy(() -> new HelperAccess("kvm-01", 70_000, "root", "/k", KEY))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("70000");
  }

  @Test
  void callsSshWithNothingOfItsConfigurationAndTheAddressBehindTheOptions() {
    var command =
        SshCall.command(
            access("kvm-01", "root", "/k", KEY),
            Path.of("/k"),
            Path.of("/known"),
            List.of("split", "checkpoints", "dcb-0123abcd-7"));
    assertThat(command)
        .startsWith("ssh", "-F", "/dev/null", "-T")
        .contains("StrictHostKeyChecking=yes", "UserKnownHostsFile=/known", "BatchMode=yes")
        .endsWith("-l", "root", "--", "kvm-01", "split", "checkpoints", "dcb-0123abcd-7");
  }
}
