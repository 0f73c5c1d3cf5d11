package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.ptr.LongByReference;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.dcbalance.hypervisor.Guest.Disk;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.Tuning;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;

/** Run one migration, peer to peer, so that the source's daemon drives it without us. */
final class MigrationCall {
  // virDomainMigrateFlags
  private static final int LIVE = 1;
  private static final int PEER2PEER = 1 << 1;
  private static final int PERSIST_DEST = 1 << 3;
  private static final int UNDEFINE_SOURCE = 1 << 4;
  private static final int NON_SHARED_DISK = 1 << 6;
  private static final int UNSAFE = 1 << 9;
  private static final int COMPRESSED = 1 << 11;
  private static final int ABORT_ON_ERROR = 1 << 12;
  private static final int AUTO_CONVERGE = 1 << 13;
  private static final int POSTCOPY = 1 << 15;
  private static final int TLS = 1 << 16;
  private static final int PARALLEL = 1 << 17;
  private static final int POSTCOPY_RESUME = 1 << 19;

  private static final Tuning NOT_LIVE = new Tuning(false, null, null, null, null, 1, false);
  private static final long DROPS_CACHES_SINCE = 4_000_000;
  private static final Duration EVENT_WITHIN = Duration.ofSeconds(1);
  private static final Pattern MIGRATE_URI =
      Pattern.compile("tcp://([A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?");

  private final HostLink link;
  private final AllowedNetworks networks;
  private final boolean xen;
  private final FinishedJobs finished;

  MigrationCall(HostLink link, AllowedNetworks networks, boolean xen, FinishedJobs finished) {
    this.link = link;
    this.networks = networks;
    this.xen = xen;
    this.finished = finished;
  }

  /** What was found before the start. */
  private record Source(
      String name, boolean persistent, List<Disk> disks, @Nullable Long oldDowntime) {}

  void run(MigrationOrder order, Runnable lastWord) {
    checkTargets(order);
    var source = link.call("prepare the migration", connection -> prepare(connection, order));
    finished.forget(order.guest());
    int flags = flags(source, order);
    try {
      var took =
          link.longCall(
              "migrate " + source.name,
              connection -> {
                lastWord.run();
                return migrate(connection, order, flags);
              });
      if (xen) {
        // Xen tells no figures: the time of the call is all that is known on this side
        finished.add(order.guest(), new MigrationFigures(true, took, null, null, null));
      }
    } catch (HypervisorException e) {
      // without an answer the copy may still run, and needs its limit
      if (e.kind() != Kind.UNREACHABLE && e.kind() != Kind.TIMED_OUT) {
        restoreDowntime(order.guest(), source.oldDowntime);
      }
      throw e;
    }
    if (!xen && link.jobEvents()) {
      finished.await(order.guest(), EVENT_WITHIN);
    }
  }

  /** Go on with a migration that failed in post-copy, with the flags of {@link #run}. */
  void resumePostCopy(UUID guest, String peerUri, boolean encrypted) {
    if (xen) {
      throw new HypervisorException(Kind.UNSUPPORTED, "Xen knows no post-copy.", null);
    }
    // where it leads was looked up when the move began: the guest must not wait for names now
    peer(peerUri);
    link.longCall(
        "resume the post-copy of a guest",
        connection -> {
          int flags = LIVE | PEER2PEER | POSTCOPY | POSTCOPY_RESUME | (encrypted ? TLS : 0);
          var domain = connection.domain(guest);
          try {
            flags |= domain.isPersistent() == 1 ? PERSIST_DEST | UNDEFINE_SOURCE : 0;
          } finally {
            domain.free();
          }
          try (var ref = connection.ref(guest)) {
            connection.checked(
                connection
                    .library()
                    .virDomainMigrateToURI3(ref.pointer(), peerUri, null, 0, flags));
          }
          return null;
        });
  }

  private void checkPeer(String peerUri) {
    var peer = peer(peerUri);
    try {
      networks.check(peer);
    } catch (Problem e) {
      throw notForPeers(e);
    }
  }

  private LibvirtUri peer(String peerUri) {
    LibvirtUri peer;
    try {
      peer = LibvirtUri.parsePeer(URI.create(peerUri));
    } catch (Problem e) {
      throw notForPeers(e);
    }
    if (peer.driver().equals("xen") != xen) {
      throw new Problem(
          ErrorCode.REFUSED,
          "A guest cannot move between QEMU and Xen, and the target runs the other one.",
          null);
    }
    return peer;
  }

