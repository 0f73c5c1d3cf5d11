package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.dcbalance.hypervisor.StateStorage.Copy;
import org.junit.jupiter.api.Test;

class CopyXmlTest {
  private static final UUID UUID_OF_COPY = UUID.fromString("7c1b1f0e-53a0-4c47-9d3e-0a1f6f8a2b11");
  private static final Copy APART = new Copy(UUID_OF_COPY, "db-01-copy", null);
  private static final Copy ISOLATED = new Copy(UUID_OF_COPY, "db-01-copy", "copies");
  private static final String DOMAIN =
      """
      <domain type='kvm'><name>db-01</name><uuid>00000000-0000-4000-9000-000000000001</uuid>
      <metadata><j:job xmlns:j='https://dcbalance.org/xmlns/job/1' id='7'/><o:owner xmlns:o='urn:x'>shop</o:owner></metadata>
      <sysinfo type='smbios'><system><entry name='uuid'>00000000-0000-4000-9000-000000000001</entry>
        <entry name='serial'>S-1</entry></system></sysinfo>
      <os><type arch='x86_64' machine='pc'>hvm</type></os>
      <devices>
        <interface type='bridge'><mac address='52:54:00:dc:b0:01'/><source bridge='br-vm'/>
          <virtualport type='openvswitch'/><target dev='vnet4'/><model type='virtio'/><driver queues='2'/>
          <filterref filter='clean'/><bandwidth><inbound average='1'/></bandwidth>
          <address type='pci' slot='0x02'/></interface>
        <interface type='direct'><mac address='52:54:00:dc:b0:02'/><source dev='eth1' mode='bridge'/><model type='e1000'/></interface>
        <serial type='file'><source path='/var/log/db-01.console'/><log file='/var/log/x'/><target port='0'/></serial>
        <console type='file'><source path='/var/log/db-01.console'/><target type='serial' port='0'/></console>
        <console type='tcp'><source mode='bind' host='0.0.0.0' service='4555'/><protocol type='raw'/><target type='virtio' port='1'/></console>
        <channel type='unix'><source mode='bind' path='/run/agent-of-db-01'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
        <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
        <graphics type='vnc' port='5901' autoport='no' listen='0.0.0.0'><listen type='address' address='0.0.0.0'/></graphics>
      </devices></domain>
      """;

  @Test
  void aCopyHasANameOfItsOwnAndNoPlaceOnTheHostThatTheFirstOneHas() {
    var xml = CopyXml.running(DOMAIN, APART);
    assertThat(xml)
        .contains("<name>db-01-copy</name>")
        .contains("<uuid>" + UUID_OF_COPY + "</uuid>")
        .doesNotContain("000000000001")
        .doesNotContain("xmlns/job")
        .contains("shop")
        .contains("S-1")
        .doesNotContain("/var/log")
        .doesNotContain("4555")
        .doesNotContain("agent-of-db-01")
        .doesNotContain("5901");
    var devices = Xml.at(Xml.parse(xml), "devices");
    assertThat(Xml.attribute(devices, "graphics", "autoport")).isEqualTo("yes");
    assertThat(Xml.children(devices, "serial")).allMatch(s -> s.getAttribute("type").equals("pty"));
    assertThat(Xml.children(devices, "console"))
        .as("the serial port's own comes by itself")
        .hasSize(1)
        .allMatch(c -> c.getAttribute("type").equals("pty"));
    assertThat(Xml.children(devices, "channel")).hasSize(2);
  }

  @Test
  void itsCardsAreWhatItsMemoryKnowsAndLeadNowhere() {
    var xml = CopyXml.running(DOMAIN, APART);
    assertThat(xml)
        .contains("52:54:00:dc:b0:01")
        .contains("queues=\"2\"")
        .contains("slot=\"0x02\"")
        .doesNotContain("br-vm")
        .doesNotContain("eth1")
        .doesNotContain("vnet4")
        .doesNotContain("openvswitch")
        .doesNotContain("clean");
    assertThat(Xml.children(Xml.at(Xml.parse(xml), "devices"), "interface"))
        .hasSize(2)
        .allMatch(i -> i.getAttribute("type").equals("ethernet"));
    assertThat(CopyXml.isApart(xml, APART)).as("its links are up so far").isFalse();
    var down =
        xml.replace("<model type=\"virtio\"/>", "<model type=\"virtio\"/><link state=\"down\"/>");
    assertThat(CopyXml.isApart(down, APART)).as("one of two").isFalse();
    var both = down.replace("<model type=\"e1000\"/>", "<link state=\"down\"/>");
    assertThat(CopyXml.isApart(both, APART)).isTrue();
    assertThat(CopyXml.isApart(both.replace("type=\"ethernet\"", "type=\"bridge\""), APART))
        .isFalse();
  }

  @Test
  void orTheyAreOnTheIsolatedNetwork() {
    var xml = CopyXml.running(DOMAIN, ISOLATED);
    assertThat(xml).doesNotContain("br-vm").doesNotContain("eth1");
    assertThat(CopyXml.isApart(xml, ISOLATED)).isTrue();
    assertThat(CopyXml.isApart(xml.replace("\"copies\"", "\"default\""), ISOLATED)).isFalse();
    assertThat(CopyXml.definition(DOMAIN, ISOLATED)).doesNotContain("br-vm").doesNotContain("eth1");
  }

  @Test
  void whenItStartsAnewItHasCardsOfItsOwnWithLinksDown() {
    var xml = CopyXml.definition(DOMAIN, APART);
    assertThat(xml)
        .contains("br-vm")
        .doesNotContain("52:54:00:dc:b0:01")
        .doesNotContain("52:54:00:dc:b0:02")
        .isEqualTo(CopyXml.definition(DOMAIN, APART));
    var cards = Xml.children(Xml.at(Xml.parse(xml), "devices"), "interface");
    assertThat(cards)
        .allMatch(i -> Xml.attribute(i, "link", "state").equals("down"))
        .extracting(i -> Xml.attribute(i, "mac", "address"))
        .doesNotHaveDuplicates()
        .allMatch(mac -> mac.matches("52:54:00(:[0-9a-f]{2}){3}"));
  }

  @Test
  void whatACheckpointDoesNotHoldCannotBeShared() {
    assertThat(CopyXml.whyNot(DOMAIN)).isEmpty();
    var more =
        DOMAIN
            .replace("</os>", "<nvram>/var/lib/db-01_VARS.fd</nvram></os>")
            .replace("</devices>", "<tpm><backend type='emulator'/></tpm></devices>");
    assertThat(CopyXml.whyNot(more)).hasSize(2).anyMatch(w -> w.contains("TPM"));
  }
}
