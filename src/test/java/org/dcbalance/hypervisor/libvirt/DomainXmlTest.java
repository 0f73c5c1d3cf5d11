package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.Guest.Disk;
import org.dcbalance.hypervisor.Guest.Tie;
import org.dcbalance.hypervisor.Guest.Tie.Kind;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DomainXmlTest {
  private static final String KVM =
      """
      <domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
        <name>web-07</name>
        <uuid>00000000-0000-4000-9000-000000000007</uuid>
        <metadata>
          <libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'/>
          %s
        </metadata>
        <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><kernel>/boot/vmlinuz</kernel></os>
        <cpu mode='custom' match='exact' check='full'><model fallback='forbid'>EPYC</model></cpu>
        <devices>
          <emulator>/usr/bin/qemu-system-x86_64</emulator>
          <disk type='file' device='disk'>
            <driver name='qemu' type='qcow2' cache='none'/><source file='/srv/shared/web-07.qcow2'/>
            <backingStore type='file'><source file='/srv/shared/base.qcow2'/></backingStore>
            <target dev='vda' bus='virtio'/>
          </disk>
          <disk type='network' device='disk'>
            <driver name='qemu' type='raw'/><source protocol='rbd' name='vms/web-07'/>
            <target dev='vdb' bus='virtio'/>
          </disk>
          <disk type='block' device='disk'>
            <source dev='/dev/mapper/lun1'/><target dev='vdc'/><readonly/>
          </disk>
          <disk type='volume' device='disk'>
            <source pool='fast' volume='v1'/><target dev='vdd'/>
          </disk>
          <disk type='file' device='cdrom'>
            <source file='/root/install.iso'/><target dev='sda' bus='sata'/><readonly/>
          </disk>
          <disk type='file' device='floppy'><target dev='fda'/></disk>
          <interface type='bridge'>
            <mac address='52:54:00:00:00:07'/><source bridge='br0'/><target dev='vnet3'/>
          </interface>
          <interface type='network'>
            <mac address='52:54:00:00:00:08'/><source network='default' bridge='virbr0'/>
            <target dev='vnet4'/>
          </interface>
          <interface type='direct'><source dev='eth1' mode='bridge'/></interface>
          <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
          <serial type='file'><source path='/var/log/web-07.console'/></serial>
          <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
          <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
          %s
        </devices>
      </domain>
      """;

  private static DomainXml with(String metadata, String devices) {
    return new DomainXml(KVM.formatted(metadata, devices));
  }

  @Test
  void knowsTheFilesThatItsDisksLieOver() {
    var domain = new DomainXml(KVM.formatted("", ""));
    assertThat(domain.uses("/srv/shared/web-07.qcow2")).isTrue();
    assertThat(domain.uses("/srv/shared/base.qcow2")).isTrue();
    assertThat(domain.uses("/var/log/web-07.console")).as("no disk").isFalse();
    assertThat(domain.uses("/srv/shared/web-08.qcow2")).isFalse();
  }

  @Test
  void readsWhatTheGuestIs() {
    var xml = with("", "");
    assertThat(xml.uuid()).isEqualTo(UUID.fromString("00000000-0000-4000-9000-000000000007"));
    assertThat(xml.name()).isEqualTo("web-07");
    assertThat(xml.id()).isEqualTo(7);
    assertThat(xml.osType()).isEqualTo("hvm");
    assertThat(xml.macs()).containsExactly("52:54:00:00:00:07", "52:54:00:00:00:08");
    assertThat(xml.networks()).containsExactly("br0", "default", "virbr0", "eth1");
    assertThat(xml.interfaceDevices()).containsExactly("vnet3", "vnet4");
    assertThat(xml.onNetwork()).isTrue();
    assertThat(xml.ties())
        .as("a console file, a TPM emulator and direct boot tie nothing")
        .isEmpty();
    var cpu = xml.cpu();
    assertThat(cpu.xml()).startsWith("<cpu ").contains("EPYC").endsWith("</cpu>");
    assertThat(cpu.emulator()).isEqualTo("/usr/bin/qemu-system-x86_64");
    assertThat(cpu.arch()).isEqualTo("x86_64");
    assertThat(cpu.machine()).isEqualTo("pc-q35-7.2");
    assertThat(cpu.virtType()).isEqualTo("kvm");
  }

  @Test
  void readsDisks() {
    assertThat(with("", "").disks())
        .containsExactly(
            new Disk(
                "vda",
                "/srv/shared/web-07.qcow2",
                "qcow2",
                "none",
                false,
                false,
                false,
                List.of("/srv/shared/base.qcow2")),
            new Disk("vdb", "vms/web-07", "raw", "default", true, false, false, List.of()),
            new Disk("vdc", "/dev/mapper/lun1", "raw", "default", false, true, false, List.of()),
            new Disk("vdd", "fast/v1", "raw", "default", false, false, false, List.of()),
            new Disk("sda", "/root/install.iso", "raw", "default", false, true, true, List.of()),
            new Disk("fda", "", "raw", "default", false, false, true, List.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "<hugepages/>, 0",
    "<hugepages><page size='2048' unit='KiB'/></hugepages>, 1",
    "<hugepages><page size='2048' unit='KiB' nodeset='0'/>"
        + "<page size='1048576' unit='KiB' nodeset='1'/></hugepages>, 2",
  })
  void tellsThePagesThatItsMemoryLiesOn(String huge, int sizes) {
    var xml =
        new DomainXml("<domain type='kvm'><memoryBacking>" + huge + "</memoryBacking></domain>");
    assertThat(xml.hugePages().orElseThrow())
        .hasSize(sizes)
        .isSubsetOf(Memory.ofMiB(2), Memory.ofGiB(1));
    assertThat(with("", "").hugePages()).as("ordinary pages").isEmpty();
  }

  @Test
  void readsAllImagesBelowADisk() {
    var disk =
        with(
                "",
                """
                <disk type='network' device='disk'>
                  <source protocol='nbd' name='top'/>
                  <backingStore type='file' index='2'>
                    <format type='qcow2'/><source file='/srv/shared/middle.qcow2'/>
                    <backingStore type='network' index='3'>
                      <format type='qcow2'/><source protocol='rbd' name='vms/lower'/>
                      <backingStore type='block' index='4'>
                        <format type='raw'/><source dev='/dev/vg/base'/><backingStore/>
                      </backingStore>
                    </backingStore>
                  </backingStore>
                  <target dev='vde' bus='virtio'/>
                </disk>
                """)
            .disks()
            .getLast();
    assertThat(disk.backing()).containsExactly("/srv/shared/middle.qcow2", "/dev/vg/base");
    assertThat(disk.images()).as("its own is on the network").isEqualTo(disk.backing());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x3b' slot='0x00' function='0x1'/></source></hostdev>|PASSED_THROUGH_DEVICE|PCI device 0000:3b:00.1",
        "<hostdev mode='subsystem' type='usb'><source><vendor id='0x0951'/><product id='0x1666'/></source></hostdev>|PASSED_THROUGH_DEVICE|USB device 0x0951:0x1666",
        "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>|PASSED_THROUGH_DEVICE|mediated device c2177883-f1bb-47f0-914d-32a22e3a8804",
        "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/></source></hostdev>|PASSED_THROUGH_DEVICE|SCSI device scsi_host0",
        "<interface type='hostdev'><source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x0'/></source></interface>|PASSED_THROUGH_DEVICE|network card 0000:01:10.0",
        "<interface type='vhostuser'/>|OTHER|network interface served by a vhost-user process",
        "<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source><target dev='vde'/></disk>|PASSED_THROUGH_DEVICE|NVMe disk 0000:01:00.0",
        "<disk type='vhostuser' device='disk'><target dev='vde'/></disk>|OTHER|disk served by a vhostuser process",
        "<filesystem type='mount'><source dir='/srv/data'/><target dir='data'/></filesystem>|OTHER|shares the host's directory /srv/data",
        "<shmem name='ring'/>|OTHER|shares the memory region ring",
        "<tpm><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>|PASSED_THROUGH_DEVICE|the host's TPM",
        "<serial type='dev'><source path='/dev/ttyS0'/></serial>|PASSED_THROUGH_DEVICE|port /dev/ttyS0",
        "<input type='evdev'><source dev='/dev/input/event1'/></input>|PASSED_THROUGH_DEVICE|input device",
        "<memory model='nvdimm'><source><path>/dev/dax0.0</path></source></memory>|OTHER|persistent memory /dev/dax0.0",
      })
  void namesWhatTiesItToItsHost(String device, Kind kind, String detail) {
    assertThat(with("", device).ties()).containsExactly(new Tie(kind, detail));
  }

  @ParameterizedTest
  @CsvSource({
    "<o:vm xmlns:o='http://ovirt.org/vm/1.0'/>, oVirt",
    "<n:instance xmlns:n='http://openstack.org/xmlns/libvirt/nova/1.1'/>, OpenStack",
    "<k:kubevirt xmlns:k='http://kubevirt.io'/>, KubeVirt",
    "<o:vm xmlns:o='http://opennebula.org/xmlns/libvirt/1.0'/>, OpenNebula",
  })
  void recognisesOtherManagers(String metadata, String manager) {
    assertThat(with(metadata, "").ties()).containsExactly(new Tie(Kind.OTHER_MANAGER, manager));
  }

  @Test
  void ownMarksAreNoOtherManager() {
    assertThat(with("<d:job xmlns:d='" + StatusReading.MARK + "'>7</d:job>", "").ties()).isEmpty();
  }

  @Test
  void readsAXenGuest() {
    var xml =
        new DomainXml(
            """
            <domain type='xen'>
              <name>g1</name><uuid>00000000-0000-4000-9000-000000000001</uuid>
              <os><type arch='x86_64' machine='xenpvh'>xenpvh</type></os>
              <devices>
                <interface type='bridge'><mac address='00:16:3e:00:00:01'/>
                  <source bridge='xenbr0'/><target dev='vif3.0'/></interface>
              </devices>
            </domain>
            """);
    assertThat(xml.id()).isEqualTo(-1);
    assertThat(xml.osType()).isEqualTo("xenpvh");
    assertThat(xml.cpu().xml()).isEmpty();
    assertThat(xml.cpu().emulator()).isEmpty();
    assertThat(xml.cpu().virtType()).isEqualTo("xen");
    assertThat(xml.interfaceDevices()).containsExactly("vif3.0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<memoryBacking><source type='file'/></memoryBacking>|true",
        "<memoryBacking><source type='file'/><hugepages/></memoryBacking>|false",
        "<memoryBacking><access mode='shared'/></memoryBacking>|true",
        "<memoryBacking><access mode='shared'/><hugepages/></memoryBacking>|false",
        "<cpu><numa><cell id='0' memAccess='shared'/></numa></cpu>|true",
        "<devices><memory model='dimm' access='private'/></devices>|true",
        "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>|false",
        "<devices><memory model='nvdimm'><source><path>/srv/n</path></source></memory></devices>|true",
        "<devices><memory model='dimm'><source><pagesize>4</pagesize></source></memory></devices>|false",
        "<devices/>|false"
      })
  void knowsMemoryThatIsAFile(String backing, boolean file) {
    assertThat(new DomainXml("<domain>" + backing + "</domain>").memoryOfFile()).isEqualTo(file);
  }

  @Test
  void readsNoFilesForTheHost() {
    var attack =
        """
        <!DOCTYPE domain [<!ENTITY x SYSTEM "file:///etc/passwd">]>
        <domain type='kvm'><name>&x;</name></domain>
        """;
    assertThatThrownBy(() -> new DomainXml(attack))
        .isInstanceOf(LibvirtFailure.class)
        .hasMessageContaining("DOCTYPE");
  }
}
