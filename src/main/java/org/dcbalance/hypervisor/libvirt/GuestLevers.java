package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.NativeLong;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.MemoryReading;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** Set what can be set on a guest for its move, one short call each. */
final class GuestLevers {
  // virDomainMemoryStatTags; values in KiB
  private static final int SWAP_OUT = 1;
  private static final int UNUSED = 4;
  private static final int AVAILABLE = 5;
  private static final int ACTUAL_BALLOON = 6;
  private static final int LAST_UPDATE = 9;
  private static final int TAGS = 16;

  // names of libvirt's scheduler parameters for Xen, and room for more than these two
  private static final String CAP = "cap";
  private static final String WEIGHT = "weight";
  private static final int MOST_PARAMETERS = 8;

  // VIR_DOMAIN_AFFECT_CURRENT: the running guest, and the only flag that all versions of libxl take
  private static final int CURRENT = 0;

  private static final int CONFIG = 2;

  private final HostLink link;
  private final boolean xen;

  GuestLevers(HostLink link, boolean xen) {
    this.link = link;
    this.xen = xen;
  }

  /** One operation on a guest, by libvirt-java. */
  interface Operation<T extends @Nullable Object> {
    T on(Domain domain) throws LibvirtException;
  }

  <T extends @Nullable Object> T on(UUID guest, String doing, Operation<T> operation) {
    return link.call(
        doing,
        connection -> {
          var domain = connection.domain(guest);
          try {
            return operation.on(domain);
          } finally {
            domain.free();
          }
        });
  }

  /** One of our own calls on a guest; negative if it failed. */
  private interface NativeCall {
    int on(NativeLibvirt library, OpenConnection.DomainRef ref);
  }

  private void checked(UUID guest, String doing, NativeCall call) {
    link.call(
        doing,
        connection -> {
          try (var ref = connection.ref(guest)) {
            return connection.checked(call.on(connection.library(), ref));
          }
        });
  }

  void setMaxDowntime(UUID guest, Duration longest) {
    long millis = Math.max(1, longest.toMillis());
    on(guest, "limit the pause of a migration", d -> d.migrateSetMaxDowntime(millis));
  }

  Duration maxDowntime(UUID guest) {
    var millis = new LongByReference();
    checked(
        guest,
        "tell the limit of a migration's pause",
        (library, ref) -> library.virDomainMigrateGetMaxDowntime(ref.pointer(), millis, 0));
    return Duration.ofMillis(millis.getValue());
  }

  void setBandwidth(UUID guest, ByteRate most) {
    checked(
        guest,
        "limit the bandwidth of a migration",
        (library, ref) ->
            library.virDomainMigrateSetMaxSpeed(ref.pointer(), new NativeLong(mib(most)), 0));
  }

  void startPostCopy(UUID guest) {
    checked(
        guest,
        "switch a migration to post-copy",
        (library, ref) -> library.virDomainMigrateStartPostCopy(ref.pointer(), 0));
  }

  /** Xen's memory statistics would wait for a job; what a domain has, its info tells at once. */
  MemoryReading memory(UUID guest) {
    return on(
        guest,
        "tell a guest's memory",
        domain -> {
          var has = Memory.ofKiB(domain.getInfo().memory);
          if (xen) {
            // a few pages beyond what a guest may have are Xen's own, and cannot be asked for
            var most = Memory.ofKiB(domain.getMaxMemory());
            return MemoryReading.of(has.compareTo(most) > 0 ? most : has);
          }
          var told = new Long[TAGS];
          Arrays.stream(domain.memoryStats(TAGS))
              .filter(s -> s.getTag() >= 0 && s.getTag() < TAGS)
              .forEach(s -> told[s.getTag()] = s.getValue());
          var now = told[ACTUAL_BALLOON] == null ? has : Memory.ofKiB(told[ACTUAL_BALLOON]);
          var unused = told[UNUSED];
          var available = told[AVAILABLE];
          var swapped = told[SWAP_OUT];
          var at = told[LAST_UPDATE];
          boolean fresh = GuestFigures.fresh(at, Instant.now());
          return new MemoryReading(
              now,
              unused == null || !fresh ? null : used(now, available, unused),
              swapped == null || !fresh ? null : Memory.ofKiB(swapped),
              at == null ? null : Instant.ofEpochSecond(at),
              new DomainXml(domain.getXMLDesc(0)).memoryOfFile());
        });
  }

