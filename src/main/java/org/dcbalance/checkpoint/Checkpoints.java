package org.dcbalance.checkpoint;

import java.util.List;
import java.util.Objects;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.State;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.HostFencing;
import org.dcbalance.inventory.HostPool;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.VmClaims;
import org.dcbalance.inventory.Vms;
import org.dcbalance.live.Signals;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Items;
import org.dcbalance.units.Operator;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Ask for checkpoints, their restores and their end, and list them; the runner does the work. */
@Component
public class Checkpoints {
  private final CheckpointRows rows;
  private final RestoreRows restores;
  private final FastCopies fast;
  private final CheckpointStorages storages;
  private final CheckpointWork work;
  private final VmClaims claims;
  private final Vms vms;
  private final Hosts hosts;
  private final Pools pools;
  private final HostFencing fencing;
  private final Installation installation;
  private final AuditLog audit;
  private final Signals signals;

  Checkpoints(
      CheckpointRows rows,
      RestoreRows restores,
      FastCopies fast,
      CheckpointStorages storages,
      CheckpointWork work,
      VmClaims claims,
      Vms vms,
      Hosts hosts,
      Pools pools,
      HostFencing fencing,
      Installation installation,
      AuditLog audit,
      Signals signals) {
    this.rows = rows;
    this.restores = restores;
    this.fast = fast;
    this.storages = storages;
    this.work = work;
    this.claims = claims;
    this.vms = vms;
    this.hosts = hosts;
    this.pools = pools;
    this.fencing = fencing;
    this.installation = installation;
    this.audit = audit;
    this.signals = signals;
  }

  /** List checkpoints, newest first; deleted ones only if they are asked for. */
  public Items<Checkpoint> list(@Nullable VmId vm, @Nullable State state, Cursor cursor) {
    return list(new CheckpointRows.Filter(vm == null ? null : vm.value(), null, state), cursor);
  }

  /** List those of a pool's VMs, or of all with null, newest first, without deleted ones. */
  public Items<Checkpoint> ofPool(@Nullable PoolId pool, Cursor cursor) {
    return list(new CheckpointRows.Filter(null, pool == null ? null : pool.value(), null), cursor);
  }

  private Items<Checkpoint> list(CheckpointRows.Filter filter, Cursor cursor) {
    var after = cursor.afterId();
    var found = rows.newest(filter, after.isPresent() ? after.getAsLong() : null, cursor.fetch());
    return Items.page(found, cursor, Checkpoint::id);
  }

  /**
   * Give one.
   *
   * @throws Problem NOT_FOUND
   */
  public Checkpoint find(long id) {
    return rows.find(id)
        .orElseThrow(
            () -> new Problem(ErrorCode.NOT_FOUND, "There is no checkpoint " + id + ".", null));
  }

  /** Say why no checkpoint of a VM can be taken now; null if one can. */
  public @Nullable String whyNot(Vm vm) {
    var host = hosts.findById(vm.hostId().value());
    var pool = host.flatMap(h -> pools.findById(h.poolId().value()));
    if (host.isEmpty() || pool.isEmpty()) {
      return "Its host is not known any more.";
    }
    return whyNot(vm, host.get(), pool.get());
  }

  /** Say why a VM cannot be captured at one point with others now; null if it can. */
  public @Nullable String whyNotTogether(Vm vm) {
    var alone = whyNot(vm);
    return alone == null ? standsStill(vm) : alone;
  }

  /** Say why a VM stands still while a checkpoint of it is taken; null if it goes on. */
  public @Nullable String standsStill(Vm vm) {
    return hosts
        .findById(vm.hostId().value())
        .filter(host -> !host.can(Capability.LIVE_CHECKPOINT))
        .map(
            host ->
                "%s stands still while it is captured on %s: %s."
                    .formatted(
                        vm.name(), host.name(), host.missing().get(Capability.LIVE_CHECKPOINT)))
        .orElse(null);
  }

  private @Nullable String whyNot(Vm vm, Host host, HostPool pool) {
    if (!host.can(Capability.CHECKPOINT)) {
      return "No checkpoints are taken on %s: %s."
          .formatted(host.name(), host.missing().get(Capability.CHECKPOINT));
    }
    if (pool.automation() == HostPool.Automation.OBSERVE) {
      return "Pool " + pool.name() + " only observes: no checkpoints are taken.";
    }
    if (storages.of(pool.id()).isEmpty()) {
      return "No storage is chosen for checkpoints of pool " + pool.name() + ".";
    }
    if (host.state() != Host.State.UP) {
      return host.name() + " does not answer.";
    }
    return vm.running() ? null : vm.name() + " is not running.";
  }