  /** Say nothing of the URI, which administrators alone see. */
  private static Problem notForPeers(Problem why) {
    return new Problem(
        why.code(),
        "Other hosts cannot reach the target by the URI that it has.",
        "Maybe enter a peer URI for it.",
        why);
  }

  /** Say what this hypervisor cannot do before anything is changed, and not by leaving it out. */
  private void checkTuning(Tuning tuning) {
    if (xen && !tuning.equals(Tuning.NONE) && !tuning.equals(NOT_LIVE)) {
      throw new HypervisorException(
          Kind.UNSUPPORTED, "Xen's tool stack can migrate live or not, and nothing else.", null);
    }
    if (tuning.postCopy() && tuning.connections() > 1) {
      throw new HypervisorException(
          Kind.UNSUPPORTED, "QEMU cannot switch several connections to post-copy.", null);
    }
  }

  private void checkTargets(MigrationOrder order) {
    checkTuning(order.tuning());
    if (xen && order.encrypted()) {
      throw new HypervisorException(
          Kind.UNSUPPORTED, "Xen's tool stack cannot encrypt what it sends.", null);
    }
    if (!order.copiedDisks().isEmpty() && (xen || order.tuning().postCopy())) {
      throw new HypervisorException(
          Kind.UNSUPPORTED,
          xen
              ? "Xen's tool stack copies no disks."
              : "A guest whose disks are copied is not switched to post-copy.",
          null);
    }
    checkPeer(order.peerUri());
    if (order.migrateUri() != null && !MIGRATE_URI.matcher(order.migrateUri()).matches()) {
      throw new Problem(
          ErrorCode.REFUSED,
          "'%s' is not allowed as the place to send memory to.".formatted(order.migrateUri()),
          "Maybe enter one such as tcp://10.0.0.2.");
    }
  }

  private Source prepare(OpenConnection connection, MigrationOrder order) throws LibvirtException {
    var guest = order.guest();
    try (var ref = connection.ref(guest)) {
      var domain = connection.domain(guest);
      try {
        var xml = new DomainXml(domain.getXMLDesc(0));
        var state = States.guest(domain.getInfo().state.ordinal());
        if (state != GuestState.RUNNING) {
          throw refused("%s is not running on %s.", xml.name(), link.label());
        }
        if (StatusReading.job(connection, ref) != Job.NONE) {
          throw refused("%s already has a job on %s.", xml.name(), link.label());
        }
        if (order.tuning().postCopy() && xml.memoryOfFile()) {
          throw refused(
              "The memory of %s is a file of its host, so it cannot be switched to post-copy.",
              xml.name());
        }
        checkShared(xml, order);
        checkCaches(connection, xml, order);
        var moves = xen ? XenBalloon.moves(domain, link.label()) : Optional.<String>empty();
        if (moves.isPresent()) {
          throw new HypervisorException(Kind.FAILED, moves.get(), null);
        }
        Long before = null;
        var longest = order.tuning().maxDowntime();
        if (longest != null) {
          var old = new LongByReference();
          before =
              connection.library().virDomainMigrateGetMaxDowntime(ref.pointer(), old, 0) < 0
                  ? null
                  : old.getValue();
          // QEMU keeps it for its next migration, so it holds from the first pass on
          domain.migrateSetMaxDowntime(Math.max(1, longest.toMillis()));
        }
        return new Source(xml.name(), domain.isPersistent() == 1, xml.disks(), before);
      } finally {
        domain.free();
      }
    }
  }

  /** Xen checks no storage, and of QEMU hosts libvirt's check is overridden. */
  private static void checkShared(DomainXml xml, MigrationOrder order) {
    var local = local(xml.disks(), order);
    if (local != null) {
      throw refused(
          "The disk %s of %s (%s) is not on storage that is marked as shared.",
          local.target(),
          xml.name(),
          String.join(", ", local.images().stream().filter(order.isShared().negate()).toList()));
    }
  }

  /** Find a disk that the target may not have, though the order says that it has all. */
  static @Nullable Disk local(List<Disk> disks, MigrationOrder order) {
    return disks.stream()
        .filter(disk -> !disk.readOnly())
        .filter(disk -> order.sharedDisks() && !order.copiedDisks().contains(disk.target()))
        .filter(disk -> !disk.images().stream().allMatch(order.isShared()))
        .findFirst()
        .orElse(null);
  }

