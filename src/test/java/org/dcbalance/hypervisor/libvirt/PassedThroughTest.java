package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.HostCpu;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PassedThroughTest {
  private static final HostCpu SKYLAKE =
      new HostCpu("Skylake-Server-IBRS", "Intel", "6-85-4", List.of("hle", "pdpe1gb", "rtm"));
  private static final String ADVICE =
      ". Maybe give the guest a CPU model that both hosts have, which takes a restart of it";

  @ParameterizedTest
  @CsvSource({
    "kvm, host-passthrough, true",
    "kvm, maximum, true",
    "kvm, custom, false",
    "qemu, host-passthrough, false",
    "qemu, maximum, false",
    "xen, host-passthrough, false",
  })
  void concernsGuestsThatSeeTheirHostsProcessor(String type, String mode, boolean concerned) {
    assertThat(PassedThrough.is(cpu("<cpu mode='" + mode + "' check='none'/>", type)))
        .isEqualTo(concerned);
  }

  @Test
  void concernsNoGuestWithoutACpuElement() {
    assertThat(PassedThrough.is(cpu("", "kvm"))).isFalse();
  }

  @Test
  void readsTheProcessorOfAHost() {
    assertThat(PassedThrough.in(host("<model>Skylake-Server-IBRS</model>"))).isEqualTo(SKYLAKE);
    assertThat(PassedThrough.in(host(""))).as("a model that libvirt does not know").isNull();
    assertThat(PassedThrough.in("<capabilities><host/></capabilities>")).isNull();
  }

  @Test
  void fitsTheSameProcessorWhateverItsMicrocode() {
    var same = PassedThrough.in(host("<model>Skylake-Server-IBRS</model>").replace("240", "241"));
    assertThat(PassedThrough.fit(SKYLAKE, same)).isEqualTo(new CpuFit.Fits());
    var unsigned = new HostCpu(SKYLAKE.model(), SKYLAKE.vendor(), "", SKYLAKE.features());
    assertThat(PassedThrough.fit(SKYLAKE, unsigned)).isEqualTo(new CpuFit.Fits());
  }

  @Test
  void saysWhatDiffersAndWhatToDo() {
    assertThat(reason(SKYLAKE, new HostCpu("EPYC", "AMD", "23-1-2", List.of("svm"))))
        .isEqualTo(
            "is not the one that is passed through to the guest (vendor AMD instead of Intel, model"
                + " EPYC instead of Skylake-Server-IBRS)"
                + ADVICE);
    assertThat(
            reason(
                SKYLAKE,
                new HostCpu(
                    SKYLAKE.model(),
                    "Intel",
                    "6-85-7",
                    List.of("a1", "a2", "a3", "a4", "a5", "a6", "pdpe1gb"))))
        .isEqualTo(
            "is not the one that is passed through to the guest (signature 6-85-7 instead of"
                + " 6-85-4, without hle and rtm, with a1 and a2 and a3 and a4 and 2 more besides)"
                + ADVICE);
  }

  @Test
  void refusesWhatIsNotKnown() {
    assertThat(reason(null, SKYLAKE))
        .isEqualTo(
            "is not known to be the one that is passed through to the guest, which libvirt has no"
                + " name for, or was not read yet"
                + ADVICE);
    assertThat(reason(SKYLAKE, null))
        .isEqualTo(
            "is not known to be the one that is passed through to the guest, since libvirt"
                + " cannot name it"
                + ADVICE);
  }

  private static String reason(@Nullable HostCpu guests, @Nullable HostCpu own) {
    return ((CpuFit.Lacks) PassedThrough.fit(guests, own)).reason();
  }

  private static GuestCpu cpu(String xml, String type) {
    return new GuestCpu(xml, "/usr/bin/qemu-system-x86_64", "x86_64", "pc-q35-7.2", type, null);
  }

  private static String host(String model) {
    return """
        <capabilities><host>
          <uuid>00000000-0000-4000-9000-000000000001</uuid>
          <cpu>
            <arch>x86_64</arch>%s<vendor>Intel</vendor><microcode version='240'/>
            <signature family='6' model='85' stepping='4'/>
            <topology sockets='1' dies='1' cores='8' threads='2'/>
            <feature name='rtm'/><feature name='hle'/><feature name='pdpe1gb'/>
            <pages unit='KiB' size='4'/><pages unit='KiB' size='2048'/>
          </cpu>
        </host></capabilities>
        """
        .formatted(model);
  }
}