  /**
   * Ask for a checkpoint of a VM.
   *
   * @param live whether it goes on while most of its memory is written, where its host can do that
   * @return its id
   * @throws Problem NOT_FOUND; REFUSED with the reason; CONFLICT if other work on the VM is open,
   *     or the database is doubted
   */
  @Transactional
  public long take(VmId id, boolean live, String why, Operator by) {
    installation.requireConfirmed();
    claims.require(id, work);
    return add(id, live, why, by);
  }

  /** Ask for one of a VM that a migration keeps to itself, on behalf of that migration. */
  @Transactional
  long takeBefore(VmId id, long migration) {
    long added = add(id, true, "Before migration " + migration + ".", Operator.DCBALANCE);
    rows.before(added, migration);
    return added;
  }

  private long add(VmId id, boolean live, String why, Operator by) {
    requireNothingOpen(id);
    var vm = vm(id);
    var host =
        hosts
            .findById(vm.hostId().value())
            .orElseThrow(
                () ->
                    new Problem(
                        ErrorCode.REFUSED,
                        "The host of %s is not known any more.".formatted(vm.name()),
                        "Maybe see where it runs, and add that host."));
    var pool = pools.findById(host.poolId().value()).orElseThrow();
    var reason = whyNot(vm, host, pool);
    if (reason != null) {
      throw new Problem(
          ErrorCode.REFUSED,
          reason,
          storages.of(pool.id()).isEmpty()
              ? "Maybe an administrator chooses one on the page of checkpoints."
              : null);
    }
    long added =
        rows.add(
            id,
            pool.id().value(),
            host.id(),
            storages.of(pool.id()).orElseThrow(),
            "dcb-%s-".formatted(installation.id().toString().substring(0, 8)),
            live && host.can(Capability.LIVE_CHECKPOINT),
            CheckpointText.why(why),
            by);
    audit.note(by, Act.CHECKPOINT_ASKED, Thing.vm(id, vm.name()));
    signals.publish("checkpoint-changed", added);
    return added;
  }

