package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Pointer;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * Add, to libvirt-java's connection, our own calls on the same pointer. Only for worker threads.
 */
final class OpenConnection extends Connect {
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final NativeLibvirt library;
  private final long number = NUMBERS.incrementAndGet();

  OpenConnection(NativeLibvirt library, String uri) throws LibvirtException {
    super(uri);
    this.library = library;
  }

  NativeLibvirt library() {
    return library;
  }

  /** Tell this connection from all others, earlier and later ones to the same host among them. */
  long number() {
    return number;
  }

  Pointer pointer() {
    return vcp.getPointer();
  }

  Domain domain(UUID guest) throws LibvirtException {
    return domainLookupByUUIDString(guest.toString());
  }

  /** Look a guest up for our own calls; close it after use. */
  DomainRef ref(UUID guest) {
    var pointer = library.virDomainLookupByUUIDString(pointer(), guest.toString());
    if (pointer == null) {
      throw lastFailure();
    }
    return new DomainRef(library, pointer);
  }

  /**
   * Pass the result of one of our own calls through.
   *
   * @throws LibvirtFailure if it is negative
   */
  int checked(int result) {
    if (result < 0) {
      throw lastFailure();
    }
    return result;
  }

  /** Read the error of the last call of this thread. */
  LibvirtFailure lastFailure() {
    // struct virError: int code; int domain; char *message; …
    var error = library.virGetLastError();
    var words = error == null ? null : error.getPointer(8);
    return error == null || words == null
        ? new LibvirtFailure(1, "libvirt gave no reason")
        : new LibvirtFailure(error.getInt(0), words.getString(0, "UTF-8"));
  }

  boolean alive() {
    try {
      return isAlive();
    } catch (LibvirtException e) {
      return false;
    }
  }

  /** Hold a domain's pointer for our own calls. */
  record DomainRef(NativeLibvirt library, Pointer pointer) implements AutoCloseable {
    @Override
    public void close() {
      library.virDomainFree(pointer);
    }
  }
}
