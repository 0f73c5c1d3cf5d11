package org.dcbalance.checkpoint;

import java.util.Objects;
import java.util.Optional;
import org.dcbalance.checkpoint.Checkpoint.Manner;
import org.dcbalance.helper.HostHelper;
import org.dcbalance.helper.HostHelpers;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Vm;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bring a VM back on memory that it maps: it runs at once, and what it needs is read when it needs
 * it, or a little before. Where that cannot be had there is a reason, and memory is read first.
 */
final class Mapping {
  private static final Logger log = LoggerFactory.getLogger(Mapping.class);

  private final FastCopies copies;
  private final MemoryLeases leases;
  private final HostHelpers helpers;
  private final OpenRestore restore;
  private final Checkpoint checkpoint;
  private final Host target;
  private final String prefix;
  private @Nullable HostHelper helper;

  Mapping(
      FastCopies copies,
      MemoryLeases leases,
      HostHelpers helpers,
      OpenRestore restore,
      Host target) {
    this.copies = copies;
    this.leases = leases;
    this.helpers = helpers;
    this.restore = restore;
    this.checkpoint = restore.checkpoint();
    this.target = target;
    this.prefix = restore.prefix();
  }

  /** Have the target prepare for it; gives why that cannot be had, or nothing once it is. */
  Optional<String> prepare() {
    var copy = copies.of(checkpoint.id());
    if (copy.isEmpty()) {
      return Optional.of("nothing was prepared of this checkpoint for a fast resume");
    }
    var made = copy.get();
    switch (made.state()) {
      case MAKING -> {
        return Optional.of("it is still being prepared for a fast resume");
      }
      case FAILED, DAMAGED -> {
        return Optional.of(phrase(made.sentence()));
      }
      case READY -> {}
    }
    var whyNot = helpers.whyNot(target);
    if (whyNot.isPresent()) {
      return whyNot.map(Mapping::phrase);
    }
    try {
      var there = helpers.to(target);
      var found = there.prepare(checkpoint.storage(), prefix);
      if (!found.damaged().isEmpty() || !Objects.equals(found.sums(), made.sums())) {
        var damage = Verifying.damage(found);
        restore.write(() -> copies.end(checkpoint.id(), FastCopy.State.DAMAGED, damage));
        release(there);
        return Optional.of(phrase(damage));
      }
      helper = there;
      return Optional.empty();
    } catch (HypervisorException e) {
      return Optional.of(phrase(e.sentence()));
    }
  }

  /** Make a sentence part of another one. */
  private static String phrase(String sentence) {
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }

  /**
   * Let it run on memory that was prepared.
   *
   * @return why it does not, where it surely runs nowhere on the target; empty once it runs
   * @throws HypervisorException if it failed, and may run
   */
  Optional<String> read(Hypervisor host, Vm vm) {
    var there = Objects.requireNonNull(helper);
    restore.write(() -> leases.begin(checkpoint.id(), restore.row().id(), target.id(), vm.id()));
    try {
      host.states()
          .restoreMapped(
              vm.uuid(),
              checkpoint.storage(),
              prefix + ".lazy-image",
              Checkpoint.memoryVolume(prefix),
              restore.disks());
      if (restore.row().manner() == Manner.PREDICTED) {
        // not before: the emulator's own start would wait for the disk
        Thread.ofVirtual().start(() -> warm(there));
      }
      return Optional.empty();
    } catch (HypervisorException e) {
      if (host.status(vm.uuid()).filter(s -> s.state() != GuestState.SHUT_OFF).isPresent()) {
        throw e;
      }
      release(there);
      return Optional.of(phrase(e.sentence()));
    }
  }

  private void warm(HostHelper there) {
    try {
      there.warm(checkpoint.storage(), prefix);
    } catch (HypervisorException e) {
      // it runs without, a little slower at first
      log.info("Nothing was read ahead for {}: {}", checkpoint.vm(), e.sentence());
    }
  }

  /** Take back what was prepared and not used; a lease ends once nobody maps the memory. */
  void release() {
    if (helper != null) {
      release(helper);
    }
  }

  private void release(HostHelper there) {
    try {
      there.release(checkpoint.storage(), prefix);
    } catch (HypervisorException e) {
      log.info("What was prepared for {} stays: {}", checkpoint.vm(), e.sentence());
    }
  }
}
