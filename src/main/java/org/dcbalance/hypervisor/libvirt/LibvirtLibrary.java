package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import org.dcbalance.hypervisor.HypervisorException;
import org.jspecify.annotations.Nullable;
import org.libvirt.Library;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Load libvirt's shared library when it is first needed, and run its event loop. */
final class LibvirtLibrary {
  private static final Logger log = LoggerFactory.getLogger(LibvirtLibrary.class);

  // libvirt keeps the pointer, so the callback must never be collected
  private static final NativeLibvirt.ErrorHandler SILENCE = (data, error) -> {};

  private static @Nullable NativeLibvirt loaded;

  private LibvirtLibrary() {}

  /**
   * Give the library, loading it at the first call.
   *
   * @throws HypervisorException if it is not installed; a later call tries again
   */
  static synchronized NativeLibvirt load() {
    if (loaded != null) {
      return loaded;
    }
    try {
      // ours goes first: when libvirt-java's own class fails to load, it stays broken for good
      var library = Native.load(Platform.isWindows() ? "virt-0" : "virt", NativeLibvirt.class);
      library.virSetErrorFunc(null, SILENCE);
      Library.initEventLoop();
      Thread.ofPlatform().daemon().name("libvirt-events").start(LibvirtLibrary::runEvents);
      loaded = library;
      return library;
    } catch (LinkageError e) {
      throw new HypervisorException(
          HypervisorException.Kind.NO_LIBRARY,
          "The libvirt library is not installed on the console's machine. Maybe install it:"
              + " apt-get install libvirt0",
          e);
    } catch (LibvirtException e) {
      throw new HypervisorException(
          HypervisorException.Kind.FAILED, "libvirt did not start: " + e.getMessage(), e);
    }
  }

  private static void runEvents() {
    while (true) {
      try {
        Library.processEvent();
      } catch (LibvirtException e) {
        log.warn("The event loop of libvirt stumbled: {}", e.getMessage());
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
