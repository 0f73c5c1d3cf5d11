package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.checkpoint.Checkpoint.DiskCopy;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage.Volume;
import org.dcbalance.inventory.Host;
import org.dcbalance.units.HostId;
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
   * @param free the memory that the host has free now
   * @param needs the memory that the guest had when it was captured; none if that cannot be read
   * @param room what is to be stored for it
   */
  record Found(
      List<String> refusals, List<String> notes, Memory free, Memory needs, RoomDemand room) {
    /** Add reasons why it cannot. */
    Found and(List<String> more) {
      return new Found(
          Stream.concat(refusals.stream(), more.stream()).toList(), notes, free, needs, room);
    }

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
   * Ask the host. Whether its memory and the storage's room are enough is for a {@link
   * MemoryDemand} and a {@link RoomDemand}, of all that go there.
   *
   * @param name the name that the guest is to have there
   * @param beside what is to be stored beside the disks that it gets
   */
  Found run(UUID guest, String name, Memory beside) {
    var states = host.states();
    var room =
        new RoomDemand(
            name,
            checkpoint.storage(),
            target.name(),
            states.room(checkpoint.storage()).available(),
            beside.plus(disks()));
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
          List.of(),
          Memory.ZERO,
          Memory.ZERO,
          room);
    }
    var fit = states.fit(checkpoint.storage(), memory);
    var refusals = new ArrayList<>(said(fit.lacks()));
    var load = host.readLoad().host();
    var namesake = host.look(guest, name).namesake();
    if (namesake != null) {
      refusals.add(
          "%s has another virtual machine named %s (%s).".formatted(target.name(), name, namesake));
    }
    return new Found(
        refusals,
        said(fit.notes()),
        load.memoryTotal().minus(load.memoryUsed()),
        fit.memory(),
        room);
  }

  /**
   * Give what a guest would take of the host's memory.
   *
   * @param has what it has now
   * @param isOn the hosts on which it is now, and where it is ended first
   */
  MemoryDemand demand(Found found, Memory has, Set<HostId> isOn) {
    return new MemoryDemand(
        checkpoint.vm(), target.id(), target.name(), found.free(), found.needs(), has, isOn);
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
