package org.dcbalance.checkpoint;

import java.util.UUID;
import java.util.regex.Pattern;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.checkpoint.Checkpoint.CopyOf;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.Vms;
import org.dcbalance.live.Signals;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Ask for copies: VMs that go on from a checkpoint beside the one that was captured. */
@Component
public class CheckpointCopies {
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,62}");

  private final Checkpoints checkpoints;
  private final CheckpointRows rows;
  private final RestoreRows restores;
  private final Vms vms;
  private final Installation installation;
  private final AuditLog audit;
  private final Signals signals;

  CheckpointCopies(
      Checkpoints checkpoints,
      CheckpointRows rows,
      RestoreRows restores,
      Vms vms,
      Installation installation,
      AuditLog audit,
      Signals signals) {
    this.checkpoints = checkpoints;
    this.rows = rows;
    this.restores = restores;
    this.vms = vms;
    this.installation = installation;
    this.audit = audit;
    this.signals = signals;
  }

  /**
   * What is wanted.
   *
   * @param name of the copy
   * @param hostId where; null for where the checkpoint was taken
   * @param network of libvirt, isolated, for its interfaces; null or empty for links that are down
   */
  public record Wish(@Nullable String name, @Nullable HostId hostId, @Nullable String network) {}

  /**
   * Ask for a copy. The VM itself may run on meanwhile.
   *
   * @return the UUID of the copy
   * @throws Problem NOT_FOUND; BAD_REQUEST for a name that cannot be given; REFUSED or CONFLICT
   *     with the reason
   */
  @Transactional
  public UUID copy(long id, Wish wish, Operator by) {
    installation.requireConfirmed();
    // nobody begins to delete it from here on
    rows.hold(id);
    var checkpoint = checkpoints.find(id);
    if (checkpoint.state() != State.COMPLETE) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Checkpoint %d is not complete, so nothing is restored from it.".formatted(id),
          null);
    }
    var name = name(wish.name());
    var network =
        wish.network() == null || wish.network().isBlank() ? null : wish.network().strip();
    var host = checkpoints.target(wish.hostId() == null ? checkpoint.hostId() : wish.hostId());
    var copy = new CopyOf(name, UUID.randomUUID(), network);
    restores.addCopy(checkpoint, host.id(), copy, by);
    audit.note(
        by,
        Act.CHECKPOINT_COPIED,
        Thing.vm(checkpoint.vmId(), checkpoint.vm()),
        Facts.NONE,
        Facts.of("checkpoint", id)
            .and("host", host.name())
            .and("copy", name)
            .and("uuid", copy.uuid().toString())
            .and("network", network == null ? "links down" : network));
    signals.publish("checkpoint-changed", id);
    return copy.uuid();
  }

  private String name(@Nullable String asked) {
    var name = asked == null ? "" : asked.strip();
    if (!NAME.matcher(name).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"%s\" is not a name for a virtual machine: it needs 1 to 63 letters, digits, dots,"
                  .formatted(name)
              + " hyphens or underscores, and starts with a letter or digit.",
          null);
    }
    if (vms.findByGoneSinceIsNullOrderByNameAscIdAsc().stream()
            .anyMatch(vm -> vm.name().equals(name))
        || restores.isBeingCopiedAs(name)) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "There is a virtual machine named %s already.".formatted(name),
          "Maybe choose another name.");
    }
    return name;
  }
}
