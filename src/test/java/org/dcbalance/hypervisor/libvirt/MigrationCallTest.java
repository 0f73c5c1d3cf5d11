package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.Guest.Disk;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.junit.jupiter.api.Test;

class MigrationCallTest {
  private static final Disk SHARED = disk("vda", "/srv/shared/db.qcow2", false);
  private static final Disk LOCAL = disk("vdb", "/var/lib/db.qcow2", false);
  private static final Disk MEDIUM = disk("sda", "/root/install.iso", true);

  /** It may have been attached while its guest waited or was ballooned. */
  @Test
  void findsADiskThatIsNotSharedThoughAllWere() {
    assertThat(MigrationCall.local(List.of(SHARED, MEDIUM), order(true))).isNull();
    assertThat(MigrationCall.local(List.of(SHARED, MEDIUM, LOCAL), order(true))).isEqualTo(LOCAL);
    assertThat(MigrationCall.local(List.of(SHARED, LOCAL), order(true, "vdb"))).isNull();
    assertThat(MigrationCall.local(List.of(LOCAL), order(false)))
        .as("libvirt itself looks")
        .isNull();
  }

  private static Disk disk(String target, String source, boolean medium) {
    return new Disk(target, source, "qcow2", "none", false, medium, medium);
  }

  private static MigrationOrder order(boolean shared, String... copied) {
    return new MigrationOrder(
        new UUID(1, 2),
        "qemu+tls://kvm-02/system",
        null,
        Tuning.NONE,
        shared,
        false,
        List.of(copied),
        source -> source.startsWith("/srv/shared/"));
  }
}
