package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.dcbalance.checkpoint.Checkpoint.DiskCopy;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.inventory.Host;
import org.dcbalance.units.Memory;

/**
 * Check whether a host can run what a checkpoint holds, before anything is touched.
 *
 * @param host the target's hypervisor
 */
record TargetChecks(Host target, Hypervisor host, Checkpoint checkpoint, String prefix) {

  /**
   * What was found.
   *
   * @param refusals why it cannot, each a sentence; empty if it can
   * @param notes what the host could not tell, or what should be known, each a sentence
   */
  record Found(List<String> refusals, List<String> notes) {
    /**
     * Go on only if nothing stands in the way.
     *
     * @throws HypervisorException FAILED with all refusals
     */
    void require() {
      if (!refusals.isEmpty()) {
        throw new HypervisorException(Kind.FAILED, String.join(" ", refusals), null);
      }
    }
  }

  /**
   * Ask the host.
   *
   * @param name the name that the guest is to have there
   * @param given back before it runs: the memory of the guest that it replaces there
   * @param beside what is to be stored beside the disks that it gets
   */
  Found run(UUID guest, String name, Memory given, Memory beside) {
    var states = host.states();
    var memory = Checkpoint.memoryVolume(prefix);
    var there =
        states.volumes(checkpoint.storage(), prefix + ".").stream()
            .map(Volume::name)
            .collect(Collectors.toSet());
    var needed = checkpoint.disks().stream().map(DiskCopy::volume).collect(Collectors.toSet());
    needed.add(memory);
    if (!there.containsAll(needed)) {
      return new Found(
          List.of(
              "The storage pool %s of %s does not have all of the checkpoint."
                  .formatted(checkpoint.storage(), target.name())),
          List.of());
    }
    var fit = states.fit(checkpoint.storage(), memory);
    var refusals = new ArrayList<>(said(fit.lacks()));
    var load = host.readLoad().host();
    var free = load.memoryTotal().minus(load.memoryUsed()).plus(given);
    if (fit.memory().compareTo(free) > 0) {
      refusals.add(
          "%s has %d MiB of memory for it, and %s needs %d MiB."
              .formatted(target.name(), free.mib(), checkpoint.vm(), fit.memory().mib()));
    }
    var room = states.room(checkpoint.storage()).available();
    var stored = beside.plus(disks());
    if (stored.compareTo(room) > 0) {
      refusals.add(
          "The storage pool %s of %s has %d MiB free, and %d MiB may be needed."
              .formatted(checkpoint.storage(), target.name(), room.mib(), stored.mib()));
    }
    var namesake = host.look(guest, name).namesake();
    if (namesake != null) {
      refusals.add(
          "%s has another virtual machine named %s (%s).".formatted(target.name(), name, namesake));
    }
    return new Found(refusals, said(fit.notes()));
  }

  /** Its disks, which it has to itself in the end. */
  private Memory disks() {
    long bytes = 0;
    for (var disk : checkpoint.disks()) {
      bytes += disk.bytes() == null ? 0 : disk.bytes();
    }
    return new Memory(bytes);
  }

  List<String> said(List<String> words) {
    return words.stream().map(w -> "%s %s.".formatted(target.name(), w)).toList();
  }
}