  /**
   * What a guest calls available lacks what its kernel keeps for itself, which is in use, too. A
   * report from before its balloon moved goes with what it had then.
   *
   * @param available KiB by its report; null if not told
   * @param unused KiB by its report
   */
  static Memory used(Memory now, @Nullable Long available, long unused) {
    var free = Memory.ofKiB(unused);
    var byNow = now.minus(free);
    var byReport = available == null ? byNow : Memory.ofKiB(available).minus(free);
    return byNow.compareTo(byReport) >= 0 ? byNow : byReport;
  }

  /**
   * Xen's driver defines a guest that arrives by what runs, so one that was ballooned for its move
   * would boot with as little: what its definition has of that grows with it.
   */
  void setMemory(UUID guest, Memory target) {
    link.call(
        "change a guest's memory",
        connection -> {
          var domain = connection.domain(guest);
          try (var ref = connection.ref(guest)) {
            var now = domain.getXMLDesc(0);
            if (!SnapshotXml.mapped(now).isEmpty()) {
              // QEMU would punch holes into the file, which other restores need as it is
              throw new HypervisorException(
                  Kind.UNSUPPORTED,
                  domain.getName()
                      + " maps the memory of its checkpoint, so its memory is not changed.",
                  null);
            }
            long kib = target.bytes() / 1024;
            // the definition first: once the guest itself has it, nobody sees that it should follow
            if (xen && XenBalloon.isDefinedSmaller(domain, now, target)) {
              connection.checked(
                  connection
                      .library()
                      .virDomainSetMemoryFlags(ref.pointer(), new NativeLong(kib), CONFIG));
            }
            domain.setMemory(kib);
            return null;
          } finally {
            domain.free();
          }
        });
  }

  int cap(UUID guest) {
    requireXen();
    return link.call(
        "tell a guest's CPU cap",
        connection -> {
          try (var ref = connection.ref(guest)) {
            var cap = cap(connection, ref);
            if (cap == null) {
              throw new HypervisorException(
                  Kind.UNSUPPORTED,
                  "%s has a scheduler without caps.".formatted(link.label()),
                  null);
            }
            return Math.toIntExact(cap);
          }
        });
  }

  /** Read the cap of a domain; null if its scheduler knows none. */
  static @Nullable Long cap(OpenConnection connection, OpenConnection.DomainRef domain) {
    return scheduling(connection, domain).number(CAP);
  }

  private static TypedParameters scheduling(
      OpenConnection connection, OpenConnection.DomainRef domain) {
    try (var room = TypedParameters.room(MOST_PARAMETERS)) {
      var count = new IntByReference(MOST_PARAMETERS);
      connection.checked(
          connection
              .library()
              .virDomainGetSchedulerParametersFlags(domain.pointer(), room, count, CURRENT));
      return TypedParameters.read(room, count.getValue());
    }
  }

  void setCap(UUID guest, int percent) {
    schedule(guest, "cap a guest's CPU", CAP, percent);
  }

  Optional<Integer> weight(UUID guest) {
    requireXen();
    return link.call(
        "tell a guest's CPU weight",
        connection -> {
          try (var ref = connection.ref(guest)) {
            var weight = scheduling(connection, ref).number(WEIGHT);
            return weight == null ? Optional.empty() : Optional.of(Math.toIntExact(weight));
          }
        });
  }

  void setWeight(UUID guest, int weight) {
    schedule(guest, "set a guest's CPU weight", WEIGHT, weight);
  }

  /** Set one of a guest's scheduler parameters; the driver leaves the others as they are. */
  private void schedule(UUID guest, String doing, String parameter, int value) {
    requireXen();
    var params = new TypedParameters.Block(Map.of(parameter, new TypedParameters.Unsigned(value)));
    checked(
        guest,
        doing,
        (library, ref) ->
            library.virDomainSetSchedulerParametersFlags(
                ref.pointer(), params.pointer(), params.count(), CURRENT));
    params.keep();
  }

  private void requireXen() {
    if (!xen) {
      throw new HypervisorException(
          Kind.UNSUPPORTED, "Guests on %s are not capped.".formatted(link.label()), null);
    }
  }

  /** Give whole MiB per second, at least one, as libvirt counts bandwidth. */
  static long mib(ByteRate rate) {
    return Math.max(1L, (long) (rate.bytesPerSecond() / (1 << 20)));
  }
}