  /** Overriding libvirt's check of shared storage also overrides its check of caches. */
  private void checkCaches(OpenConnection connection, DomainXml xml, MigrationOrder order)
      throws LibvirtException {
    if (xen || !order.sharedDisks() || connection.getVersion() >= DROPS_CACHES_SINCE) {
      return;
    }
    for (var disk : xml.disks()) {
      if (onFiles(disk) && !disk.cache().equals("none") && !disk.cache().equals("directsync")) {
        throw refused(
            "The disk %s of %s is cached by its host (cache '%s'), which QEMU before 4.0 cannot move"
                + " safely.",
            disk.target(), xml.name(), disk.cache());
      }
    }
  }

  private static boolean onFiles(Disk disk) {
    return !disk.network() && !disk.readOnly() && !disk.source().isEmpty();
  }

  private int flags(Source source, MigrationOrder order) {
    var tuning = order.tuning();
    int flags = PEER2PEER | (tuning.live() ? LIVE : 0);
    // a transient guest must stay one: its host was never meant to define it
    flags |= source.persistent ? PERSIST_DEST | UNDEFINE_SOURCE : 0;
    if (xen) {
      return flags;
    }
    flags |= tuning.throttle() == null ? 0 : AUTO_CONVERGE;
    flags |= tuning.compressionCache() == null ? 0 : COMPRESSED;
    flags |= tuning.connections() > 1 ? PARALLEL : 0;
    flags |= tuning.postCopy() ? POSTCOPY : 0;
    flags |= order.encrypted() ? TLS : 0;
    // without this libvirt takes a plain directory for not shared, and refuses
    boolean needsWord =
        source.disks.stream()
            .filter(disk -> !order.copiedDisks().contains(disk.target()))
            .anyMatch(MigrationCall::onFiles);
    flags |= order.copiedDisks().isEmpty() ? 0 : NON_SHARED_DISK;
    return flags | ABORT_ON_ERROR | (order.sharedDisks() && needsWord ? UNSAFE : 0);
  }

  private static Map<String, Object> values(MigrationOrder order) {
    var values = new LinkedHashMap<String, Object>();
    var tuning = order.tuning();
    if (order.migrateUri() != null) {
      values.put("migrate_uri", order.migrateUri());
    }
    if (!order.copiedDisks().isEmpty()) {
      // left to itself libvirt would copy those on shared storage onto themselves
      values.put("migrate_disks", order.copiedDisks());
    }
    if (tuning.bandwidth() != null) {
      values.put("bandwidth", GuestLevers.mib(tuning.bandwidth()));
      if (tuning.postCopy()) {
        values.put("bandwidth.postcopy", GuestLevers.mib(tuning.bandwidth()));
      }
    }
    if (tuning.throttle() != null) {
      values.put("auto_converge.initial", tuning.throttle().initial());
      values.put("auto_converge.increment", tuning.throttle().increment());
    }
    if (tuning.compressionCache() != null) {
      values.put("compression", "xbzrle");
      values.put("compression.xbzrle.cache", tuning.compressionCache().bytes());
    }
    if (tuning.connections() > 1) {
      values.put("parallel.connections", tuning.connections());
    }
    return values;
  }

  private static Duration migrate(OpenConnection connection, MigrationOrder order, int flags) {
    var values = values(order);
    var params = new TypedParameters.Block(values);
    long begun = System.nanoTime();
    try (var ref = connection.ref(order.guest())) {
      connection.checked(
          connection
              .library()
              .virDomainMigrateToURI3(
                  ref.pointer(), order.peerUri(), params.pointer(), params.count(), flags));
    } finally {
      params.keep();
    }
    return Duration.ofNanos(System.nanoTime() - begun);
  }

  /** Undo our downtime limit on a guest that stayed. */
  private void restoreDowntime(UUID guest, @Nullable Long millis) {
    if (millis == null) {
      return;
    }
    try {
      link.call(
          "restore the downtime limit",
          connection -> {
            var domain = connection.domain(guest);
            try {
              return domain.migrateSetMaxDowntime(millis);
            } finally {
              domain.free();
            }
          });
    } catch (HypervisorException e) {
      // the guest may be gone, or the host; the limit ends with the guest's process anyway
    }
  }

  private static HypervisorException refused(String sentence, Object... values) {
    return new HypervisorException(Kind.FAILED, sentence.formatted(values), null);
  }
}
