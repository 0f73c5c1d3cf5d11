package org.dcbalance.recovery;

import java.util.Locale;
import java.util.Objects;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.recovery.RecoveryRows.Recovered;
import org.dcbalance.units.HostId;
import org.dcbalance.units.VmId;

/**
 * A VM that a lost host still has, now that it answers again, although it was restored elsewhere.
 *
 * @param lostId the host that was said to be off
 * @param loud whether it runs there, or could at any moment: two machines are one then
 * @param sentence what is so
 * @param advice what to do; nothing is done by itself
 */
public record Twin(
    VmId vmId,
    String vm,
    HostId lostId,
    String lost,
    boolean loud,
    String sentence,
    String advice) {

  static Twin of(Recovered each) {
    var state = Objects.requireNonNull(each.twin());
    boolean loud = state != GuestState.SHUT_OFF;
    var name = each.vm();
    return new Twin(
        each.vmId(),
        name,
        each.lostId(),
        each.lost(),
        loud,
        loud
            ? "%s is %s on %s, and was restored on %s from checkpoint %d when %s was said to be off."
                .formatted(
                    name,
                    state.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    each.lost(),
                    each.restored(),
                    each.checkpoint(),
                    each.lost())
            : "%s still has a definition of %s, which was restored on %s."
                .formatted(each.lost(), name, each.restored()),
        loud
            ? "Two machines have its addresses now; each has disks of its own. Maybe pause the one"
                + " on"
                + " %1$s at once (there: virsh suspend %2$s), look what is only on it, and then end it"
                    .formatted(each.lost(), name)
                + " (virsh destroy %1$s, virsh undefine %1$s).".formatted(name)
            : "Maybe remove it there, so that it never starts: virsh undefine %s.".formatted(name));
  }
}
