package org.dcbalance.hypervisor;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dcbalance.units.Memory;

/**
 * Describe a guest (domain) as its host does.
 *
 * @param name as the host has it, but for what cannot be read: a host that means ill must not write
 *     lines of its own into logs and messages, turn them round, or fill pages with one name
 * @param domainId the hypervisor's number of the running guest, -1 when it does not run
 * @param osType such as "hvm", "xen" (PV) or "xenpvh"
 * @param cpuTime CPU time used since the guest started, all vCPUs
 * @param maxMemory the most the guest may have
 * @param memory what it has now (balloon)
 * @param addresses IP addresses where the host knows them, otherwise MAC addresses
 * @param networks names of the networks or bridges that it is attached to
 * @param ties what ties it to its host, besides disks on storage that is not shared
 */
public record Guest(
    UUID uuid,
    String name,
    int domainId,
    String osType,
    GuestState state,
    int vcpus,
    Duration cpuTime,
    Memory maxMemory,
    Memory memory,
    List<Disk> disks,
    List<String> addresses,
    List<String> networks,
    List<Tie> ties,
    GuestCpu cpu) {

  /** No host has a longer one, whose definition would be a file without a name. */
  private static final int LONGEST_NAME = 255;

  private static final Pattern UNREADABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+");

  public Guest {
    name = UNREADABLE.matcher(name).replaceAll(" ");
    name = name.substring(0, Math.min(LONGEST_NAME, name.length()));
    disks = List.copyOf(disks);
    addresses = List.copyOf(addresses);
    networks = List.copyOf(networks);
    ties = List.copyOf(ties);
  }

  /**
   * Describe a disk or medium.
   *
   * @param target such as "vda"
   * @param source file, device or network volume; empty for an empty drive
   * @param cache the cache mode as written in the domain, "default" if none is
   * @param network whether it is reached over the network by the emulator itself (rbd, nbd, iscsi
   *     …)
   * @param backing files and devices of the images that it lies over, nearest first; those that are
   *     reached over the network are left out
   */
  public record Disk(
      String target,
      String source,
      String format,
      String cache,
      boolean network,
      boolean readOnly,
      boolean medium,
      List<String> backing) {

    public Disk {
      // what an earlier console stored has none
      backing = backing == null ? List.of() : List.copyOf(backing);
    }

    /** List the files and devices that its host has to reach, the topmost image first. */
    public List<String> images() {
      return Stream.concat(network ? Stream.empty() : Stream.of(source), backing.stream())
          .filter(image -> !image.isEmpty())
          .toList();
    }

    /**
     * Name it with what is to blame for it: its own image, or one below, such as "disk vda
     * (/srv/web.qcow2, which lies over /root/base.qcow2)".
     *
     * @param shares whether other hosts reach an image
     */
    public String words(Predicate<String> shares) {
      var below = backing.stream().filter(shares.negate()).findFirst();
      boolean own = !network && !shares.test(source);
      return "%s %s (%s%s)"
          .formatted(
              medium ? "medium" : "disk",
              target,
              source,
              own ? "" : below.map(image -> ", which lies over " + image).orElse(""));
    }
  }

  /** Name one thing that ties a guest to its host. */
  public record Tie(Kind kind, String detail) {
    /** The kinds of ties that the inventory knows. */
    public enum Kind {
      PASSED_THROUGH_DEVICE,
      LOCAL_MEDIUM,
      SNAPSHOT_METADATA,
      OTHER_MANAGER,
      OTHER
    }
  }
}
