package org.dcbalance.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiscretionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "unable to connect to server at 'kvm-02:16514': Connection refused"
            + " | unable to connect to server at '(address)': Connection refused",
        "unable to connect to server at '10.0.0.2:16509': No route to host"
            + " | unable to connect to server at '(address)': No route to host",
        "unable to connect to server at 'fd12::5:16509': timed out"
            + " | unable to connect to server at '(address)': timed out",
        "unable to resolve address 'kvm-02.example.org' service '16514': Name not known"
            + " | unable to resolve address (address): Name not known",
        "ssh: connect to host kvm-02.example.org port 2222: Connection timed out"
            + " | ssh: connect to host (address): Connection timed out",
        "ssh: Could not resolve hostname kvm-02.example.org: Name not known"
            + " | ssh: Could not resolve hostname (address): Name not known",
        "root@kvm-02: Permission denied (publickey) | (address): Permission denied (publickey)",
        "no answer from [fd12::5]:16514, nor from 10.0.0.2. | no answer from (address), nor from (address).",
        "failed at qemu+tls://kvm-2/system?pkipath=/etc/k: broken | failed at (address): broken",
        "Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file"
            + " | Cannot read CA certificate '(file)': No such file",
        "socket to '/var/run/libvirt/libvirt-sock': denied | socket to '(file)': denied",
      })
  void leavesOutHowHostsAreReached(String words, String told) {
    assertThat(Discretion.addresses(words)).isEqualTo(told);
    assertThat(Discretion.addressesAndFiles(words)).isEqualTo(told);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "internal error: client socket is closed",
        "Input/output error at 14:02:10, after 3 of 4 tries",
        "no interface with the MAC 52:54:00:ab:cd:ef",
        "libvirt 9.0.0 and/or QEMU 7.2.1: error: 38",
        "virNetClientSetTLSSession: unable to set the session",
        "guest CPU lacks avx2 (kvm-02, web-07)"
      })
  void leavesAllElseAsItIs(String words) {
    assertThat(Discretion.addressesAndFiles(words)).isEqualTo(words);
  }

  @Test
  @Timeout(60)
  void aHostThatTalksWithoutEndKeepsNobody() {
    assertThat(Discretion.addressesAndFiles("x".repeat(4_000_000))).hasSize(2_001);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Cannot access storage file '/srv/images/web-07.qcow2' (as uid:64055)"})
  void namesDisksOnceThereIsAConnection(String words) {
    assertThat(Discretion.addresses(words)).isEqualTo(words);
    assertThat(Discretion.addressesAndFiles(words))
        .isEqualTo("Cannot access storage file '(file)' (as uid:64055)");
  }
}
