package org.dcbalance.hypervisor.libvirt;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.MigrationProgress;

/** Order migrations from a host, and tell how far they are and what they took. */
final class MigrationJobs {
  private final HostLink link;
  private final boolean xen;
  private final Alone alone;
  private final FinishedJobs finished;
  private final MigrationCall call;
  private final Set<UUID> abortsAsked = ConcurrentHashMap.newKeySet();

  MigrationJobs(
      HostLink link, AllowedNetworks networks, boolean xen, Alone alone, FinishedJobs finished) {
    this.link = link;
    this.xen = xen;
    this.alone = alone;
    this.finished = finished;
    this.call = new MigrationCall(link, networks, xen, finished);
  }

  void migrate(MigrationOrder order, Runnable lastWord) {
    alone.run(order.guest(), "a migration", () -> migrateAlone(order, lastWord));
  }

  private void migrateAlone(MigrationOrder order, Runnable lastWord) {
    abortsAsked.remove(order.guest());
    try {
      call.run(order, lastWord);
    } catch (HypervisorException e) {
      if (e.kind() != Kind.FAILED) {
        throw e;
      }
      // libvirt calls some aborted migrations "unexpectedly failed"
      boolean aborted = abortsAsked.remove(order.guest());
      var kind =
          aborted ? Kind.ABORTED : LibvirtFailure.disconnected(e) ? Kind.DISCONNECTED : Kind.FAILED;
      var advice = xen ? LibvirtFailure.adviceOnXen(e) : LibvirtFailure.adviceOnQemu(e);
      throw new HypervisorException(kind, e.sentence() + advice, e);
    }
  }

  void resumePostCopy(UUID guest, String peerUri, boolean encrypted) {
    alone.run(
        guest, "a post-copy that is resumed", () -> call.resumePostCopy(guest, peerUri, encrypted));
  }

  /** Note that its migration, if it fails, was aborted. */
  void abortAsked(UUID guest) {
    abortsAsked.add(guest);
  }

  Optional<MigrationProgress> progress(UUID guest) {
    return link.call(
        "tell how far a migration is",
        connection -> {
          try (var ref = connection.ref(guest)) {
            var job = JobStats.read(connection, ref, JobStats.FLAGS_RUNNING);
            return job.job() == Job.OUTGOING_MIGRATION
                ? Optional.of(job.progress(Instant.now()))
                : Optional.empty();
          } catch (LibvirtFailure e) {
            return noJob(e);
          }
        });
  }

  Optional<MigrationFigures> figures(UUID guest) {
    return finished.of(guest);
  }

  Optional<MigrationFigures> incomingFigures(UUID guest) {
    if (xen) {
      return Optional.empty();
    }
    return link.call(
        "tell the figures of a migration",
        connection -> {
          try (var ref = connection.ref(guest)) {
            var job = JobStats.read(connection, ref, JobStats.FLAGS_COMPLETED_KEPT);
            return job.type() == JobStats.COMPLETED && !job.outgoing()
                ? Optional.of(job.figures())
                : Optional.empty();
          } catch (LibvirtFailure e) {
            return noJob(e);
          }
        });
  }

  /** Take "no such guest" and "no job, or not here" for an empty answer. */
  private static <T> Optional<T> noJob(LibvirtFailure e) {
    return switch (e.code()) {
      case LibvirtFailure.NO_DOMAIN,
          LibvirtFailure.OPERATION_INVALID,
          LibvirtFailure.OPERATION_UNSUPPORTED ->
          Optional.empty();
      default -> throw e;
    };
  }
}
