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

  @Test
  void looksBelowADisksOwnImage() {
    var overShared = over("/srv/shared/base.qcow2");
    var overLocal = over("/srv/shared/middle.qcow2", "/var/lib/base.qcow2");
    assertThat(MigrationCall.local(List.of(overShared), order(true))).isNull();
    assertThat(MigrationCall.local(List.of(overShared, overLocal), order(true)))
        .isEqualTo(overLocal);
  }

  private static Disk over(String... images) {
    return new Disk(
        "vda", "/srv/shared/web.qcow2", "qcow2", "none", false, false, false, List.of(images));
  }

  private static Disk disk(String target, String source, boolean medium) {
    return new Disk(target, source, "qcow2", "none", false, medium, medium, List.of());
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
