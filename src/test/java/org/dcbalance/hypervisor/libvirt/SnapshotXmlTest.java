package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.dcbalance.hypervisor.Guest.Disk;
import org.dcbalance.hypervisor.StateStorage.FrozenDisk;
import org.junit.jupiter.api.Test;

class SnapshotXmlTest {
  private static final String DOMAIN =
      """
      <domain type='kvm'><name>db-01</name><devices>
        <disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/>
          <source file='/srv/db.img' index='2'/><backingStore/><target dev='vda' bus='virtio'/></disk>
        <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><target dev='sda'/><readonly/></disk>
      </devices></domain>
      """;

  @Test
  void freezesOnlyWhatIsToBeFrozenAndEscapesNames() {
    var all =
        List.of(
            new Disk("vda", "/srv/a'b.qcow2", "qcow2", "none", false, false, false, List.of()),
            new Disk("sda", "", "raw", "default", false, true, true, List.of()));
    var xml =
        SnapshotXml.of(
            "/var/cp/<1>.memory", all, List.of(new FrozenDisk("vda", "/srv/a'b", "/srv/a'b.cp")));
    assertThat(xml)
        .contains("file='/var/cp/&lt;1&gt;.memory'")
        .contains("<disk name='sda' snapshot='no'/>")
        .contains("<source file='/srv/a&apos;b.cp'/>");
    assertThat(Xml.text(Xml.parse(xml), "disks")).isEmpty();
  }

  @Test
  void putsDisksOnOtherImagesWithWhatLiesBelowThem() {
    var xml = SnapshotXml.onDisks(DOMAIN, Map.of("vda", "/cp/1.r1.vda"));
    assertThat(xml)
        .contains("file=\"/cp/1.r1.vda\"")
        .contains("type=\"qcow2\"")
        .contains("cache=\"none\"")
        .doesNotContain("index=")
        .doesNotContain("/srv/db.img");
    assertThat(xml)
        .as("libvirt takes an empty element for \"nothing lies below\", and would hide the data")
        .doesNotContain("backingStore");
    assertThat(SnapshotXml.onDisks(DOMAIN, Map.of())).contains("/srv/db.img");
  }

  @Test
  void refusesADiskThatHasNoImage() {
    assertThatThrownBy(() -> SnapshotXml.onDisks(DOMAIN, Map.of("sda", "/cp/1.sda")))
        .hasMessageContaining("has no image");
  }

  @Test
  void tellsWhetherAnImageLiesBelow() {
    assertThat(SnapshotXml.hasBacking(DOMAIN, "vda")).isFalse();
    var over =
        DOMAIN.replace(
            "<backingStore/>",
            "<backingStore type='file'><source file='/cp/1.vda'/><backingStore/></backingStore>");
    assertThat(SnapshotXml.hasBacking(over, "vda")).isTrue();
    assertThat(SnapshotXml.hasBacking(over, "sda")).isFalse();
  }

  private static final String MAPPING =
      """
      <domain type='kvm'><name>db-01</name><metadata><other xmlns='urn:x'/>
        <m:memory xmlns:m='https://dcbalance.org/xmlns/memory/1' checkpoint='dcb-0123abcd-7'/></metadata>
        <memoryBacking><source type='file'/><access mode='private'/></memoryBacking><devices/></domain>
      """;

  @Test
  void knowsWhoseMemoryADomainMaps() {
    assertThat(SnapshotXml.mapped(MAPPING)).isEqualTo("dcb-0123abcd-7");
    assertThat(SnapshotXml.mapped(DOMAIN)).isEmpty();
    assertThat(SnapshotXml.mapped(MAPPING.replace("dcbalance.org", "example.org")))
        .as("another one's element")
        .isEmpty();
  }

  @Test
  void readsADomainThatMappedItsMemoryAsAnyOther() {
    var xml = SnapshotXml.unmapped(MAPPING);
    assertThat(SnapshotXml.mapped(xml)).isEmpty();
    assertThat(xml)
        .as("libvirt allows no other kind of memory for what was captured")
        .contains("<memoryBacking>")
        .as("by which the helper knows that this kind is its own")
        .contains("https://dcbalance.org/xmlns/memory/1");
    assertThat(SnapshotXml.unmapped(DOMAIN)).isEqualTo(DOMAIN);
  }

  @Test
  void definesADomainThatMapsItsMemoryWithMemoryOfItsOwn() {
    var xml = SnapshotXml.definition(MAPPING);
    assertThat(xml)
        .doesNotContain("memoryBacking")
        .doesNotContain("dcbalance.org")
        .contains("urn:x");
    assertThat(SnapshotXml.definition(xml)).isEqualTo(xml);
    var others = MAPPING.replaceAll("<m:memory[^>]*>", "");
    assertThat(SnapshotXml.definition(others)).as("somebody else's choice").isEqualTo(others);
  }
}
