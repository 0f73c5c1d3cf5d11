package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.ptr.IntByReference;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** Read a guest's state, job and mark; none of it waits for a running job. */
final class StatusReading {
  /** The namespace of our element in a guest's metadata. */
  static final String MARK = "https://dcbalance.org/xmlns/job/1";

  // virDomainMetadataType and virDomainModificationImpact
  private static final int ELEMENT = 2;
  private static final int LIVE = 1;
  private static final int CONFIG = 2;
  private static final int CURRENT = 0;

  private StatusReading() {}

  static Optional<GuestStatus> read(OpenConnection connection, UUID guest) throws LibvirtException {
    try (var ref = connection.ref(guest)) {
      var state = new IntByReference();
      var reason = new IntByReference();
      connection.checked(connection.library().virDomainGetState(ref.pointer(), state, reason, 0));
      var is = States.guest(state.getValue());
      var domain = connection.domain(guest);
      try {
        boolean persistent = domain.isPersistent() == 1;
        boolean off = is == GuestState.SHUT_OFF;
        return Optional.of(
            new GuestStatus(
                is,
                States.why(state.getValue(), reason.getValue()),
                off ? Job.NONE : job(connection, ref),
                // Xen's driver calls half a guest shut off that arrived; it has no place for a mark
                off && !persistent ? null : mark(domain),
                persistent));
      } finally {
        domain.free();
      }
    } catch (LibvirtFailure e) {
      return vanished(e);
    } catch (LibvirtException e) {
      return vanished(LibvirtFailure.of(e));
    }
  }

  /** Give the UUID of the guest that has this name here, unless it is the one that is meant. */
  static @Nullable UUID namesake(OpenConnection connection, String name, UUID guest)
      throws LibvirtException {
    try {
      var domain = connection.domainLookupByName(name);
      try {
        var found = UUID.fromString(domain.getUUIDString());
        return found.equals(guest) ? null : found;
      } finally {
        domain.free();
      }
    } catch (LibvirtException e) {
      var failure = LibvirtFailure.of(e);
      if (failure.code() == LibvirtFailure.NO_DOMAIN) {
        return null;
      }
      throw failure;
    }
  }

  private static Optional<GuestStatus> vanished(LibvirtFailure e) {
    if (e.code() == LibvirtFailure.NO_DOMAIN) {
      return Optional.empty();
    }
    throw e;
  }

  static Job job(OpenConnection connection, OpenConnection.DomainRef guest) {
    try {
      return JobStats.read(connection, guest, JobStats.FLAGS_RUNNING).job();
    } catch (LibvirtFailure e) {
      return switch (e.code()) {
        // QEMU: "migration statistics are available only on the source host"
        case LibvirtFailure.OPERATION_UNSUPPORTED -> Job.INCOMING_MIGRATION;
        // "domain is not running"
        case LibvirtFailure.OPERATION_INVALID -> Job.NONE;
        default -> throw e;
      };
    }
  }

  /** A change of a guest with a job would wait for the job's end, half a minute or for good. */
  static void requireNoJob(OpenConnection connection, UUID guest, String so) {
    try (var ref = connection.ref(guest)) {
      if (job(connection, ref) != Job.NONE) {
        throw new HypervisorException(
            Kind.FAILED, "The guest %s has a job, so %s.".formatted(guest, so), null);
      }
    }
  }

  private static @Nullable String mark(Domain domain) throws LibvirtException {
    try {
      return Xml.parse(domain.getMetadata(ELEMENT, MARK, CURRENT)).getTextContent();
    } catch (LibvirtException e) {
      var failure = LibvirtFailure.of(e);
      if (failure.code() == LibvirtFailure.NO_DOMAIN_METADATA || failure.unsupported()) {
        return null;
      }
      throw e;
    }
  }

  /**
   * Write our mark to the running guest, with which it travels; null removes it. Xen's driver
   * defines a guest that arrives by what runs, mark and all: it is removed from there, too.
   */
  static void write(OpenConnection connection, UUID guest, @Nullable String mark)
      throws LibvirtException {
    var element = mark == null ? null : "<job>" + Xml.escape(mark) + "</job>";
    var domain = connection.domain(guest);
    try {
      int where = mark == null && domain.isPersistent() == 1 ? LIVE | CONFIG : LIVE;
      domain.setMetadata(ELEMENT, element, "dcbalance", MARK, where);
    } catch (LibvirtException e) {
      if (mark != null || LibvirtFailure.of(e).code() != LibvirtFailure.NO_DOMAIN_METADATA) {
        throw e;
      }
    } finally {
      domain.free();
    }
  }
}