  /**
   * Ask for a restore.
   *
   * @param manner how; where that cannot be had, memory is read first, and the restore says why
   * @param hostId where; null for where it was taken
   * @param replace the VM's name, typed, if a copy that runs is to be ended; null otherwise
   * @return the id of the restore
   * @throws Problem NOT_FOUND; BAD_REQUEST for another name; REFUSED or CONFLICT with the reason
   */
  @Transactional
  public long restore(
      long id, @Nullable HostId hostId, Manner manner, @Nullable String replace, Operator by) {
    installation.requireConfirmed();
    var checkpoint = find(id);
    claims.require(checkpoint.vmId(), work);
    requireNothingOpen(checkpoint.vmId());
    if (find(id).state() != State.COMPLETE) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Checkpoint %d is not complete, so nothing is restored from it.".formatted(id),
          null);
    }
    var vm = vm(checkpoint.vmId());
    var typed = replace == null ? "" : replace.strip();
    boolean replaces = !typed.isEmpty();
    if (replaces && !typed.equals(vm.name())) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"%s\" is not the name of the virtual machine, %s.".formatted(typed, vm.name()),
          "Maybe type it again: what runs now is ended for it.");
    }
    var host = target(hostId == null ? checkpoint.hostId() : hostId);
    if (!replaces && endsSomething(vm)) {
      throw new Problem(
          ErrorCode.REFUSED,
          vm.name()
              + (vm.running() ? " runs" : " is still on a host")
              + ", and would be ended: what it did since the checkpoint would be lost.",
          "Maybe confirm that with its name.");
    }
    long added = restores.add(checkpoint, host.id(), manner, replaces, by);
    audit.note(
        by,
        Act.CHECKPOINT_RESTORED,
        Thing.vm(vm.id(), vm.name()),
        Facts.NONE,
        Facts.of("checkpoint", id)
            .and("host", host.name())
            .and("manner", manner)
            .and("replaces", replaces));
    signals.publish("checkpoint-changed", id);
    return added;
  }

  /**
   * Tell whether a restore ends what a host has of a VM: more than its definition, running or not.
   * What was on a host that is said to be off has ended.
   */
  public boolean endsSomething(Vm vm) {
    return vm.goneSince() == null
        && vm.state() != GuestState.SHUT_OFF
        && !fencing.fenced().contains(vm.hostId());
  }

  /**
   * Give a host on which something may be restored.
   *
   * @throws Problem NOT_FOUND; REFUSED with the reason
   */
  Host target(HostId id) {
    var host = hosts.require(id);
    var pool = pools.findById(host.poolId().value()).orElseThrow();
    String reason = null;
    if (!host.can(Capability.CHECKPOINT)) {
      reason = "Nothing can be restored on %s: it cannot take checkpoints.".formatted(host.name());
    } else if (host.state() != Host.State.UP) {
      reason = host.name() + " does not answer.";
    } else if (host.maintenance()) {
      reason = host.name() + " is in maintenance.";
    } else if (pool.automation() == HostPool.Automation.OBSERVE) {
      reason = "Pool " + pool.name() + " only observes: nothing is restored.";
    }
    if (reason != null) {
      throw new Problem(ErrorCode.REFUSED, reason, "Maybe choose another host.");
    }
    return host;
  }

  /**
   * Have a checkpoint read, and compared with what was written.
   *
   * @throws Problem NOT_FOUND; CONFLICT if it is not complete
   */
  @Transactional
  public void verify(long id, Operator by) {
    var checkpoint = find(id);
    change(checkpoint, State.COMPLETE, State.VERIFYING);
    audit.note(
        by,
        Act.CHECKPOINT_VERIFIED,
        Thing.vm(checkpoint.vmId(), checkpoint.vm()),
        Facts.NONE,
        Facts.of("checkpoint", id));
  }

  /**
   * Have a checkpoint deleted.
   *
   * @throws Problem NOT_FOUND; CONFLICT if somebody works on it, or a VM still uses its disks
   */
  @Transactional
  public void delete(long id, Operator by) {
    if (find(id).clusterCheckpointId() != null) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Checkpoint %d is part of one of a virtual cluster.".formatted(id),
          "Maybe delete that one, with all its members.");
    }
    deleteMember(id, by);
  }

  /** Delete one, whether or not it stands alone. */
  @Transactional
  void deleteMember(long id, Operator by) {
    var checkpoint = find(id);
    claims.require(checkpoint.vmId(), work);
    if (checkpoint.state() == State.DELETED || checkpoint.state() == State.DELETING) {
      return;
    }
    change(
        checkpoint,
        checkpoint.state() == State.DAMAGED ? State.DAMAGED : State.COMPLETE,
        State.DELETING);
    // asked once the row is ours: nobody begins to prepare or to copy it from here on
    find(id).restores().stream()
        .filter(r -> r.state().open())
        .findFirst()
        .ifPresent(
            open -> {
              throw needed(checkpoint, open);
            });
    var kept = fast.whyKept(id);
    if (kept != null) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Checkpoint %d is kept: %s".formatted(id, kept),
          "Maybe wait until that has ended.");
    }
    audit.note(
        by,
        Act.CHECKPOINT_DELETED,
        Thing.vm(checkpoint.vmId(), checkpoint.vm()),
        Facts.of("checkpoint", id),
        Facts.NONE);
  }

  private static Problem needed(Checkpoint checkpoint, Restore by) {
    return by.waits()
        ? new Problem(
            ErrorCode.CONFLICT,
            "Checkpoint %d is needed still. %s".formatted(checkpoint.id(), by.step()),
            null)
        : new Problem(
            ErrorCode.CONFLICT,
            "%s is being restored from it, and its disks are still on those of the checkpoint."
                .formatted(by.of(checkpoint.vm())),
            "Maybe wait until they are copied.");
  }

  private void change(Checkpoint checkpoint, State from, State to) {
    if (!rows.change(checkpoint.id(), from, to)) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "Checkpoint %d is %s now."
              .formatted(checkpoint.id(), CheckpointText.state(checkpoint.state())),
          null);
    }
    signals.publish("checkpoint-changed", checkpoint.id());
  }

  private void requireNothingOpen(VmId vm) {
    rows.work(vm)
        .ifPresent(
            sentence -> {
              throw new Problem(ErrorCode.CONFLICT, sentence, "Maybe wait until it has ended.");
            });
  }

  private Vm vm(VmId id) {
    return vms.findById(id.value())
        .orElseThrow(
            () ->
                new Problem(ErrorCode.NOT_FOUND, "There is no virtual machine " + id + ".", null));
  }

  /** List hosts on which a copy of a checkpoint may run, by name. */
  public List<Host> copyTargets(Checkpoint checkpoint) {
    return targets(checkpoint).stream().filter(h -> h.can(Capability.LIVE_CHECKPOINT)).toList();
  }

  /** List hosts on which a checkpoint may be restored, by name. */
  public List<Host> targets(Checkpoint checkpoint) {
    var taken = hosts.findById(checkpoint.hostId().value());
    return hosts.findAllByOrderByName().stream()
        .filter(h -> h.can(Capability.CHECKPOINT) && h.state() == Host.State.UP)
        .filter(h -> !h.maintenance())
        .filter(
            h ->
                taken.map(t -> Objects.equals(t.poolId(), h.poolId())).orElse(true)
                    || storages.of(h.poolId()).filter(checkpoint.storage()::equals).isPresent())
        .toList();
  }
}
