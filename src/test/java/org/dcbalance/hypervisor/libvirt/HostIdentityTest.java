package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostIdentityTest {
  private static String sysinfo(String uuid) {
    return """
        <sysinfo type='smbios'>
          <bios><entry name='vendor'>SeaBIOS</entry></bios>
          <system>
            <entry name='manufacturer'>Acme</entry>
            <entry name='uuid'>%s</entry>
          </system>
        </sysinfo>
        """
        .formatted(uuid);
  }

  @Test
  void the_boards_uuid_is_found() {
    assertThat(HostIdentity.inSysinfo(sysinfo("4c4c4544-0051-3010-8052-b4c04f5a4a32")))
        .contains(UUID.fromString("4c4c4544-0051-3010-8052-b4c04f5a4a32"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Not Settable",
        "Not Present",
        "",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff"
      })
  void a_board_without_one_is_not_mistaken_for_another(String uuid) {
    assertThat(HostIdentity.inSysinfo(sysinfo(uuid))).isEmpty();
  }

  @Test
  void sysinfo_without_a_system_has_none() {
    assertThat(HostIdentity.inSysinfo("<sysinfo type='smbios'/>")).isEmpty();
  }
}
